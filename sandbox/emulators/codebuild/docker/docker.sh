#!/usr/bin/env bash
# A stand-in for docker: login, build, image inspect, create, cp, rm and push, as a buildspec calls
# them. Every call is appended to state/calls.jsonl beside this file, with a digest of each secret
# that a build is handed. An image is one layer, with what the last stage of its Dockerfile says:
# FROM (scratch, or the users of Debian), WORKDIR, COPY of files of the context, and of RUN what pip
# install (packages that are pinned with ==) and useradd leave in files. No command is run, and the
# packages of a base image are not known here. A push puts the layer and the image's configuration
# into the registry where a proxy leads to one, and the manifest into ECR with the AWS CLI.
set -euo pipefail

state=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/state
mkdir -p "$state/logins" "$state/images" "$state/users" "$state/digests" "$state/roots" "$state/containers"

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
  printf '%s' "$password" > "$state/logins/$(file_of "$registry")"
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

# install PACKAGE… leaves what pip leaves of each package: its metadata.
install() {
  local package at
  for package in "$@"; do
    [[ $package =~ ^([A-Za-z0-9._-]+)==([A-Za-z0-9.+!-]+)$ ]] || fail "ERROR: this stand-in does not know which version is the latest: $package"
    at=$root/usr/local/lib/python3.13/site-packages/${BASH_REMATCH[1]//-/_}
    rm -rf "$at"-*.dist-info # of another version
    at+=-${BASH_REMATCH[2]}.dist-info
    mkdir -p "$at"
    printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" > "$at/METADATA"
    echo pip > "$at/INSTALLER"
    echo "${at##*/}/METADATA,," > "$at/RECORD"
  done
}

# run COMMAND does what the command leaves in files.
run() {
  local words=() uid=999 name='' i
  read -ra words <<< "$1"
  case "${words[*]:0:2}" in
    'pip install')
      for ((i = 2; i < ${#words[@]}; i++)); do
        case ${words[i]} in
          -r | --requirement)
            i=$((i + 1))
            # shellcheck disable=SC2046 # Each line is a package.
            install $(sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$root$workdir/${words[i]}")
            ;;
          -*) ;;
          *) install "${words[i]}" ;;
        esac
      done
      ;;
    useradd\ *)
      for ((i = 1; i < ${#words[@]}; i++)); do
        case ${words[i]} in
          -u | --uid) i=$((i + 1)) && uid=${words[i]} ;;
          --shell) i=$((i + 1)) ;;
          -*) ;;
          *) name=${words[i]} ;;
        esac
      done
      mkdir -p "$root/etc"
      printf '%s:x:%s:%s::/home/%s:/usr/sbin/nologin\n' "$name" "$uid" "$uid" "$name" >> "$root/etc/passwd"
      ;;
  esac
}

# copy SOURCE… TARGET puts files of the context into the image; what comes from another stage is not known here.
copy() {
  local words=() word target
  for word in "$@"; do
    case $word in
      --from=*) return ;;
      --*) ;;
      *) words+=("$word") ;;
    esac
  done
  target=${words[-1]}
  [[ $target == /* ]] || target=$workdir/$target
  [[ $target != */. && $target != */ && ${#words[@]} -le 2 ]] || mkdir -p "$root$target"
  mkdir -p "$root$(dirname "$target")"
  unset 'words[-1]'
  # shellcheck disable=SC2048,SC2086 # The sources may be patterns.
  (cd "$context" && cp -R ${words[*]} "$root$target") || fail 'ERROR: failed to compute cache key: not found'
}

# layer FILE makes the files of an image, in the folder root, of a Dockerfile.
layer() {
  local instruction rest command workdir=/
  while read -r instruction rest; do
    case ${instruction^^} in
      FROM)
        rm -rf "$root" && mkdir -p "$root" && workdir=/
        if [[ $rest != scratch* ]]; then
          mkdir -p "$root/etc"
          printf '%s\n' root:x:0:0:root:/root:/bin/bash daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin \
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin > "$root/etc/passwd"
        fi
        ;;
      WORKDIR) workdir=$rest && mkdir -p "$root$workdir" ;;
      COPY)
        # shellcheck disable=SC2086
        copy $rest
        ;;
      RUN)
        while IFS= read -r command; do
          run "$command"
        done < <(sed -e 's/&&/\n/g' -e 's/;/\n/g' <<< "$rest")
        ;;
    esac
  done < <(sed -e '/^[[:space:]]*#/d' "$1" | sed -e ':a' -e '/\\$/N; s/\\\n//; ta')
}

build() {
  local context='' file='' tag='' digest='' secrets='' user root
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
  # The last stage is the image; a stage begins without a user of its own.
  user=$(awk 'toupper($1) == "FROM" { user = "" } toupper($1) == "USER" { user = $2 } END { print user }' "$file")
  printf '%s\n' "$user" > "$state/users/$(file_of "$tag")"
  root=$state/roots/$(file_of "$tag")
  mkdir -p "$root"
  layer "$file"
  tar --create --sort=name --owner=0 --group=0 --mtime=@0 --directory "$root" --file "$state/layer.tar" .
  gzip --no-name < "$state/layer.tar" > "$state/images/$(file_of "$tag").layer"
  # Two builds of one context differ, as real ones do: an image knows when it was created.
  jq --null-input --compact-output --arg created "$(date --utc +%Y-%m-%dT%H:%M:%S.%NZ)" --arg user "$user" --arg diff "sha256:$(sha256 < "$state/layer.tar")" '{
      architecture: "amd64", os: "linux", created: $created, rootfs: {type: "layers", diff_ids: [$diff]},
      config: {User: $user, Labels: ($ARGS.positional | map(split("=") | {(.[0]): .[1]}) | add)}
    }' --args "${labels[@]}" > "$state/images/$(file_of "$tag")"
}

image() {
  record '' '' '{}' image "${argv[@]}"
  [ -f "$state/users/$(file_of "$4")" ] || fail "Error: No such image: $4"
  case "$1 $2 $3" in
    'inspect --format {{.Config.User}}') cat "$state/users/$(file_of "$4")" ;;
    # An image has a digest of each repository that it was pushed to.
    'inspect --format {{join .RepoDigests "\n"}}') cat "$state/digests/$(file_of "$4")" 2> /dev/null || echo ;;
    *) fail "docker image $*: not known to this stand-in" ;;
  esac
}

# A container is created of an image and not started: its files are the image's.
create() {
  local id
  record '' '' '{}' create "${argv[@]}"
  [ -d "$state/roots/$(file_of "$1")" ] || fail "Unable to find image '$1' locally"
  [ -n "${2-}" ] || fail 'Error response from daemon: no command specified'
  id=$(printf '%s' "$1" | sha256)
  file_of "$1" > "$state/containers/$id"
  echo "$id"
}

cp_from() {
  record '' '' '{}' cp "${argv[@]}"
  [ "$1" = --follow-link ] || fail "docker cp $*: not known to this stand-in"
  cp "$state/roots/$(cat "$state/containers/${2%%:*}")${2#*:}" "$3" 2> /dev/null ||
    fail "Error response from daemon: Could not find the file ${2#*:} in container ${2%%:*}"
}

rm_container() {
  record '' '' '{}' rm "${argv[@]}"
  rm "$state/containers/$1"
  echo "$1"
}

# upload REGISTRY REPOSITORY FILE puts a file into the registry, as docker does, where there is one.
upload() {
  [ -n "${HTTPS_PROXY-}" ] || return 0
  curl --fail --silent --show-error --user "AWS:$(cat "$state/logins/$(file_of "$1")")" --header 'Content-Type: application/octet-stream' \
    --data-binary "@$3" "https://$1/v2/$2/blobs/uploads/?digest=sha256:$(sha256 < "$3")" ||
    fail "the push of a layer to $1 failed"
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

  upload "$registry" "$repository" "$config"
  upload "$registry" "$repository" "$config.layer"
  manifest=$(jq --null-input --compact-output \
    --arg digest "sha256:$(sha256 < "$config")" --argjson size "$(wc -c < "$config")" \
    --arg layer "sha256:$(sha256 < "$config.layer")" --argjson bytes "$(wc -c < "$config.layer")" \
    --arg type application/vnd.docker '{
      schemaVersion: 2,
      mediaType: ($type + ".distribution.manifest.v2+json"),
      config: {mediaType: ($type + ".container.image.v1+json"), size: $size, digest: $digest},
      layers: [{mediaType: ($type + ".image.rootfs.diff.tar.gzip"), size: $bytes, digest: $layer}]
    }')
  if answer=$(aws ecr put-image --repository-name "$repository" --image-tag "$tag" \
    --image-manifest "$manifest" --image-digest "sha256:$(printf '%s' "$manifest" | sha256)" \
    --query image.imageId.imageDigest --output text 2>&1); then
    echo "$tag: digest: $answer size: ${#manifest}"
    printf '%s@%s\n' "${image%:*}" "$answer" > "$state/digests/$(file_of "$image")"
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
  login | build | image | push | create) "$@" ;;
  cp) cp_from "${@:2}" ;;
  rm) rm_container "${@:2}" ;;
  *)
    record '' '' '{}' "$@"
    fail "docker: '${1-}' is not a docker command of this stand-in."
    ;;
esac
