package pipeline

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"prodgate/pkg/guard"
	"prodgate/pkg/naming"
	"prodgate/pkg/onlymain"
)

// guardRules are the rules in Guard, sorted by name. when says which stacks have a rule; nil is every stack.
var guardRules = []struct {
	name string
	when func(Model) bool
}{
	{name: "pipeline-actions"},
	{name: "pipeline-approval", when: Model.NeedsApproval},
	{name: "pipeline-artifacts"},
	{name: "pipeline-codecommit", when: func(m Model) bool { return m.settings.UsesCodeCommit() }},
	{name: "pipeline-trigger", when: func(m Model) bool { return !m.settings.UsesCodeCommit() }},
	{name: "pipeline-type"},
	{name: "project-buildspec"},
	{name: "project-environment"},
	{name: "project-privileged"},
	{name: "project-source"},
	{name: "role-bounds"},
}

// GuardRules are the rules in Guard of this stack. Each file of package guard has a row.
func (m Model) GuardRules() ([]guard.Rule, error) {
	all, err := guard.Rules()
	if err != nil {
		return nil, err
	}
	if len(all) != len(guardRules) {
		return nil, fmt.Errorf("%d rules in Guard have %d rows", len(all), len(guardRules))
	}
	var rules []guard.Rule
	for i, row := range guardRules {
		if all[i].Name != row.name {
			return nil, fmt.Errorf("the rule %s in Guard has no row", all[i].Name)
		}
		if row.when == nil || row.when(m) {
			rules = append(rules, all[i])
		}
	}
	return rules, nil
}

// GuardValues are the values of the variables in Guard, except artifact_key, which is the ARN of ArtifactKey.
func (m Model) GuardValues() map[string]string {
	repositories := m.settings.Repositories()
	if !m.settings.UsesCodeCommit() {
		for i, name := range repositories {
			repositories[i] = m.settings.Source.Owner + "/" + name
		}
	}
	gate := regexp.QuoteMeta(m.names.Gate)
	values := map[string]string{
		"artifact_bucket": guard.Text(m.names.Bucket("artifacts").Name),
		"boundaries":      guard.Pattern(":policy/" + gate + "/boundary/."),
		"branch":          guard.Text(onlymain.Base),
		"build_image":     guard.Text(m.settings.Build.Image),
		"shared_projects": guard.Texts(m.SharedNames()...),
		"pipelines":       guard.Pattern("-" + gate + "$"),
		"projects":        guard.Pattern("^" + gate + "-"),
		"app_projects":    guard.Patterns("^"+gate+"-.+-", "^"+gate+"-("+strings.Join(m.sharedChecks(), "|")+")$"),
		"check_function":  guard.Text(m.names.CheckFunction().Name),
		"docker_projects": guard.Pattern("^" + gate + "-.+-" + BuildProject + "$"),
		"region":          guard.Text(m.settings.Region),
		"repositories":    guard.Texts(repositories...),
		"role_paths":      guard.Pattern("^/" + gate + "/."),
		"role_policies":   guard.Patterns(":policy/"+gate+"/.", ":aws:policy/service-role/AWS_ConfigRole$"),
		"roles":           guard.Pattern(":role/" + gate + "/."),
	}
	for i, name := range m.StageNames() {
		at := guard.Path("configuration.pipeline.stages." + strconv.Itoa(i))
		switch name {
		case naming.ApprovalStage:
			values["approval_stage"] = at
		case naming.DeployStage:
			values["deploy_stage"] = at
		}
	}
	return values
}
