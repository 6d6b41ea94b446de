package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// fact is a sentence of a document with numbers in it, and what they have to be.
type fact struct {
	sentence string // the numbers are groups
	numbers  func(*testing.T) []int
}

// TestDocuments_NumbersAreTrue computes the numbers that documents name, wherever they stand, and
// finds a number of the pages in strict that nothing computes.
func TestDocuments_NumbersAreTrue(t *testing.T) {
	t.Parallel()
	one := func(n int) func(*testing.T) []int { return func(*testing.T) []int { return []int{n} } }
	resources := countResources
	facts := []fact{
		{`of one app declares ([\d,]+) resources, and each further app adds ([\d,]+): ([\d,]+) for 10 apps, ([\d,]+) for 100\.`, func(t *testing.T) []int {
			first, second := resources(t, 1), resources(t, 2)
			return []int{first, second - first, resources(t, 10), resources(t, 100)}
		}},
		{`([\d,]+) of them are the rules that\s+report calls and their targets`, func(t *testing.T) []int {
			n := 0
			for _, made := range runs.MustRun(t, withApps(t, 1), fresh).All() {
				if strings.HasPrefix(made.Type, "aws:cloudwatch/event") && strings.Contains(made.URN, "prodgate:index:Watch$") {
					n++
				}
			}
			return []int{n}
		}},
		{`a chat adds ([\d,]+)\.`, func(t *testing.T) []int {
			w := withApps(t, 1)
			w.Config["prodgate:chatWebhook"], w.SecretConfig = "https://hooks.slack.com/services/T0/B0/x", []string{"prodgate:chatWebhook"}
			return []int{len(runs.MustRun(t, w, fresh).All()) - resources(t, 1)}
		}},
		{`([\d,]+) calls that can change production`, one(len(catalogue.Calls))},
		{`Up to (\d+) apps\.`, one(settings.MaxContained)},
		{`need Go 1\.(\d+)`, func(t *testing.T) []int { return []int{numberIn(t, "go.mod", `(?m)^go 1\.(\d+)`)} }},
		{`Pulumi CLI\]\([^)]*\) 3\.(\d+) or later`, func(t *testing.T) []int {
			return []int{numberIn(t, "sandbox/toolchain/pulumi.go", `oldestPulumi = "3\.(\d+)\.0"`)}
		}},
		{`on PATH when it is 3\.(\d+) or later`, func(t *testing.T) []int {
			return []int{numberIn(t, "sandbox/toolchain/pulumi.go", `oldestPulumi = "3\.(\d+)\.0"`)}
		}},
		{`Node\.js (\d+) or later`, func(t *testing.T) []int {
			return []int{numberIn(t, "sandbox/toolchain/evaluator.go", `oldestNode = (\d+)`)}
		}},
	}
	// Names with a digit, and numbers of lists.
	names := regexp.MustCompile(`Python 3\b|CodePipeline V2|Apache-2\.0|SHA-256|10 apps|for 100\b|(?m)^\d\. `)
	found := make([]int, len(facts))
	strict := map[string]bool{"README.md": true, ".github/SECURITY.md": true, ".github/CONTRIBUTING.md": true, "examples/README.md": true}
	for path, text := range documents(t) {
		for i, f := range facts {
			pattern := regexp.MustCompile(f.sentence)
			for _, numbers := range pattern.FindAllStringSubmatch(text, -1) {
				found[i]++
				for j, want := range f.numbers(t) {
					if got := strings.ReplaceAll(numbers[j+1], ",", ""); got != fmt.Sprint(want) {
						t.Errorf("%s: %q: the number is %d", path, numbers[0], want)
					}
				}
			}
			if strict[path] {
				text = pattern.ReplaceAllString(text, "")
			}
		}
		if strict[path] {
			text = regexp.MustCompile("`[^`]+`|\\]\\([^)]*\\)").ReplaceAllString(codeBlock.ReplaceAllString(text, ""), "")
			text = names.ReplaceAllString(text, "")
			for _, number := range regexp.MustCompile(`.{0,40}\d+.{0,20}`).FindAllString(text, -1) {
				t.Errorf("%s has a number that nothing computes: %s", path, number)
			}
		}
	}
	for i, f := range facts {
		if found[i] == 0 {
			t.Errorf("no document says %s", f.sentence)
		}
	}
}

// numberIn is the number that a file has in a place.
func numberIn(t *testing.T, file, pattern string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no %s", file, pattern)
	}
	var n int
	if _, err := fmt.Sscan(string(found[1]), &n); err != nil {
		t.Fatal(err)
	}
	return n
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
