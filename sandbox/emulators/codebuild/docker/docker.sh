#!/usr/bin/env bash
# A stand-in for docker: login, build, image inspect and push, as a buildspec calls them. Every call
# is appended to state/calls.jsonl beside this file, with a digest of each secret that a build is
# handed. A push puts a manifest into ECR with the AWS CLI; there are no layers, because an emulator
# does not ask for them. An image's user is that of its Dockerfile: one that the base image brings is
# not known here.
set -euo pipefail

state=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/state
mkdir -p "$state/logins" "$state/images" "$state/users"

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# record STDIN CONTEXT SECRETS ARG… appends the call as one line of JSON.
record() {
  local stdin=$1 context=$2 secrets=$3
  shift 3
  printf '%s\0' "$@" |
    jq --raw-input --slurp --compact-output --arg stdin "$stdin" --arg context "$context" --argjson secrets "$secrets" \
      '{argv: (rtrimstr("\u0000") | split("\u0000")), stdin: $stdin, context: $context, secrets: $secrets}' >> "$state/calls.jsonl"
}

file_of() { printf '%s' "$1" | tr '/:' '__'; }

sha256() { sha256sum | cut -d ' ' -f 1; }

login() {
  local registry='' password=''
  while [ $# -gt 0 ]; do
    case $1 in
      --username) shift ;;
      --password-stdin) password=$(cat) ;;
      -*) fail "unknown flag: $1" ;;
      *) registry=$1 ;;
    esac
    shift
  done
  record "$password" '' '{}' login "${argv[@]}"
  if [ -z "$password" ]; then
    fail 'Error: Cannot perform an interactive login from a non TTY device'
  fi
  touch "$state/logins/$(file_of "$registry")"
  echo 'Login Succeeded'
}

# handed SECRET prints the name of a BuildKit secret, such as id=NAME,env=VARIABLE, and the digest of
# its value. Docker itself takes a variable that is not set for an empty secret.
handed() {
  local id env word
  [ "${DOCKER_BUILDKIT-}" = 1 ] || fail 'the --secret option requires BuildKit'
  [[ $1 =~ ^id=([A-Z0-9_]+),env=([A-Z0-9_]+)$ ]] || fail "a secret that this stand-in does not know: $1"
  id=${BASH_REMATCH[1]} env=${BASH_REMATCH[2]}
  [ -n "${!env-}" ] || fail "the secret $id is empty: the variable $env is"
  for word in "${argv[@]}"; do
    [[ $word != *"${!env}"* ]] || fail "the value of the secret $id is among the arguments"
  done
  jq --null-input --compact-output --arg id "$id" --arg digest "$(printf '%s' "${!env}" | sha256)" '{($id): $digest}'
}

build() {
  local context='' file='' tag='' digest='' secrets=''
  local labels=()
  while [ $# -gt 0 ]; do
    case $1 in
      --file) file=$2 && shift ;;
      --tag) tag=$2 && shift ;;
      --label) labels+=("$2") && shift ;;
      --secret) secrets+=$(handed "$2") && shift ;;
      -*) fail "unknown flag: $1" ;;
      *) context=$1 ;;
    esac
    shift
  done
  if [ -d "$context" ]; then
    digest=$(cd "$context" && find . -type f -print0 | sort -z | xargs -0 -r sha256sum | sha256)
  fi
  record '' "$digest" "$(jq --slurp --compact-output 'add // {}' <<< "$secrets")" build "${argv[@]}"
  [ -n "$digest" ] || fail "ERROR: unable to prepare context: path \"$context\" not found"
  [ -f "$file" ] || fail "ERROR: failed to read dockerfile: open $file: no such file or directory"
  # Two builds of one context differ, as real ones do: an image knows when it was created.
  jq --null-input --compact-output --arg context "$digest" --arg created "$(date +%s%N)" \
    '{created: $created, context: $context, labels: $ARGS.positional}' \
    --args "${labels[@]}" > "$state/images/$(file_of "$tag")"
  # The last stage is the image; a stage begins without a user of its own.
  awk 'toupper($1) == "FROM" { user = "" } toupper($1) == "USER" { user = $2 } END { print user }' "$file" > "$state/users/$(file_of "$tag")"
}

image() {
  record '' '' '{}' image "${argv[@]}"
  [ "$1 $2 $3" = 'inspect --format {{.Config.User}}' ] || fail "docker image $*: not known to this stand-in"
  [ -f "$state/users/$(file_of "$4")" ] || fail "Error: No such image: $4"
  cat "$state/users/$(file_of "$4")"
}

push() {
  local image=$1 repository tag registry config manifest answer
  record '' '' '{}' push "${argv[@]}"
  registry=${image%%/*}
  repository=${image#*/}
  tag=${repository##*:}
  repository=${repository%:*}
  config=$state/images/$(file_of "$image")
  [ -f "$config" ] || fail "An image does not exist locally with the tag: ${image%:*}"
  [ -f "$state/logins/$(file_of "$registry")" ] || fail 'no basic auth credentials'

  manifest=$(jq --null-input --compact-output \
    --arg digest "sha256:$(sha256 < "$config")" --argjson size "$(wc -c < "$config")" \
    --arg type application/vnd.docker '{
      schemaVersion: 2,
      mediaType: ($type + ".distribution.manifest.v2+json"),
      config: {mediaType: ($type + ".container.image.v1+json"), size: $size, digest: $digest},
      layers: []
    }')
  if answer=$(aws ecr put-image --repository-name "$repository" --image-tag "$tag" \
    --image-manifest "$manifest" --image-digest "sha256:$(printf '%s' "$manifest" | sha256)" \
    --query image.imageId.imageDigest --output text 2>&1); then
    echo "$tag: digest: $answer size: ${#manifest}"
    return
  fi
  case $answer in
    # AWS answers the first. The emulator knows only the second.
    *'(ImageTagAlreadyExistsException)'* | *'(ImageAlreadyExistsException)'*)
      fail "tag invalid: The image tag '$tag' already exists in the '$repository' repository and" \
        'cannot be overwritten because the repository is immutable.'
      ;;
    *) fail "$answer" ;;
  esac
}

argv=("${@:2}")
if [ -n "${DOCKER_HOST-}" ]; then
  record '' '' '{}' "$@"
  fail "Cannot connect to the Docker daemon at $DOCKER_HOST. Is the docker daemon running?"
fi
case ${1-} in
  login | build | image | push) "$@" ;;
  *)
    record '' '' '{}' "$@"
    fail "docker: '${1-}' is not a docker command of this stand-in."
    ;;
esac
