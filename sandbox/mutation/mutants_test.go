package mutation

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const source = `package p

import "fmt"

const whyReason = "a text for people"

type row struct {
	Name, Why string
	Tags      []string
	On        bool
}

func rows(ok bool) ([]row, error) {
	if !ok {
		return nil, fmt.Errorf("not %s", "ok")
	}
	m := map[string]int{}
	m["one"] = 1
	return []row{{Name: "s3:Get*", Why: "because", Tags: []string{"a", "b"}, On: true}}, nil
}
`

func TestMutants_WhatIsChanged(t *testing.T) {
	t.Parallel()
	mutants, err := findMutants("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mutants {
		got = append(got, strings.TrimPrefix(m.String(), "p.go:"))
		if changed := string(m.apply([]byte(source))); changed == source {
			t.Errorf("%s changes nothing", m)
		}
	}
	want := []string{
		`14: if !ok is turned round`,
		`18: "one" is changed`, `18: m["one"] = 1 is left out`, `18: 1 is one more`,
		`19: "s3:Get*" is changed`, `19: Name: "s3:Get*" is left out`, `19: Tags: []string{"a", "b"} is left out`, `19: On: true is left out`,
		`19: "a" is changed`, `19: "b" is changed`, `19: true is false`, `19: {Name: "s3:Get*", Why: "because", Tags: []string{"a", "b"}, On: true} is left out`,
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestMeasure_KilledAndSurvivors measures a package whose tests look at one of two values, and the report of Gremlins.
func TestMeasure_KilledAndSurvivors(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":        "module example\n\ngo 1.26\n",
		"p/p.go":        "package p\n\nvar Seen, Unseen = \"a\", \"b\"\n\nvar n [1]int\n",
		"p/p_test.go":   "package p\n\nimport \"testing\"\n\nfunc TestSeen(t *testing.T) {\n\tif Seen != \"a\" {\n\t\tt.Fail()\n\t}\n}\n",
		"none/none.go":  "package none\n\nvar Unseen = \"b\"\n",
		"bad/bad.go":    "package bad\n\nvar Unseen = \"b\"\n",
		"bad/b_test.go": "package bad\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Fail() }\n",
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for pkg, want := range map[string]struct {
		killed    int
		survivors []string
	}{
		"p":    {1, []string{`p/p.go:3: "b" is changed`, `p/p.go:5: 1 is one more`}},
		"none": {0, []string{`none/none.go:3: "b" is changed`}},
	} {
		all, err := packageMutants(root, pkg)
		if err != nil {
			t.Fatal(err)
		}
		r := &Result{Package: pkg}
		if err := r.run(t.Context(), root, t.TempDir(), all); err != nil {
			t.Fatal(err)
		}
		slices.Sort(r.Survivors)
		if r.Killed != want.killed || !slices.Equal(r.Survivors, want.survivors) {
			t.Errorf("%s: %s: %q", pkg, r, r.Survivors)
		}
	}
	if _, err := Measure(t.Context(), root, "bad", "gremlins"); err == nil || !strings.Contains(err.Error(), "fail without a mutant") {
		t.Errorf("a package whose tests fail is measured: %v", err)
	}

	r := &Result{Package: "p", Killed: 1}
	err := r.add([]byte(`{"files":[{"file_name":"p.go","mutations":[{"type":"ARITHMETIC_BASE","status":"KILLED","line":8},
		{"type":"CONDITIONALS_BOUNDARY","status":"LIVED","line":9},{"type":"INVERT_LOGICAL","status":"NOT COVERED","line":10},
		{"type":"INVERT_LOGICAL","status":"NOT VIABLE","line":11}]}]}`))
	if want := []string{"p/p.go:9: CONDITIONALS_BOUNDARY", "p/p.go:10: INVERT_LOGICAL"}; err != nil || !slices.Equal(r.Survivors, want) || r.String() != "p: 4 mutants, 2 killed, 50 %" {
		t.Errorf("%v %s: %q", err, r, r.Survivors)
	}
}
