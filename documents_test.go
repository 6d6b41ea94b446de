package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/settings"
)

// documents are the texts of the repository's pages, by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", ".sandbox", "node_modules", "__pycache__"}, entry.Name()):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 9 {
		t.Fatalf("found %d documents only", len(all))
	}
	return all
}

var (
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeBlock = regexp.MustCompile("(?ms)^```.*?^```$")
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// anchors are the names by which GitHub links to a document's headings.
func anchors(text string) []string {
	var all []string
	for _, found := range heading.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(found[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

func TestDocuments_LinksResolve(t *testing.T) {
	t.Parallel()
	all := documents(t)
	checked := 0
	for path, text := range all {
		for _, found := range link.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
			if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
				continue
			}
			checked++
			file, anchor, _ := strings.Cut(found[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", path, found[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(all[target]), anchor) {
				t.Errorf("%s links to %s: %s has no such heading", path, found[1], target)
			}
		}
	}
	if checked < 30 {
		t.Fatalf("checked %d links only", checked)
	}
}

// TestDocuments_ReadmeIsShort holds the first page to what a newcomer reads.
func TestDocuments_ReadmeIsShort(t *testing.T) {
	t.Parallel()
	if n := strings.Count(documents(t)["README.md"], "\n"); n == 0 || n > 130 {
		t.Errorf("README.md has %d lines, 130 at most", n)
	}
}

// fact is a sentence of a document whose groups are numbers, and the numbers that they must be.
type fact struct {
	sentence string
	numbers  func(*testing.T) []string
}

// facts are the numbers of the documents, wherever they stand.
var facts = []fact{
	{`of one app declares ([\d,]+) resources, and each further app adds ([\d,]+): ([\d,]+) for 10 apps, ([\d,]+) for 100`, func(t *testing.T) []string {
		first, second := countResources(t, 1), countResources(t, 2)
		return numbers(first, second-first, countResources(t, 10), countResources(t, 100))
	}},
	{`([\d,]+) of them are the rules that\s+report calls and their targets`, func(t *testing.T) []string {
		n := 0
		for _, made := range runs.MustRun(t, withApps(t, 1), fresh).All() {
			if strings.HasPrefix(made.Type, "aws:cloudwatch/event") && strings.Contains(made.URN, "prodgate:index:Watch$") {
				n++
			}
		}
		return numbers(n)
	}},
	{`a chat adds ([\d,]+)\.`, func(t *testing.T) []string {
		w := withApps(t, 1)
		w.Config["prodgate:chatWebhook"], w.SecretConfig = "https://hooks.slack.com/services/T0/B0/x", []string{"prodgate:chatWebhook"}
		return numbers(len(runs.MustRun(t, w, fresh).All()) - countResources(t, 1))
	}},
	{`([\d,]+) calls that can change production`, func(*testing.T) []string { return numbers(len(catalogue.Calls)) }},
	{`(?:Up to|at most) (\d+) apps\.`, func(*testing.T) []string { return numbers(settings.MaxContained) }},
	inFile(`need Go 1\.(\d+)`, "go.mod", `(?m)^go 1\.(\d+)`),
	inFile(`Pulumi CLI\]\([^)]*\) 3\.(\d+) or later`, "sandbox/toolchain/pulumi.go", `oldestPulumi = "3\.(\d+)\.0"`),
	inFile(`on PATH when it is 3\.(\d+) or later`, "sandbox/toolchain/pulumi.go", `oldestPulumi = "3\.(\d+)\.0"`),
	inFile("`pulumi refresh --import-pending-creates` of 3\\.(\\d+) loses", "go.mod", `pulumi/sdk/v3 v3\.(\d+)\.0`),
	inFile(`Node\.js (\d+) or later`, "sandbox/toolchain/evaluator.go", `oldestNode = (\d+)`),
	inFile(`within (\d+) hours`, "pkg/pipeline/rows.go", `approvalMinutes = (\d+) \* 60`),
	inFile(`waits up to (\d+) hours for an approver`, "pkg/pipeline/rows.go", `approvalMinutes = (\d+) \* 60`),
	inFile("`access.deployerArns`, (\\d+) to (\\d+) roles", "pkg/settings/table.go", `"access\.deployerArns", kind: list, required: true, min: (\d+), max: (\d+)`),
	inFile(`documents of ([\d,]+) characters`, "pkg/catalogue/guardrails.go", `maxDocument  = (\d+)`),
	inFile(`at most for up to (\d+) ECS clusters, and four for up to (\d+)`, "pkg/catalogue/guardrails_test.go", `roomFor = map\[int\]int\{3: (\d+), 4: (\d+)\}`),
	inFile(`one for (\d+) clusters, one for (\d+) services`, "pkg/account/ecs.go", `maxClusters = (\d+)\s+maxServices = (\d+)`),
	inFile("the plugin `aws` ([\\d.]+) when", "sandbox/toolchain/providers.go", `AWSVersion          = "([\d.]+)"`),
	inFile(`terraform-provider-aws ([\d.]+), which`, "sandbox/toolchain/providers.go", `terraformAWSVersion = "([\d.]+)"`),
	inFile("the plugin `github` ([\\d.]+) when", "sandbox/toolchain/providers.go", `GitHubVersion       = "([\d.]+)"`),
	inFile(`terraform-provider-github ([\d.]+), built`, "sandbox/toolchain/modules/github/go.mod", `terraform-provider-github/v6 v([\d.]+)`),
	inFile(`moto ([\d.]+), and`, "sandbox/toolchain/moto.go", `moto\[server\]==([\d.]+)`),
	inFile(`iam-simulate ([\d.]+) in`, "sandbox/toolchain/modules/authority/package.json", `iam-simulate": "([\d.]+)"`),
	inFile(`validator-cfnguard ([\d.]+), on`, "sandbox/toolchain/modules/guard/package.json", `validator-cfnguard": "([\d.]+)"`),
	inFile(`gitleaks ([\d.]+),`, "pkg/tool/scan.go", `"gitleaks", Version: "([\d.]+)"`),
	inFile(`gosec ([\d.]+) and`, "pkg/tool/scan.go", `"gosec", Version: "([\d.]+)"`),
	inFile(`grype ([\d.]+) are built`, "pkg/tool/scan.go", `"grype", Version: "([\d.]+)"`),
	inFile(`the pin is (\d+\.\d+\.\d+)\. On`, "pkg/tool/scan.go", `"bandit", Version: "([\d.]+)"`),
	inFile(`That (\d+\.\d+\.\d+) installs from its requirement`, "pkg/tool/scan.go", `"bandit", Version: "([\d.]+)"`),
}

// excusedNumbers are the numbers that no test computes, each with its reason.
var excusedNumbers = []struct{ pattern, reason string }{
	{`on arm64, which reads AWS's`, "an architecture"},
	{`a minute or more \(\$0\.005\), \$3\.60 a month at one check an hour`, "AWS's prices; 720 hours"},
	{`below \$0\.50 a month\. It takes 15 minutes at most`, "AWS's prices and limit: AWS Lambda Developer Guide, Lambda quotas"},
	{`1,000 apps, at 20 ms a call, in about 25 seconds`, "measured by BenchmarkCheck_Apps"},
	{`Python 3\b|CodePipeline V2|V2 pipelines|Apache-2\.0|SHA-256|\bS3\b|us-east-1`, "a name with a digit"},
	{`(?m)^\d\. `, "the number of an item of a list"},
	{`1,000 pipelines per region, and by default 1,000 roles and 1,500 customer-managed policies`, "quotas of AWS's, which the program does not read"},
	{`cfn-guard \| 3\.1\.1`, "the version inside an npm package, which its own number does not show"},
	{`Debian's 1\.6\.2`, "the version that the machine has"},
	{`\(B608\)|\(B105\)`, "names of bandit's rules"},
}

// generated are the documents that a test of their package compares as a whole, or number by number.
var generated = []string{"pkg/settings/README.md", "pkg/catalogue/README.md", "pkg/pipeline/README.md", "pkg/catalogue/THREATS.md"}

// TestDocuments_NumbersAreTrue compares the numbers of the documents with the program, and finds a number that nothing
// computes and that has no reason.
func TestDocuments_NumbersAreTrue(t *testing.T) {
	t.Parallel()
	foundFacts, foundExcuses := make([]int, len(facts)), make([]int, len(excusedNumbers))
	for path, text := range documents(t) {
		for i, f := range facts {
			pattern := regexp.MustCompile(spaced(f.sentence))
			for _, found := range pattern.FindAllStringSubmatch(text, -1) {
				foundFacts[i]++
				for j, want := range f.numbers(t) {
					if got := strings.ReplaceAll(found[j+1], ",", ""); got != want {
						t.Errorf("%s: %q: the number is %s", path, found[0], want)
					}
				}
			}
			text = pattern.ReplaceAllString(text, "")
		}
		if slices.Contains(generated, filepath.ToSlash(path)) {
			continue
		}
		text = regexp.MustCompile("`[^`]+`|\\]\\([^)]*\\)|(?m)^    .*$").ReplaceAllString(codeBlock.ReplaceAllString(text, ""), "")
		for i, excused := range excusedNumbers {
			pattern := regexp.MustCompile(spaced(excused.pattern))
			foundExcuses[i] += len(pattern.FindAllString(text, -1))
			text = pattern.ReplaceAllString(text, "")
		}
		for _, number := range regexp.MustCompile(`.{0,40}\d+.{0,20}`).FindAllString(text, -1) {
			t.Errorf("%s has a number that nothing computes: %s", path, number)
		}
	}
	for i, f := range facts {
		if foundFacts[i] == 0 {
			t.Errorf("no document says %s", f.sentence)
		}
	}
	for i, excused := range excusedNumbers {
		if foundExcuses[i] == 0 || excused.reason == "" {
			t.Errorf("%s excuses nothing, or has no reason", excused.pattern)
		}
	}
}

// spaced lets a sentence be broken into lines.
func spaced(pattern string) string { return strings.ReplaceAll(pattern, " ", `\s+`) }

func numbers(all ...int) []string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.Itoa(n)
	}
	return texts
}

// inFile is a fact whose numbers are the groups of a pattern in a file.
func inFile(sentence, file, pattern string) fact {
	return fact{sentence, func(t *testing.T) []string {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("%s has no %s", file, pattern)
		}
		return found[1:]
	}}
}

// TestDocuments_ReadmeNamesEveryFolder compares the table of the first page with the packages.
func TestDocuments_ReadmeNamesEveryFolder(t *testing.T) {
	t.Parallel()
	text := documents(t)["README.md"]
	folders, err := filepath.Glob("pkg/*")
	if err != nil || len(folders) < 10 {
		t.Fatalf("found %v: %v", folders, err)
	}
	for _, folder := range append(folders, "policy", "examples", "sandbox") {
		if !strings.Contains(text, folder+"`") && !strings.Contains(text, "["+folder+"]") {
			t.Errorf("README.md does not say what %s is", folder)
		}
	}
	for _, named := range regexp.MustCompile("pkg/[a-z]+").FindAllString(text, -1) {
		if _, err := os.Stat(named); err != nil {
			t.Errorf("README.md names %s: %v", named, err)
		}
	}
}
