package buildspec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gateOff lists the ways to let a build go on after something failed.
var gateOff = []struct {
	why     string
	pattern *regexp.Regexp
}{
	{"a failure is replaced by a success", regexp.MustCompile(`\|\|\s*(true|:|/bin/true|echo|printf|exit 0|return 0)(\W|$)`)},
	{"the last word is success", regexp.MustCompile(`(^|;|&&)\s*(true|exit 0)\s*(;|$)`)},
	{"errors are switched off", regexp.MustCompile(`\bset\s+\+`)},
	{"a trap can replace the status", regexp.MustCompile(`\btrap\b`)},
	{"the status is not waited for", regexp.MustCompile(`[^&>]&\s*$`)},
	{"a scanner is told to report only", regexp.MustCompile(`(^|\s)(--exit-code[ =]0|--?soft-fail|--?no-fail|--exit-zero|--ignore-errors)(\W|$)`)},
	{"the phase may fail", regexp.MustCompile(`on-failure:\s*(CONTINUE|RETRY)`)},
	{"a mutable tag", regexp.MustCompile(`:latest\b`)},
	{"a download is used before it is checked", regexp.MustCompile(`\b(curl|wget)\b.*\|\s*(sudo\s+)?(/\S*/)?(env\s+)?(ba|da|z|k)?(sh|tar|gunzip|gzip|zcat|unzip|python3?|perl|node|xargs)\b`)},
	{"a download is used before it is checked", regexp.MustCompile("<\\(\\s*(curl|wget)\\b|(\\beval|\\b(ba|da|z|k)?sh\\s+-\\w*c)\\s.*(\\$\\(|`)\\s*(curl|wget)\\b")},
	{"a version that moves", regexp.MustCompile(`\bgo\s+(install|run|get)\b.*@(latest|upgrade|patch|master|main|HEAD)\b`)},
}

// unpinned are commands that install, and what makes one of them install what was looked at.
var unpinned = []struct {
	why              string
	command, pinning *regexp.Regexp
}{
	{"pip installs without checksums", regexp.MustCompile(`\bpip[0-9.]*\s+(install|download|wheel)\b`), regexp.MustCompile(`\s--require-hashes\b`)},
	{"npm installs what no lock names", regexp.MustCompile(`\bnpm\s+(install|i|add|update|exec)\b|\bnpx\s`), nil},
}

// findGateOff says why a buildspec lets failures pass, or nothing. Comments
// may say what they like.
func findGateOff(text string) (line, why string) {
	for _, code := range lines(text) {
		for _, g := range gateOff {
			if g.pattern.MatchString(code) {
				return code, g.why
			}
		}
		for _, u := range unpinned {
			if u.command.MatchString(code) && (u.pinning == nil || !u.pinning.MatchString(code)) {
				return code, u.why
			}
		}
	}
	return "", ""
}

// lines are the lines of a script without its comments, each with those that it is
// continued on.
func lines(text string) []string {
	var all []string
	open := false
	for line := range strings.Lines(text) {
		code := strings.TrimSpace(line)
		if strings.HasPrefix(code, "#") {
			continue
		}
		if open {
			all[len(all)-1] += " " + code
		} else {
			all = append(all, code)
		}
		joined, continued := strings.CutSuffix(all[len(all)-1], "\\")
		all[len(all)-1] = joined
		open = continued || strings.HasSuffix(joined, "|") || strings.HasSuffix(joined, "&&")
	}
	return all
}

var (
	downloads = regexp.MustCompile(`(^|[\s;(!])(curl|wget)\s`)
	// written is the file that a download goes to.
	written = regexp.MustCompile(`(?:\s(?:--output|--output-document)[ =]|\s-[a-zA-Z]*[oO]\s*|[^<>0-9&]>>?\s*)("[^"]+"|[^\s;&|)]+)`)
	// named is what a server calls the file: then only its command knows it.
	named   = regexp.MustCompile(`\s(--remote-name\S*|-[a-zA-Z]*O)(\s|$)`)
	checked = regexp.MustCompile(`\bsha(256|512)sum\b.*\s(--check|-c)\b`)
)

// findUnchecked says which download of an item of a buildspec no checksum is compared
// of, in the same item, or nothing.
func findUnchecked(item string) (line string) {
	code := lines(item)
	for i, line := range code {
		if !downloads.MatchString(line) {
			continue
		}
		target := written.FindStringSubmatch(line)
		switch {
		case strings.Contains(line, "curl") && named.MatchString(line), strings.Contains(line, "wget") && target == nil && !strings.Contains(line, "--spider"):
			return line
		case target == nil, target[1] == "/dev/null", target[1] == "-":
			// It is no file: an answer.
			continue
		}
		file := strings.Trim(target[1], `"`)
		if !slices.ContainsFunc(code[i+1:], func(after string) bool {
			return checked.MatchString(after) && strings.Contains(after, file)
		}) {
			return line
		}
	}
	return ""
}

// findWithoutStop says whether a failure within an item of a buildspec goes on to its next line.
func findWithoutStop(item string) bool {
	code := lines(item)
	return len(code) > 1 && code[0] != "set -euo pipefail"
}

func TestBuildspec_DisablesNoCheck(t *testing.T) {
	t.Parallel()
	eachBuildspec(t, func(t *testing.T, text string) {
		if line, why := findGateOff(text); why != "" {
			t.Errorf("%s: %s", why, line)
		}
		for _, item := range parse(t, text).commands() {
			if line := findUnchecked(item); line != "" {
				t.Errorf("a download without a checksum: %s", line)
			}
			if findWithoutStop(item) {
				t.Errorf("does not begin with set -euo pipefail, so only its last line can fail:\n%s", item)
			}
		}
	})
}

func TestBuildspecLint_FindsDisabledChecks(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`trivy image "$IMAGE_URI" || true`,
		`grype "$IMAGE_URI" || :`,
		`gitleaks detect ||:`,
		`bandit -r . || echo "findings"`,
		`bandit -r . || exit 0`,
		`checkov -d . --soft-fail`,
		`trivy image --exit-code 0 "$IMAGE_URI"`,
		`trivy image --exit-code=0 "$IMAGE_URI"`,
		`scan; true`,
		`true`,
		`exit 0`,
		`set +e`,
		`set +o pipefail`,
		`trap 'exit 0' EXIT`,
		`scan &`,
		`    on-failure: CONTINUE`,
		`    on-failure: RETRY-2`,
		`docker push "$REPOSITORY_URI:latest"`,
		`gosec -no-fail ./...`,
		`gosec --no-fail ./...`,
		`bandit --exit-zero -r .`,
		`curl --fail "$URL" | sh`,
		`curl --fail "$URL" | sudo bash -s -- -b /usr/local/bin`,
		`curl --fail "$URL" | tar --extract --gzip`,
		"curl --fail \"$URL\" |\n  tar --extract --gzip",
		"curl --fail \\\n  \"$URL\" | /bin/sh",
		`wget -qO- "$URL" | python3`,
		`bash <(curl -s "$URL")`,
		`sh -c "$(curl -fsSL "$URL")"`,
		`eval "$(wget -qO- $URL)"`,
		"bash -ec \"`curl $URL`\"",
		`pip install bandit`,
		`python3 -m pip install bandit==1.9.4`,
		"pip3 install \\\n  --requirement requirements.txt",
		`go install github.com/securego/gosec/v2/cmd/gosec@latest`,
		`go run golang.org/x/vuln/cmd/govulncheck@latest ./...`,
		`npm install -g snyk`,
		`npm i snyk@1`,
		`npx audit-ci`,
	} {
		if _, why := findGateOff(line); why == "" {
			t.Errorf("not found: %s", line)
		}
	}
}

func TestBuildspecLint_AcceptsOrdinaryLines(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`# a scan with || true is no gate`,
		`if ! docker push "$uri"; then`,
		`aws ecr get-login-password |`,
		`command 2>&1`,
		`test -f file || exit 1`,
		`a && b`,
		`set -euo pipefail`,
		`    on-failure: ABORT`,
		`"$work/bin/gosec" -nosec -fmt json ./... || status=$?`,
		`"$work/bin/gitleaks" dir --exit-code 9 .`,
		`curl --fail --output "$work/tool.tar.gz" "$URL"`,
		`status=$(curl --silent --output "$work/answer" --write-out '%{http_code}' "$URL")`,
		`# curl "$URL" | sh is how not to`,
		`python3 -m pip install --require-hashes --no-deps --target "$work" --requirement "$work/requirements.txt"`,
		"python3 -m pip install --no-deps \\\n  --require-hashes --requirement requirements.txt",
		`go install github.com/securego/gosec/v2/cmd/gosec@v2.29.0`,
		`npm ci --ignore-scripts`,
	} {
		if _, why := findGateOff(line); why != "" {
			t.Errorf("taken for %q: %s", why, line)
		}
	}
}

func TestBuildspecLint_FindsDownloadsWithoutAChecksum(t *testing.T) {
	t.Parallel()
	for _, item := range []string{
		`curl --fail --output tool "$URL"`,
		`curl -fsSLo tool "$URL"`,
		`curl -fsSLO "$URL"`,
		`curl --fail --remote-name "$URL"`,
		`curl --fail "$URL" > tool`,
		`wget "$URL"`,
		`wget -O tool "$URL"`,
		"curl --fail \\\n  --output tool \\\n  \"$URL\"\ntar --extract --file tool",
		"curl --fail --output tool \"$URL\"\nsha256sum tool",
		"curl --fail --output tool \"$URL\"\necho \"$SUM  other\" | sha256sum --check",
		"echo \"$SUM  tool\" | sha256sum --check\ncurl --fail --output tool \"$URL\"",
		"curl --fail --output tool \"$URL\"\n# echo \"$SUM  tool\" | sha256sum --check",
	} {
		if findUnchecked(item) == "" {
			t.Errorf("not found: %s", item)
		}
	}
}

func TestBuildspecLint_AcceptsCheckedDownloads(t *testing.T) {
	t.Parallel()
	for _, item := range []string{
		"curl --fail --output \"$work/tool\" \"$URL\"\necho \"$SUM  $work/tool\" | sha256sum --check --strict",
		"curl -fsSLo tool \"$URL\"\necho \"$SUM  tool\" | sha256sum -c -",
		"curl --fail \\\n  --output tool \"$URL\"\necho \"$SUM  tool\" |\n  sha256sum --check",
		`curl --fail --silent "$URL/health-check"`,
		`answer=$(curl --fail --silent "$URL")`,
		`curl --silent --output /dev/null --write-out '%{http_code}' "$URL"`,
		`wget --spider "$URL"`,
		`echo "curls are hair"`,
	} {
		if line := findUnchecked(item); line != "" {
			t.Errorf("taken for unchecked: %s", line)
		}
	}
}

func TestBuildspecLint_FindsItemsThatContinueAfterAFailure(t *testing.T) {
	t.Parallel()
	for item, want := range map[string]bool{
		"scan\ndeploy":                      true,
		"set -e\nscan":                      true,
		"# set -euo pipefail\nscan\ndeploy": true,
		"scan\nset -euo pipefail":           true,
		"set -euo pipefail\nscan\ndeploy":   false,
		"# why\nset -euo pipefail\nscan":    false,
		"scan":                              false,
		"scan \\\n  --all":                  false,
	} {
		if findWithoutStop(item) != want {
			t.Errorf("%q: %v", item, !want)
		}
	}
}
