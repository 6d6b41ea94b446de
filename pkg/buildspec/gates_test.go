package buildspec

import (
	"regexp"
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
	{"a scanner is told to report only", regexp.MustCompile(`--(exit-code[ =]0|soft-fail|no-fail|exit-zero|ignore-errors)\b`)},
	{"the phase may fail", regexp.MustCompile(`on-failure:\s*(CONTINUE|RETRY)`)},
	{"a mutable tag", regexp.MustCompile(`:latest\b`)},
}

// findGateOff says why a buildspec lets failures pass, or nothing. Comments
// may say what they like.
func findGateOff(text string) (line, why string) {
	for line := range strings.Lines(text) {
		code := strings.TrimSpace(line)
		if strings.HasPrefix(code, "#") {
			continue
		}
		for _, g := range gateOff {
			if g.pattern.MatchString(code) {
				return code, g.why
			}
		}
	}
	return "", ""
}

func TestNoBuildspecSwitchesAGateOff(t *testing.T) {
	t.Parallel()
	eachBuildspec(t, func(t *testing.T, text string) {
		if line, why := findGateOff(text); why != "" {
			t.Errorf("%s: %s", why, line)
		}
	})
}

func TestGatesSwitchedOffAreFound(t *testing.T) {
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
	} {
		if _, why := findGateOff(line); why == "" {
			t.Errorf("not found: %s", line)
		}
	}
}

func TestOrdinaryLinesAreNotTakenForGatesSwitchedOff(t *testing.T) {
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
	} {
		if _, why := findGateOff(line); why != "" {
			t.Errorf("taken for %q: %s", why, line)
		}
	}
}
