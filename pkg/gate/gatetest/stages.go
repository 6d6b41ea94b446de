package gatetest

import (
	"fmt"
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"
)

// Stage is a stage of a pipeline, by the names that the provider and AWS have for it.
type Stage struct {
	Name    string
	Actions []Action
}

// Action is an action of a stage.
type Action struct {
	Name, Provider, Namespace       string
	RunOrder                        int
	InputArtifacts, OutputArtifacts []string
	Configuration                   map[string]string
}

// order is that of the stages; all but the first, Build and Deploy can be left out.
var order = []string{"Source", "Scan", "Build", "Sign", "Approve", "Deploy", "Test"}

// exports is what a source action exports, by its provider: CodePipeline User Guide, Variables reference.
var exports = map[string][]string{
	"CodeStarSourceConnection": {"AuthorDate", "BranchName", "CommitId", "CommitMessage", "ConnectionArn", "FullRepositoryName"},
	"CodeCommit":               {"AuthorDate", "BranchName", "CommitId", "CommitMessage", "CommitterDate", "RepositoryName"},
}

// CodePipeline User Guide, Quotas: of stages, of a stage's actions, of an action's artifacts on
// either side, and the characters of a value.
const (
	maxStages    = 50
	maxActions   = 50
	maxArtifacts = 5
	maxValue     = 1000
)

var reference = regexp.MustCompile(`#\{(\w+)\.(\w+)\}`)

// JoinUp says what of a pipeline does not hang together. A project is the text of its buildspec,
// and whether its role trusts it; the text is empty where there is no such project.
func JoinUp(stages []Stage, project func(name string) (buildspec string, trusted bool)) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	made, exported := map[string]bool{}, map[string][]string{}
	var names []string
	for _, s := range stages {
		names = append(names, s.Name)
	}
	if want := slices.DeleteFunc(slices.Clone(order), func(name string) bool { return !slices.Contains(names, name) }); !slices.Equal(names, want) ||
		!slices.Contains(names, "Source") || !slices.Contains(names, "Build") || !slices.Contains(names, "Deploy") || len(names) > maxStages {
		wrong("the stages are %v", names)
	}
	for _, s := range stages {
		if n := len(s.Actions); n == 0 || n > maxActions {
			wrong("%s has %d actions", s.Name, n)
		}
		sorted, seen := slices.Clone(s.Actions), map[string]bool{}
		slices.SortStableFunc(sorted, func(a, b Action) int { return a.RunOrder - b.RunOrder })
		for first := 0; first < len(sorted); {
			last := first // those of one order run side by side, and see nothing of each other
			for last < len(sorted) && sorted[last].RunOrder == sorted[first].RunOrder {
				last++
			}
			same := sorted[first:last]
			added := map[string][]string{}
			for _, a := range same {
				at := s.Name + "/" + a.Name
				if seen[a.Name] {
					wrong("%s is there twice", at)
				}
				seen[a.Name] = true
				if len(a.InputArtifacts) > maxArtifacts || len(a.OutputArtifacts) > maxArtifacts {
					wrong("%s has too many artifacts", at)
				}
				for _, in := range a.InputArtifacts {
					if !made[in] {
						wrong("%s takes %s, which nothing before it makes", at, in)
					}
				}
				for key, value := range a.Configuration {
					if len(value) > maxValue {
						wrong("%s has %d characters of %s", at, len(value), key)
					}
					for _, of := range reference.FindAllStringSubmatch(value, -1) {
						if !slices.Contains(exported[of[1]], of[2]) {
							wrong("%s refers to %s, which nothing before it exports", at, of[0])
						}
					}
				}
				variables := exports[a.Provider]
				if a.Provider == "CodeBuild" {
					text, trusted := project(a.Configuration["ProjectName"])
					if text == "" || !trusted {
						wrong("%s starts %q, which is not there, or is not trusted by its role", at, a.Configuration["ProjectName"])
					}
					var spec struct {
						Env struct {
							Exported []string `yaml:"exported-variables"`
						}
					}
					if err := yaml.Unmarshal([]byte(text), &spec); err != nil {
						wrong("%s: %v", at, err)
					}
					variables = spec.Env.Exported
					if primary := a.Configuration["PrimarySource"]; len(a.InputArtifacts) == 0 || (primary != "" || len(a.InputArtifacts) > 1) && !slices.Contains(a.InputArtifacts, primary) {
						wrong("%s takes %v, of which %q is to be the primary one", at, a.InputArtifacts, primary)
					}
				}
				if a.Namespace != "" {
					if exported[a.Namespace] != nil || added[a.Namespace] != nil {
						wrong("%s has the namespace %s of another action", at, a.Namespace)
					}
					added[a.Namespace] = append([]string{}, variables...)
				}
			}
			for _, a := range same {
				for _, out := range a.OutputArtifacts {
					if made[out] {
						wrong("%s/%s makes %s again", s.Name, a.Name, out)
					}
					made[out] = true
				}
			}
			for namespace, variables := range added {
				exported[namespace] = variables
			}
			first = last
		}
	}
	return problems
}
