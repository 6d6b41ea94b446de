package gate

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// session is what AWS calls whoever has taken on a role: the role's name is in it,
// without its path, and the session's name.
var session = regexp.MustCompile(`^arn:[^:]+:sts::[0-9]+:assumed-role/([^/]+)/`)

// requireAccess fails when the caller is no role that may change the gate: its own
// policies would lock it out. The roles that settings name have to be there, or
// those policies would except nobody.
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
	if name := session.FindStringSubmatch(caller); name == nil {
		problems = append(problems, fmt.Errorf("prodgate:access.deployerArns: the credentials are of %s, which is no IAM role; %s",
			caller, instead))
	} else if !(ctx.DryRun() && previews(s, caller)) && !slices.ContainsFunc(allowed, func(arn string) bool { return path.Base(arn) == name[1] }) {
		arn, err := actual(name[1])
		if err != nil { // it may not look itself up; most roles have no path
			arn = strings.TrimSuffix(plan.AnyRole(), "*") + name[1]
		}
		remedy := "add " + arn + ", or " + instead
		if slices.Contains(s.Access.ApproverArns, arn) || strings.HasPrefix(arn, strings.TrimSuffix(plan.AllRoles(), "*")) {
			remedy = instead
		}
		problems = append(problems, fmt.Errorf("prodgate:access.deployerArns: the credentials are of the role %s, which may not change the gate; %s",
			name[1], remedy))
	}

	check := func(key, arn string) {
		switch found, err := actual(path.Base(arn)); {
		case err != nil:
			problems = append(problems, wrong(key, arn, "AWS shows no such role; "+
				"make it, or correct the ARN, or allow iam:GetRole on it: %w", err))
		case found != arn:
			problems = append(problems, wrong(key, arn, "AWS knows the role by another ARN; write %s", found))
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
