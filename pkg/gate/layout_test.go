package gate_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// drawnRooms are the rooms that README.md draws, from top to bottom.
func drawnRooms(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var rooms []string
	for _, line := range regexp.MustCompile(`(?m)^[├└]── (\w+) +\S`).FindAllStringSubmatch(string(text), -1) {
		rooms = append(rooms, line[1])
	}
	return rooms
}

// roomFiles are the parsed files of a folder of this package, outside tests.
func roomFiles(t *testing.T, folder string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func TestLayout_IsDrawnAsItIs(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "testdata" {
			folders = append(folders, entry.Name())
		}
	}
	if drawn := slices.Sorted(slices.Values(drawnRooms(t))); !slices.Equal(drawn, folders) {
		t.Errorf("README.md draws %v, and the folders are %v", drawn, folders)
	}
}

// TestLayout_RoomsImportDownward compares imports with the order in which README.md draws the
// rooms: a room imports only those below it, and none imports the composition.
func TestLayout_RoomsImportDownward(t *testing.T) {
	t.Parallel()
	const gate = "prodgate/pkg/gate"
	rooms, imports := drawnRooms(t), 0
	for i, room := range rooms {
		for _, file := range roomFiles(t, room) {
			for _, spec := range file.Imports {
				path := strings.Trim(spec.Path.Value, `"`)
				if path != gate && !strings.HasPrefix(path, gate+"/") {
					continue
				}
				imports++
				if !slices.Contains(rooms[i+1:], strings.TrimPrefix(path, gate+"/")) {
					t.Errorf("%s imports %s, which is not below it", room, path)
				}
			}
		}
	}
	if imports < 30 {
		t.Errorf("looked at %d imports", imports)
	}
}

// TestLayout_ComponentsRegisterOutputs counts, in each room, the components that it registers
// and the registrations of their outputs.
func TestLayout_ComponentsRegisterOutputs(t *testing.T) {
	t.Parallel()
	components := 0
	for _, room := range append(drawnRooms(t), ".") {
		if room == "component" || room == "gatetest" { // where these functions are, and a helper of tests
			continue
		}
		made, ended := 0, 0
		for _, file := range roomFiles(t, room) {
			ast.Inspect(file, func(n ast.Node) bool {
				call, isCall := n.(*ast.CallExpr)
				if !isCall {
					return true
				}
				of, isMethod := call.Fun.(*ast.SelectorExpr)
				switch {
				case !isMethod:
				case of.Sel.Name == "NewGroup", of.Sel.Name == "RegisterComponentResource":
					made++
				case of.Sel.Name == "RegisterOutputs", of.Sel.Name == "RegisterResourceOutputs":
					ended++
				}
				return true
			})
		}
		if components += made; ended < made {
			t.Errorf("%s registers %d components, and the outputs of %d", room, made, ended)
		}
	}
	if components < 15 {
		t.Errorf("looked at %d components", components)
	}
}
