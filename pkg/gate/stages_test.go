package gate_test

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

// findProblems are the problems of the stages of an app's pipeline, after a change.
func findProblems(t *testing.T, r *gatetest.Recording, change func([]gatetest.Stage)) []string {
	t.Helper()
	text, err := json.Marshal(r.Of(t, pipelineType)[0].Inputs.Mappable()["stages"])
	if err != nil {
		t.Fatal(err)
	}
	var stages []gatetest.Stage
	if err := json.Unmarshal(text, &stages); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(stages)
	}
	return gatetest.FindProblems(stages, func(name string) (string, bool) {
		for _, p := range r.Of(t, projectType) {
			if p.Text("name") != name {
				continue
			}
			trusted := slices.ContainsFunc(r.Of(t, roleType), func(role *gatetest.Resource) bool {
				return role.Output("arn") == p.Text("serviceRole") && strings.Contains(role.Text("assumeRolePolicy"), ":project/"+name+`"`)
			})
			return p.Text("source.buildspec"), trusted
		}
		return "", false
	})
}

// TestStages_AreConnected makes the pipeline of every combination of choices, and the whole gate of some: of each choice
// alone, of all but each, of none and of all.
func TestStages_AreConnected(t *testing.T) {
	t.Parallel()
	const choices = 9
	for n := range 1 << choices {
		on := func(choice int) bool { return n>>choice&1 == 1 }
		or := func(choice int, name string) string {
			if on(choice) {
				return name
			}
			return "off"
		}
		t.Run(fmt.Sprintf("%0*b", choices, n), func(t *testing.T) {
			t.Parallel()
			c := config("api")
			if on(0) {
				c = approved("api")
			}
			if on(1) {
				c = shifted(c)
			}
			one := c["apps"].([]any)[0].(object)
			delete(one, "dast")
			if on(2) {
				one["dast"] = object{"url": "https://api.example.com/"}
			}
			c["sign"] = or(3, "signer")
			c["scan"] = object{
				"secrets": or(4, "gitleaks"), "code": or(5, []string{"bandit", "gosec"}[n&1]), "dependencies": or(6, "grype"), "image": or(7, "ecr"),
			}
			if on(8) {
				c = committed(c)
			}
			var r *gatetest.Recording
			if n&(n-1) == 0 || bits.OnesCount(uint(n)) >= choices-1 {
				r = built(t, c)
			} else {
				r = builtRooms(t, c, deliveryRoom)
			}
			for _, problem := range findProblems(t, r, nil) {
				t.Error(problem)
			}
		})
	}
}

// TestStages_FindsWhatIsNotConnected breaks a pipeline in each of the ways.
func TestStages_FindsWhatIsNotConnected(t *testing.T) {
	t.Parallel()
	r := built(t, shifted(approved("api")))
	at := func(stages []gatetest.Stage, name string) *gatetest.Stage {
		i := slices.IndexFunc(stages, func(s gatetest.Stage) bool { return s.Name == name })
		return &stages[i]
	}
	for want, change := range map[string]func([]gatetest.Stage){
		"the stages are":                  func(s []gatetest.Stage) { s[1], s[2] = s[2], s[1] },
		"has 0 actions":                   func(s []gatetest.Stage) { at(s, "Approve").Actions = nil },
		"is there twice":                  func(s []gatetest.Stage) { at(s, "Scan").Actions[1].Name = "Secrets" },
		"which nothing before it makes":   func(s []gatetest.Stage) { at(s, "Build").Actions[0].OutputArtifacts = nil },
		"makes Build again":               func(s []gatetest.Stage) { at(s, "Scan").Actions[0].OutputArtifacts = []string{"Build"} },
		"which nothing before it exports": func(s []gatetest.Stage) { at(s, "Build").Actions[0].Namespace = "" },
		"of another action":               func(s []gatetest.Stage) { at(s, "Scan").Actions[1].Namespace = "Secrets" },
		"is not there":                    func(s []gatetest.Stage) { at(s, "Scan").Actions[0].Configuration["ProjectName"] = "other" },
		"is to be the primary one":        func(s []gatetest.Stage) { delete(at(s, "Sign").Actions[0].Configuration, "PrimarySource") },
		"has 1001 characters":             func(s []gatetest.Stage) { at(s, "Sign").Actions[0].Configuration["x"] = strings.Repeat("x", 1001) },
		"has too many artifacts":          func(s []gatetest.Stage) { at(s, "Sign").Actions[0].InputArtifacts = make([]string, 6) },
		"Deploy/Verify takes Release":     func(s []gatetest.Stage) { at(s, "Deploy").Actions[3].RunOrder = 1 },
	} {
		if problems := findProblems(t, r, change); !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("nothing says %q: %q", want, problems)
		}
	}
	if problems := findProblems(t, r, nil); problems != nil {
		t.Errorf("what is not broken has problems: %q", problems)
	}
}
