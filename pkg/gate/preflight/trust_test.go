package preflight

import (
	"net/url"
	"strings"
	"testing"
)

func TestTrust_FindBroad(t *testing.T) {
	t.Parallel()
	const account = "111111111111"
	statement := func(principal, more string) string {
		return `{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": ` + principal + more + `}`
	}
	const root = `{"AWS": "arn:aws:iam::111111111111:root"}`
	condition := func(text string) string { return `, "Condition": ` + text }
	sso := condition(`{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*"}}`)
	for name, c := range map[string]struct{ statement, want string }{
		"a role":                                {statement(`{"AWS": "arn:aws:iam::111111111111:role/people"}`, ""), ""},
		"a service":                             {statement(`{"Service": "ecs-tasks.amazonaws.com"}`, ""), ""},
		"the account":                           {statement(root, ""), "the whole account 111111111111"},
		"the account by its id":                 {statement(`{"AWS": ["arn:aws:iam::111111111111:role/people", "111111111111"]}`, ""), "the whole account 111111111111"},
		"the account, denied":                   {strings.Replace(statement(root, ""), "Allow", "Deny", 1), ""},
		"the account, for another call":         {strings.Replace(statement(root, ""), "sts:AssumeRole", "sts:TagSession", 1), ""},
		"the account, for every call":           {strings.Replace(statement(root, ""), "sts:AssumeRole", "sts:*", 1), "the whole account 111111111111"},
		"the account, for all calls but one":    {strings.Replace(statement(root, ""), `"Action": "sts:AssumeRole"`, `"NotAction": "sts:TagSession"`, 1), "the whole account 111111111111"},
		"roles of the account by a pattern":     {statement(root, sso), ""},
		"all roles of the account by a pattern": {statement(root, condition(`{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}`)), "the whole account 111111111111"},
		"one of two patterns is of all roles":   {statement(root, condition(`{"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::111111111111:role/a", "*"]}}`)), "the whole account 111111111111"},
		"principals that have no such ARN":      {statement(root, condition(`{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/a"}}`)), "the whole account 111111111111"},
		"principals without the tag pass":       {statement(root, condition(`{"StringEqualsIfExists": {"aws:PrincipalTag/team": "platform"}}`)), "the whole account 111111111111"},
		"principals with a tag":                 {statement(root, condition(`{"StringEquals": {"aws:PrincipalTag/team": "platform"}}`)), ""},
		"principals with any tag":               {statement(root, condition(`{"StringLike": {"aws:PrincipalTag/team": "*"}}`)), "the whole account 111111111111"},
		"a second factor of anybody":            {statement(root, condition(`{"Bool": {"aws:MultiFactorAuthPresent": "true"}}`)), "the whole account 111111111111"},
		"everybody":                             {statement(`"*"`, ""), "every AWS account"},
		"everybody with a tag":                  {statement(`{"AWS": "*"}`, condition(`{"StringEquals": {"aws:PrincipalTag/team": "platform"}}`)), "every AWS account"},
		"everybody with an ARN of the account":  {statement(`{"AWS": "*"}`, sso), ""},
		"everybody but one":                     {`{"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:role/a"}}`, "everybody but some principals"},
		"another account":                       {statement(`{"AWS": "arn:aws:iam::222222222222:root"}`, ""), "the account 222222222222"},
		"a role of another account":             {statement(`{"AWS": "arn:aws:iam::222222222222:role/people"}`, ""), "the account 222222222222"},
		"a SAML provider of the account":        {strings.Replace(statement(`{"Federated": "arn:aws:iam::111111111111:saml-provider/AWSSSO"}`, ""), "sts:AssumeRole", "sts:AssumeRoleWithSAML", 1), ""},
		"a SAML provider of another account":    {strings.Replace(statement(`{"Federated": "arn:aws:iam::222222222222:saml-provider/x"}`, ""), "sts:AssumeRole", "sts:AssumeRoleWithSAML", 1), "the provider arn:aws:iam::222222222222:saml-provider/x of another account"},
		"a web identity":                        {strings.Replace(statement(`{"Federated": "accounts.google.com"}`, ""), "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", 1), "every identity of the provider accounts.google.com"},
		"a web identity by its subject":         {strings.Replace(statement(`{"Federated": "accounts.google.com"}`, condition(`{"StringEquals": {"accounts.google.com:sub": "1"}}`)), "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", 1), ""},
	} {
		for shape, policy := range map[string]string{"a list": "[" + c.statement + "]", "one statement": c.statement} {
			policy = `{"Version": "2012-10-17", "Statement": ` + policy + `}`
			for _, text := range []string{policy, url.PathEscape(policy)} {
				if got, err := findBroadTrust(text, account); got != c.want || err != nil {
					t.Errorf("%s, %s: %q, %v, want %q", name, shape, got, err, c.want)
				}
			}
		}
	}
	for _, broken := range []string{"", "{", `{"Statement": 1}`, `{"Statement": [{"Effect": "Allow", "Action": 1}]}`} {
		if _, err := findBroadTrust(broken, account); err == nil {
			t.Errorf("%s is read", broken)
		}
	}
}
