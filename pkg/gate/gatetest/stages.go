package gatetest

import (
	"fmt"
	"maps"
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

// Project is the text of a project's buildspec, and whether the project's role trusts it; the text is empty where there is
// no such project.
type Project func(name string) (buildspec string, isTrusted bool)

// FindProblems checks that the stages of a pipeline fit together as CodePipeline requires.
func FindProblems(stages []Stage, project Project) []string {
	c := connections{project: project, produced: map[string]bool{}, exported: map[string][]string{}}
	c.checkOrder(stages)
	for _, stage := range stages {
		if n := len(stage.Actions); n == 0 || n > maxActions {
			c.add("%s has %d actions", stage.Name, n)
		}
		names := map[string]bool{}
		for _, group := range byRunOrder(stage.Actions) {
			c.checkGroup(stage.Name, group, names)
		}
	}
	return c.problems
}

// connections are the artifacts and variables of the actions so far, and the problems.
type connections struct {
	project  Project
	produced map[string]bool
	exported map[string][]string // by namespace
	problems []string
}

func (c *connections) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// checkOrder checks the names of the stages and their order.
func (c *connections) checkOrder(stages []Stage) {
	var names []string
	for _, stage := range stages {
		names = append(names, stage.Name)
	}
	want := slices.DeleteFunc(slices.Clone(order), func(name string) bool { return !slices.Contains(names, name) })
	isComplete := slices.Contains(names, "Source") && slices.Contains(names, "Build") && slices.Contains(names, "Deploy")
	if !slices.Equal(names, want) || !isComplete || len(names) > maxStages {
		c.add("the stages are %v", names)
	}
}

// byRunOrder groups the actions that run at the same time.
func byRunOrder(actions []Action) [][]Action {
	sorted := slices.Clone(actions)
	slices.SortStableFunc(sorted, func(a, b Action) int { return a.RunOrder - b.RunOrder })
	var groups [][]Action
	for _, action := range sorted {
		last := len(groups) - 1
		if last < 0 || groups[last][0].RunOrder != action.RunOrder {
			groups, last = append(groups, nil), last+1
		}
		groups[last] = append(groups[last], action)
	}
	return groups
}

// checkGroup checks actions that run at the same time: none sees the artifacts and variables of another.
func (c *connections) checkGroup(stage string, group []Action, names map[string]bool) {
	added := map[string][]string{}
	for _, action := range group {
		at := stage + "/" + action.Name
		if names[action.Name] {
			c.add("%s is there twice", at)
		}
		names[action.Name] = true
		c.checkInputs(at, action)
		variables := exports[action.Provider]
		if action.Provider == "CodeBuild" {
			variables = c.checkBuild(at, action)
		}
		if action.Namespace == "" {
			continue
		}
		if c.exported[action.Namespace] != nil || added[action.Namespace] != nil {
			c.add("%s has the namespace %s of another action", at, action.Namespace)
		}
		added[action.Namespace] = append([]string{}, variables...)
	}
	for _, action := range group {
		for _, artifact := range action.OutputArtifacts {
			if c.produced[artifact] {
				c.add("%s/%s makes %s again", stage, action.Name, artifact)
			}
			c.produced[artifact] = true
		}
	}
	maps.Copy(c.exported, added)
}

// checkInputs checks the artifacts and the configuration of an action.
func (c *connections) checkInputs(at string, action Action) {
	if len(action.InputArtifacts) > maxArtifacts || len(action.OutputArtifacts) > maxArtifacts {
		c.add("%s has too many artifacts", at)
	}
	for _, artifact := range action.InputArtifacts {
		if !c.produced[artifact] {
			c.add("%s takes %s, which nothing before it makes", at, artifact)
		}
	}
	for key, value := range action.Configuration {
		if len(value) > maxValue {
			c.add("%s has %d characters of %s", at, len(value), key)
		}
		for _, found := range reference.FindAllStringSubmatch(value, -1) {
			if !slices.Contains(c.exported[found[1]], found[2]) {
				c.add("%s refers to %s, which nothing before it exports", at, found[0])
			}
		}
	}
}

// checkBuild checks the project and the primary source of an action, and returns the variables that its buildspec exports.
func (c *connections) checkBuild(at string, action Action) []string {
	name, primary := action.Configuration["ProjectName"], action.Configuration["PrimarySource"]
	text, isTrusted := c.project(name)
	if text == "" || !isTrusted {
		c.add("%s starts %q, which is not there, or is not trusted by its role", at, name)
	}
	var spec struct {
		Env struct {
			Exported []string `yaml:"exported-variables"`
		}
	}
	if err := yaml.Unmarshal([]byte(text), &spec); err != nil {
		c.add("%s: %v", at, err)
	}
	if inputs := action.InputArtifacts; len(inputs) == 0 || (primary != "" || len(inputs) > 1) && !slices.Contains(inputs, primary) {
		c.add("%s takes %v, of which %q is to be the primary one", at, inputs, primary)
	}
	return spec.Env.Exported
}
