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
	actual := func(name string) (arn, trust string, err error) {
		role, err := iam.LookupRole(ctx, &iam.LookupRoleArgs{Name: name}, provider)
		if err != nil {
			return "", "", err
		}
		return role.Arn, role.AssumeRolePolicy, nil
	}

	plan := naming.New(s)
	allowed := append(plan.Deployers(s), s.Access.BreakGlassArn)
	const instead = "sign in with a role that stands there"
	var problems []error
	if name := component.RoleOfSession(caller); name == "" {
		problems = append(problems, fmt.Errorf("prodgate:access.deployerArns: the credentials are of %s, which is no IAM role; %s",
			caller, instead))
	} else if !(ctx.DryRun() && component.IsPreviewRole(s, caller)) && !slices.ContainsFunc(allowed, func(arn string) bool { return path.Base(arn) == name }) {
		arn, _, err := actual(name)
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
		found, trust, err := actual(path.Base(arn))
		switch {
		case err != nil:
			problems = append(problems, component.SettingError(key, arn, "AWS shows no such role; "+
				"make it, or correct the ARN, or allow iam:GetRole on it: %w", err))
		case found != arn:
			problems = append(problems, component.SettingError(key, arn, "AWS knows the role by another ARN; write %s", found))
		case strings.HasPrefix(key, "access."):
			problems = append(problems, checkTrust(ctx, s, key, arn, trust))
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

// checkTrust refuses a role whose trust policy lets in more than named principals of the account: whoever assumes
// the role has all that the gate leaves to it. With access.allowAccountTrust it warns.
func checkTrust(ctx *pulumi.Context, s *settings.Settings, key, arn, policy string) error {
	who, err := findBroadTrust(policy, s.Account)
	if err != nil {
		return component.SettingError(key, arn, "the role cannot be checked: %w", err)
	}
	if who == "" {
		return nil
	}
	if s.Access.AllowAccountTrust {
		return ctx.Log.Warn(fmt.Sprintf("prodgate:%s: %q: the trust policy lets %s assume the role; prodgate:access.allowAccountTrust accepts that", key, arn, who), nil)
	}
	return component.SettingError(key, arn, "the trust policy lets %s assume the role; name roles as principals, or add a condition on "+
		"aws:PrincipalArn, or accept it with access.allowAccountTrust: true", who)
}
