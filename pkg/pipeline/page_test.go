package pipeline_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/pipeline"
)

var update = flag.Bool("update", false, "write the table of README.md anew")

const begin, end = "<!-- The table is written by go test ./pkg/pipeline -run README -update -->\n\n", "\n<!-- The end of the table -->\n"

// page is the table of rows.
func page(rows []pipeline.Row) string {
	var out strings.Builder
	out.WriteString("| Stage | Action | Setting | Project | Buildspec | Pinned tools | Artifacts | Role | Rights of the role |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, row := range rows {
		cells := []string{row.Stage, row.Action, row.Setting, "", "", "", artifacts(row), "", ""}
		if p := row.Project; p != nil {
			cells[3] = "prodgate-APP-" + p.Name
			if p.IsShared {
				cells[3] = "prodgate-" + p.Name
			}
			var specs, tools, actions []string
			for _, scanner := range scannersOf(*p) {
				specs = append(specs, "`"+scanner.Buildspec+"`")
				for _, one := range scanner.Tools {
					tools = append(tools, one.Name+" "+one.Version)
				}
				if len(scanner.Packages) > 0 { // the rest is what the first one imports
					tools = append(tools, scanner.Packages[0].Name+" "+scanner.Packages[0].Version)
				}
			}
			for _, right := range p.Rights {
				actions = append(actions, right.Actions...)
			}
			cells[4], cells[5], cells[7], cells[8] = strings.Join(specs, ", "), strings.Join(tools, ", "), p.Role, strings.Join(actions, ", ")
		} else {
			cells[3] = row.Provider
			if f := row.Function; f != nil {
				cells[3] = "Lambda: prodgate-" + f.Role
				var actions []string
				for _, right := range f.Rights {
					actions = append(actions, right.Actions...)
				}
				cells[7], cells[8] = f.Role, strings.Join(actions, ", ")
			} else {
				var actions []string
				for _, right := range row.Rights {
					actions = append(actions, right.Actions...)
				}
				cells[7], cells[8] = "pipeline", strings.Join(actions, ", ")
			}
		}
		for _, cell := range cells {
			out.WriteString(strings.TrimRight("| "+cell, " ") + " ")
		}
		out.WriteString("|\n")
	}
	return out.String()
}

func artifacts(row pipeline.Row) string {
	var reads []string
	for _, input := range row.Inputs {
		name := input.Artifact
		if input.IsOptional {
			name += "?"
		}
		reads = append(reads, name)
	}
	return strings.TrimSpace(strings.Join(reads, ", ") + " → " + strings.Join(row.Outputs, ", "))
}

// scannersOf are what a project can run, sorted.
func scannersOf(p pipeline.Project) []pipeline.Scanner {
	if p.Choice == nil {
		return []pipeline.Scanner{p.Scanner}
	}
	var all []pipeline.Scanner
	for _, scanner := range p.Scanners {
		all = append(all, scanner)
	}
	slices.SortFunc(all, func(a, b pipeline.Scanner) int { return strings.Compare(a.Buildspec, b.Buildspec) })
	return all
}

func TestREADME_HasTheTableOfTheRows(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	table, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatal("README.md has no place for the table")
	}
	want := page(pipeline.Rows())
	if table == want {
		return
	}
	if !*update {
		t.Fatalf("the table of README.md is not the rows': write it with -update")
	}
	if err := os.WriteFile("README.md", []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
