package pipeline

import (
	"regexp"
	"strconv"
	"strings"

	"prodgate/pkg/guard"
	"prodgate/pkg/naming"
	"prodgate/pkg/onlymain"
)

// GuardRules are the rules in Guard that are for this stack.
func (m Model) GuardRules() ([]guard.Rule, error) {
	all, err := guard.Rules()
	absent := map[string]bool{
		"pipeline-approval": !m.NeedsApproval(), "pipeline-trigger": m.settings.FromCodeCommit(), "pipeline-codecommit": !m.settings.FromCodeCommit(),
	}
	var rules []guard.Rule
	for _, rule := range all {
		if !absent[rule.Name] {
			rules = append(rules, rule)
		}
	}
	return rules, err
}

// GuardValues are what the rules in Guard name, as Guard writes it, but for artifact_key: the ARN
// of ArtifactKey.
func (m Model) GuardValues() map[string]string {
	repositories := m.settings.Repositories()
	if !m.settings.FromCodeCommit() {
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
		"told_projects":   guard.Texts(m.SharedNames()...),
		"pipelines":       guard.Pattern("-" + gate + "$"),
		"projects":        guard.Pattern("^" + gate + "-"),
		"app_projects":    guard.Patterns("^"+gate+"-.+-", "^"+gate+"-("+strings.Join(m.sharedChecks(), "|")+")$"),
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
