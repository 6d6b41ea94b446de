package onlymain

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// workflow is what the tests read of the file. KnownFields makes anything else in
// it an error: an "if:", a "uses:", a second job.
type workflow struct {
	Name string
	On   struct {
		PullRequest struct{ Branches, Types []string } `yaml:"pull_request"`
	} `yaml:"on"`
	Permissions map[string]string
	Jobs        struct {
		OnlyMain struct {
			Name           string
			RunsOn         string `yaml:"runs-on"`
			TimeoutMinutes int    `yaml:"timeout-minutes"`
			Steps          []step
		} `yaml:"only-main"`
	}
}

type step struct {
	Name, Shell, Run string
	Env              map[string]string
}

func parsed(t *testing.T) workflow {
	t.Helper()
	var w workflow
	d := yaml.NewDecoder(strings.NewReader(Workflow))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestOnlyMain_WorkflowPermissions(t *testing.T) {
	t.Parallel()
	w := parsed(t)
	if w.Permissions == nil || len(w.Permissions) != 0 {
		t.Errorf("permissions are %v", w.Permissions)
	}
	if got := strings.Join(w.On.PullRequest.Branches, " "); got != Base {
		t.Errorf("runs for pull requests to %s", got)
	}
	if got := strings.Join(w.On.PullRequest.Types, " "); got != "opened synchronize reopened edited" {
		t.Errorf("runs when a pull request is %s", got)
	}
	job := w.Jobs.OnlyMain
	if job.Name != Check || len(job.Steps) != 1 || job.RunsOn != "ubuntu-latest" || job.TimeoutMinutes == 0 {
		t.Errorf("the job is %+v", job)
	}
	if strings.Contains(job.Steps[0].Run, "${{") {
		t.Errorf("an expression is part of the script:\n%s", job.Steps[0].Run)
	}
}

// event is the part of a pull_request event that says where a pull request comes
// from. A deleted fork has no repository.
func event(ref string, repository any) string {
	head := map[string]any{"ref": ref, "repo": nil}
	if repository != nil {
		head["repo"] = map[string]any{"full_name": repository}
	}
	text, _ := json.Marshal(map[string]any{"pull_request": map[string]any{
		"head": head,
		"base": map[string]any{"ref": Base, "repo": map[string]any{"full_name": "example-org/cruddur"}},
	}})
	return string(text)
}

var expression = regexp.MustCompile(`^\$\{\{ github\.event\.([a-z_.]+) \}\}$`)

// lookUp is what GitHub's runner makes of an expression: what is missing, or null,
// is an empty text.
func lookUp(t *testing.T, text, event string) string {
	t.Helper()
	path := expression.FindStringSubmatch(text)
	if path == nil {
		t.Fatalf("%q is no path into the event", text)
	}
	var value any
	if err := json.Unmarshal([]byte(event), &value); err != nil {
		t.Fatal(err)
	}
	for key := range strings.SplitSeq(path[1], ".") {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	found, _ := value.(string)
	return found
}

// The step is run as the runner runs it: the script in a file, bash with -e and
// pipefail, the variables from the event.
func TestOnlyMain_Branches(t *testing.T) {
	t.Parallel()
	const ours = "example-org/cruddur"
	for name, c := range map[string]struct {
		event  string
		passes bool
	}{
		"main of the repository":            {event("main", ours), true},
		"a feature branch":                  {event("feature/login", ours), false},
		"main of a fork":                    {event("main", "mallory/cruddur"), false},
		"main of a fork that was deleted":   {event("main", nil), false},
		"main of a repository like it":      {event("main", "example-org/cruddur2"), false},
		"a repository that is a pattern":    {event("main", "*"), false},
		"a branch below main":               {event("main/x", ours), false},
		"a branch that is a pattern":        {event("*", ours), false},
		"main in other letters":             {event("Main", ours), false},
		"a full name of main":               {event("refs/heads/main", ours), false},
		"no name":                           {event("", ours), false},
		"a name with a line break":          {event("main\n", ours), false},
		"a name that ends the condition":    {event(`main"; exit 0; "`, ours), false},
		"a name that is a command":          {event("$(exit 0)", ours), false},
		"a name that is an old command":     {event("`kill $$`", ours), false},
		"a name that adds to the condition": {event("x || 1 == 1", ours), false},
		"a name that closes the brackets":   {event("main ]]; then exit 0; fi; [[ x", ours), false},
		"a repository that is a command":    {event("main", `"; exit 0; "`), false},
		"nothing is known":                  {`{}`, false},
		"retargeted to another branch":      {strings.Replace(event("main", ours), `"ref":"prod"`, `"ref":"main"`, 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parsed(t).Jobs.OnlyMain.Steps[0]
			if s.Shell != "bash" {
				t.Fatalf("the shell is %q", s.Shell)
			}
			script := t.TempDir() + "/step.sh"
			if err := os.WriteFile(script, []byte(s.Run), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
			for name, value := range s.Env {
				cmd.Env = append(cmd.Env, name+"="+lookUp(t, value, c.event))
			}
			out, err := cmd.CombinedOutput()
			if passes := err == nil; passes != c.passes {
				t.Errorf("passes: %t\n%s", passes, out)
			}
			if want := map[bool]string{true: "main may be merged", false: "only main of "}[c.passes]; !strings.Contains(string(out), want) {
				t.Errorf("says\n%s", out)
			}
		})
	}
}
