package preflight

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// requireAccess fails when the caller is no role that may change the gate: the gate's own
// policies would lock it out. The roles that settings name must exist, or those policies
// would except nobody.
func requireAccess(ctx *pulumi.Context, s *settings.Settings, caller string, provider pulumi.InvokeOption) error {
	actual := func(name string) (string, error) {
		role, err := iam.LookupRole(ctx, &iam.LookupRoleArgs{Name: name}, provider)
		if err != nil {
			return "", err
		}
		return role.Arn, nil
	}

	plan := naming.New(s)
	allowed := append(plan.Deployers(s), s.Access.BreakGlassArn)
	const instead = "sign in with a role that stands there"
	var problems []error
	if name := component.RoleOfSession(caller); name == "" {
		problems = append(problems, fmt.Errorf("prodgate:access.deployerArns: the credentials are of %s, which is no IAM role; %s",
			caller, instead))
	} else if !(ctx.DryRun() && component.IsPreviewRole(s, caller)) && !slices.ContainsFunc(allowed, func(arn string) bool { return path.Base(arn) == name }) {
		arn, err := actual(name)
		if err != nil { // it may not look itself up; most roles have no path
			arn = strings.TrimSuffix(plan.AnyRole(), "*") + name
		}
		remedy := "add " + arn + ", or " + instead
		if slices.Contains(s.Access.ApproverArns, arn) || strings.HasPrefix(arn, strings.TrimSuffix(plan.AllRoles(), "*")) {
			remedy = instead
		}
		problems = append(problems, fmt.Errorf("prodgate:access.deployerArns: the credentials are of the role %s, which may not change the gate; %s",
			name, remedy))
	}

	check := func(key, arn string) {
		switch found, err := actual(path.Base(arn)); {
		case err != nil:
			problems = append(problems, component.SettingError(key, arn, "AWS shows no such role; "+
				"make it, or correct the ARN, or allow iam:GetRole on it: %w", err))
		case found != arn:
			problems = append(problems, component.SettingError(key, arn, "AWS knows the role by another ARN; write %s", found))
		}
	}
	check("access.breakGlassArn", s.Access.BreakGlassArn)
	for _, group := range []struct {
		key  string
		arns []string
	}{
		{"access.deployerArns", s.Access.DeployerArns}, {"access.approverArns", s.Access.ApproverArns},
		{"source.reviewerArns", s.Source.ReviewerArns}, {"source.mergerArns", s.Source.MergerArns},
	} {
		if group.key == "source.mergerArns" && slices.Equal(group.arns, s.Source.ReviewerArns) {
			continue // the reviewers again
		}
		for i, arn := range group.arns {
			check(fmt.Sprintf("%s[%d]", group.key, i), arn)
		}
	}
	return errors.Join(problems...)
}
