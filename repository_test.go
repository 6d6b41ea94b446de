package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goFiles are the parsed files of Go outside tests, by path: of the product, or of the sandbox too.
func goFiles(t *testing.T, withSandbox bool) map[string]*ast.File {
	t.Helper()
	all := map[string]*ast.File{}
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "sandbox" && !withSandbox || strings.HasPrefix(entry.Name(), ".") && path != "." || entry.Name() == "node_modules" || entry.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		all[path] = parsed
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 80 {
		t.Fatalf("found %d files only", len(all))
	}
	return all
}

func TestRepository_PackagesAreDocumented(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for path, file := range goFiles(t, true) {
		folder := filepath.Dir(path)
		documented[folder] = documented[folder] || file.Doc != nil && strings.TrimSpace(file.Doc.Text()) != ""
	}
	if len(documented) < 20 {
		t.Fatalf("found %d packages only", len(documented))
	}
	for folder, yes := range documented {
		if !yes {
			t.Errorf("the package in %s has no comment that says what it is", folder)
		}
	}
}

// TestRepository_NoLiteralARNsOrAccounts reads every text of the product: ARNs are made from the
// stack's partition, region and account, and accounts are settings. The examples of the settings'
// table are for documents alone, and of nobody's account.
func TestRepository_NoLiteralARNsOrAccounts(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`arn:aws|\b[0-9]{12}\b`)
	checked := 0
	for path, file := range goFiles(t, false) {
		if strings.HasPrefix(path, filepath.Join("pkg", "gate", "gatetest")) {
			continue // of tests
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if pair, ok := node.(*ast.KeyValueExpr); ok {
				if name, ok := pair.Key.(*ast.Ident); ok && strings.HasPrefix(path, filepath.Join("pkg", "settings", "table")) &&
					slices.Contains([]string{"example", "remedy"}, name.Name) {
					return false
				}
			}
			text, ok := node.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING {
				return true
			}
			checked++
			if literal.MatchString(text.Value) {
				t.Errorf("%s has %s", path, text.Value)
			}
			return true
		})
	}
	if checked < 1000 {
		t.Fatalf("checked %d texts only", checked)
	}
}

// TestRepository_ProductKnowsNoSandbox holds the direction of imports: the sandbox knows the product,
// and no package of the product the sandbox; packages of data know no Pulumi program.
func TestRepository_ProductKnowsNoSandbox(t *testing.T) {
	t.Parallel()
	checked := 0
	for path, file := range goFiles(t, false) {
		for _, imported := range file.Imports {
			checked++
			name := strings.Trim(imported.Path.Value, `"`)
			if strings.Contains(name, "sandbox") {
				t.Errorf("%s imports %s", path, name)
			}
			if name == "prodgate/pkg/gate" && !slices.Contains([]string{".", "pkg/gate/gatetest"}, filepath.ToSlash(filepath.Dir(path))) {
				t.Errorf("%s imports the component", path)
			}
		}
	}
	if checked < 300 {
		t.Fatalf("checked %d imports only", checked)
	}
}

// TestRepository_ModelDependsOnNoPulumi lists what the packages of data depend on: settings, then the model, then the
// components, which alone depend on Pulumi's SDKs.
func TestRepository_ModelDependsOnNoPulumi(t *testing.T) {
	t.Parallel()
	var packages []string
	for _, name := range []string{
		"account", "buildspec", "codeowners", "deploypermissions", "findings", "guard", "knownstate", "naming", "onlymain", "pipeline",
		"settings", "states", "tool", "wildcards",
	} {
		packages = append(packages, "./pkg/"+name)
	}
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-f", `{{.ImportPath}}: {{join .Deps " "}}`}, packages...)...)
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(packages) {
		t.Fatalf("go list shows %d packages, want %d", len(lines), len(packages))
	}
	for _, line := range lines {
		name, dependencies, _ := strings.Cut(line, ": ")
		if !strings.Contains(line, " internal/") {
			t.Errorf("%s has no dependency of the standard library: the list is not read", name)
		}
		for dependency := range strings.FieldsSeq(dependencies) {
			if strings.HasPrefix(dependency, "github.com/pulumi/") || strings.HasPrefix(dependency, "prodgate/pkg/gate") {
				t.Errorf("%s depends on %s", name, dependency)
			}
		}
	}
}

// TestRepository_StacksSetDeclaredKeys compares the keys that the stack files set, and those that
// workflows name, with those that Pulumi.yaml declares. That declared keys are read keys is a test of pkg/settings.
func TestRepository_StacksSetDeclaredKeys(t *testing.T) {
	t.Parallel()
	project, err := os.ReadFile("Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("Pulumi.*.yaml")
	examples, more := filepath.Glob("examples/stacks/*.yaml")
	if err != nil || more != nil {
		t.Fatal(err, more)
	}
	checked := 0
	for _, file := range append(files, examples...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^  prodgate:(\w+):`).FindAllStringSubmatch(string(text), -1) {
			checked++
			if !strings.Contains(string(project), "\n  "+found[1]+":\n") {
				t.Errorf("%s sets %s, which Pulumi.yaml does not declare", file, found[1])
			}
		}
	}
	if checked < 30 {
		t.Fatalf("checked %d keys only", checked)
	}
}
