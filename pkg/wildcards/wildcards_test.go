package wildcards

import "testing"

func TestWildcards_IsUnavoidable(t *testing.T) {
	t.Parallel()
	const object = "arn:aws:s3:::prodgate-artifacts/api-prodgate/*"
	for name, c := range map[string]struct {
		kind            Kind
		action, pattern string
		want            bool
	}{
		"an action that takes no resource":  {Identity, "ecr:GetAuthorizationToken", "*", true},
		"the same in another case":          {Identity, "ECR:getauthorizationtoken", "*", true},
		"an action that takes one":          {Identity, "ecr:PutImage", "*", false},
		"a key's * in a key policy":         {Key, "kms:Decrypt", "*", true},
		"a key's * in a role's policy":      {Identity, "kms:Decrypt", "*", false},
		"a folder of a bucket":              {Identity, "s3:GetObject", object, true},
		"the folder for another action":     {Identity, "s3:DeleteObject", object, false},
		"the whole bucket":                  {Identity, "s3:GetObject", "arn:aws:s3:::prodgate-artifacts/*", false},
		"a folder of every bucket":          {Identity, "s3:GetObject", "arn:aws:s3:::*/api-prodgate/*", false},
		"a folder of a folder":              {Identity, "s3:GetObject", "arn:aws:s3:::prodgate-artifacts/a/b/*", false},
		"what goes on after the pattern":    {Identity, "s3:GetObject", object + "/x", false},
		"a boundary's reads in a boundary":  {Boundary, "s3:GetBucket*", "*", true},
		"a boundary's reads in a role":      {Identity, "s3:GetBucket*", "*", false},
		"every read of a service":           {Boundary, "s3:Get*", "*", false},
		"a role's wildcard in its boundary": {Boundary, "ecr:GetAuthorizationToken", "*", true},
		"a boundary's resources in a role":  {Identity, "ecs:UpdateService", "arn:aws:ecs:eu-west-2:111111111111:service/*/*", false},
		"another pattern of actions":        {Key, "kms:Re*", "*", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Unavoidable(c.kind, c.action, c.pattern); got != c.want {
				t.Errorf("%s on %s: %t", c.action, c.pattern, got)
			}
		})
	}
}
