package authority

import (
	"fmt"
	"strings"
	"testing"

	"prodgate/sandbox/toolchain"
)

func start(t *testing.T) *Evaluator {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	kit, err := toolchain.PrepareEvaluator(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Start(kit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func policies(statements ...string) []Policy {
	return []Policy{{"policy", document(statements...)}}
}

const (
	account = "123456789012"
	other   = "444455556666"
	role    = "arn:aws:iam::" + account + ":role/team/worker"
	key     = "arn:aws:kms:eu-west-2:" + account + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
	object  = "arn:aws:s3:::amzn-s3-demo-bucket/key"
	allowS3 = `{"Sid":"AllowS3","Effect":"Allow","Action":"s3:*","Resource":"*"}`
	all     = `{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}`
)

// full is FullAWSAccess, which every level of an organization has.
func full(levels ...Level) []Level {
	scps := []Level{{"r-root", policies(all)}}
	for _, l := range levels {
		scps = append(scps, Level{l.Target, append(policies(all), l.Policies...)})
	}
	return scps
}

// TestEvaluator_AWSExamples compares the evaluator with what AWS publishes: each row
// is an example or a rule of the page it names.
func TestEvaluator_AWSExamples(t *testing.T) {
	t.Parallel()
	// IAM User Guide, Example of identity-based and resource-based policy evaluation.
	carlos := Principal{ARN: "arn:aws:iam::" + account + ":user/carlossalazar", Identity: policies(
		`{"Sid":"AllowS3ListRead","Effect":"Allow","Action":["s3:GetBucketLocation","s3:ListAllMyBuckets"],"Resource":"arn:aws:s3:::*"}`,
		`{"Sid":"AllowS3Self","Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::carlossalazar/*","arn:aws:s3:::carlossalazar"]}`,
		`{"Sid":"DenyS3Logs","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::*log*"}`,
	)}
	logs := &Policy{"logs", document(`{"Effect":"Allow","Principal":{"AWS":"` + carlos.ARN + `"},"Action":"s3:*",
		"Resource":["arn:aws:s3:::carlossalazar-logs/*","arn:aws:s3:::carlossalazar-logs"]}`)}

	// IAM User Guide, Permissions boundaries for IAM entities, Shirley.
	shirley := Principal{
		ARN:      "arn:aws:iam::" + account + ":user/ShirleyRodriguez",
		Identity: policies(`{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"}`),
		Boundary: &Policy{"boundary", document(`{"Effect":"Allow","Action":["s3:*","cloudwatch:*","ec2:*"],"Resource":"*"}`)},
	}
	// A role whose boundary does not have S3.
	bounded := Principal{ARN: role, Boundary: &Policy{"boundary", document(`{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`)}}
	granting := func(principal string) *Policy {
		return &Policy{"bucket", document(`{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"s3:GetObject","Resource":"` + object + `"}`)}
	}
	reader := Principal{ARN: role, Identity: policies(allowS3)}

	// AWS Organizations User Guide, Deny access to AWS based on the requested AWS Region.
	europe := full(Level{account, []Policy{{"europe", document(`{"Sid":"DenyAllOutsideEU","Effect":"Deny",
		"NotAction":["iam:*","organizations:*","sts:*","support:*"],"Resource":"*","Condition":{
		"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","eu-west-1"]},
		"ArnNotLike":{"aws:PrincipalARN":["arn:aws:iam::*:role/Role1AllowedToBypassThisSCP","arn:aws:iam::*:role/Role2AllowedToBypassThisSCP"]}}}`)}}})
	administrator := func(arn string, scps []Level) Principal {
		return Principal{ARN: arn, Identity: policies(all), SCPs: scps}
	}
	bypass := "arn:aws:iam::" + account + ":role/Role1AllowedToBypassThisSCP"
	project := "arn:aws:codebuild:us-east-1:" + account + ":project/p"

	// AWS KMS Developer Guide, Default key policy.
	delegating := &Policy{"key", document(`{"Sid":"Enable IAM policies","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"}`)}
	// One that names an administrator only.
	closed := &Policy{"key", document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:role/KeyAdmin"},"Action":"kms:*","Resource":"*"}`)}
	decrypting := Principal{ARN: role, Identity: policies(`{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + key + `"}`)}

	// Amazon S3 User Guide, Managing access based on HTTP or HTTPS requests.
	tls := &Policy{"bucket", document(`{"Sid":"RestrictToTLSRequestsOnly","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::amzn-s3-demo-bucket","arn:aws:s3:::amzn-s3-demo-bucket/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`)}

	// IAM User Guide, The confused deputy problem, Cross-service prevention.
	serviceTrust := &Policy{"trust", document(`{"Effect":"Allow","Principal":{"Service":"codebuild.amazonaws.com"},"Action":"sts:AssumeRole",
		"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:codebuild:us-east-1:` + account + `:project/*"},"StringEquals":{"aws:SourceAccount":"` + account + `"}}}`)}
	userTrust := &Policy{"trust", document(`{"Effect":"Allow","Principal":{"AWS":"` + carlos.ARN + `"},"Action":"sts:AssumeRole"}`)}
	// IAM User Guide, Create a role for OpenID Connect federation, Configuring a role for GitHub OIDC identity provider.
	const provider = "arn:aws:iam::" + account + ":oidc-provider/token.actions.githubusercontent.com"
	githubTrust := &Policy{"trust", document(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com",
		"token.actions.githubusercontent.com:sub":"repo:GitHubOrg/GitHubRepo:ref:refs/heads/GitHubBranch"}}}`)}
	github := func(ref string) map[string]string {
		return map[string]string{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:GitHubOrg/GitHubRepo:ref:refs/heads/" + ref}
	}
	// IAM User Guide, Grant a user permissions to pass a role to an AWS service.
	passer := Principal{ARN: role, Identity: policies(`{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::` + account + `:role/EC2-roles-for-XYZ-*",
		"Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`)}
	passed := "arn:aws:iam::" + account + ":role/EC2-roles-for-XYZ-1"
	// IAM User Guide, IAM JSON policy elements: Condition operators.
	unless := func(operator, value string) *Policy {
		return &Policy{"topic", document(`{"Sid":"AllowEvents","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}`,
			`{"Sid":"Unless","Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"*","Condition":{"`+operator+`":{"aws:PrincipalArn":"`+value+`"}}}`)}
	}
	const topic = "arn:aws:sns:eu-west-2:" + account + ":topic"
	events := Principal{ARN: "events.amazonaws.com"}

	// Amazon CloudWatch Logs User Guide, Encrypt log data in CloudWatch Logs using AWS KMS.
	logsKey := &Policy{"key", document(`{"Sid":"Logs","Effect":"Allow","Principal":{"Service":"logs.eu-west-2.amazonaws.com"},
		"Action":["kms:Encrypt*","kms:Decrypt*","kms:ReEncrypt*","kms:GenerateDataKey*","kms:Describe*"],"Resource":"*",
		"Condition":{"ArnEquals":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:eu-west-2:` + account + `:log-group:group"}}}`)}
	group := func(name string) map[string]string {
		return map[string]string{"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-2:" + account + ":log-group:" + name}
	}

	// IAM User Guide, Identify AWS resources with ARNs, Incorrect wildcard usage.
	reads := func(resource string) Principal {
		return Principal{ARN: role, Identity: policies(`{"Sid":"Reads","Effect":"Allow","Action":["iam:GetUser","codepipeline:PutApprovalResult"],"Resource":"` + resource + `"}`)}
	}
	user := "arn:aws:iam::" + account + ":user/u"
	approval := "arn:aws:codepipeline:eu-west-2:" + account + ":api-gate/Approve/Approve"

	const (
		logic      = "IAM: Policy evaluation logic"
		example    = "IAM: Example of identity-based and resource-based policy evaluation"
		boundaries = "IAM: Permissions boundaries for IAM entities"
		cross      = "IAM: Cross-account policy evaluation logic"
		scps       = "Organizations: SCP evaluation"
		region     = "Organizations: Deny access to AWS based on the requested AWS Region"
		kms        = "KMS: Default key policy"
		logGroup   = "CloudWatch Logs: Encrypt log data using AWS KMS"
		http       = "S3: Managing access based on HTTP or HTTPS requests"
		deputy     = "IAM: The confused deputy problem"
		trust      = "IAM: Policies and permissions, role trust policies"
		oidc       = "IAM: Create a role for OpenID Connect federation"
		wildcards  = "IAM: Identify AWS resources with ARNs"
		pipelines  = "CodePipeline: CodePipeline resources and operations"
		pass       = "IAM: Grant a user permissions to pass a role to an AWS service"
		operators  = "IAM: JSON policy elements, Condition operators"
	)
	cases := []struct {
		page, what string
		q          Question
		want       bool
		by         string // part of what decides
	}{
		{logic, "nothing allows", Question{Principal: Principal{ARN: role}, Action: "s3:GetObject", Resource: object}, false, "policy does not allow it"},
		{logic, "an identity policy allows", Question{Principal: reader, Action: "s3:GetObject", Resource: object}, true, "AllowS3"},
		{logic, "in one account a resource policy is enough", Question{Principal: Principal{ARN: role}, Action: "s3:GetObject", Resource: object, Policy: granting(role)}, true, "resource policy bucket"},
		{example, "Carlos puts into his bucket", Question{Principal: carlos, Action: "s3:PutObject", Resource: "arn:aws:s3:::carlossalazar/x"}, true, "AllowS3Self"},
		{example, "the bucket allows the logs, his own policy denies them", Question{Principal: carlos, Action: "s3:ListBucket", Resource: "arn:aws:s3:::carlossalazar-logs", Policy: logs}, false, "DenyS3Logs"},
		{boundaries, "the policy allows, the boundary does not", Question{Principal: shirley, Action: "iam:CreateUser", Resource: "arn:aws:iam::" + account + ":user/x"}, false, "boundary does not allow it"},
		{boundaries, "the boundary allows, the policy does not", Question{Principal: shirley, Action: "s3:GetObject", Resource: object}, false, "policy does not allow it"},
		{boundaries, "what a resource gives a role is limited by the boundary", Question{Principal: bounded, Action: "s3:GetObject", Resource: object, Policy: granting(role)}, false, "boundary"},
		{boundaries, "what it gives a session is not", Question{Principal: bounded, Action: "s3:GetObject", Resource: object, Policy: granting("arn:aws:sts::" + account + ":assumed-role/worker/session")}, true, "resource policy"},
		{cross, "another account's bucket and the own policy", Question{Principal: reader, Action: "s3:GetObject", Resource: object, Account: other, Policy: granting(role)}, true, ""},
		{cross, "another account's bucket alone", Question{Principal: Principal{ARN: role}, Action: "s3:GetObject", Resource: object, Account: other, Policy: granting(role)}, false, "policy does not allow it"},
		{cross, "the own policy alone", Question{Principal: reader, Action: "s3:GetObject", Resource: object, Account: other}, false, ""},
		{scps, "a level without an Allow", Question{Principal: administrator(role, []Level{{"r-root", policies(all)}, {account, nil}}), Action: "s3:GetObject", Resource: object}, false, "guardrail " + account + " does not allow it"},
		{scps, "an Allow at every level", Question{Principal: administrator(role, full(Level{Target: account})), Action: "s3:GetObject", Resource: object}, true, ""},
		{region, "outside", Question{Principal: administrator(role, europe), Action: "codebuild:StartBuild", Resource: project}, false, "DenyAllOutsideEU"},
		{region, "inside", Question{Principal: administrator(role, europe), Action: "codebuild:StartBuild", Resource: strings.Replace(project, "us-east-1", "eu-west-1", 1)}, true, ""},
		{region, "a role that may bypass it", Question{Principal: administrator(bypass, europe), Action: "codebuild:StartBuild", Resource: project}, true, ""},
		{region, "a service that it leaves out", Question{Principal: administrator(role, europe), Action: "iam:GetRole", Resource: role, Context: map[string]string{"aws:RequestedRegion": "us-east-1"}}, true, ""},
		{kms, "the key leaves it to IAM", Question{Principal: decrypting, Action: "kms:Decrypt", Resource: key, Policy: delegating}, true, ""},
		{kms, "and IAM gives nothing", Question{Principal: Principal{ARN: role}, Action: "kms:Decrypt", Resource: key, Policy: delegating}, false, ""},
		{kms, "IAM alone is not enough", Question{Principal: decrypting, Action: "kms:Decrypt", Resource: key, Policy: closed}, false, ""},
		{logGroup, "its own group", Question{Principal: Principal{ARN: "logs.eu-west-2.amazonaws.com"}, Action: "kms:Encrypt", Resource: key, Policy: logsKey, Context: group("group")}, true, "Logs"},
		{logGroup, "another group", Question{Principal: Principal{ARN: "logs.eu-west-2.amazonaws.com"}, Action: "kms:Encrypt", Resource: key, Policy: logsKey, Context: group("other")}, false, ""},
		{http, "over plain HTTP", Question{Principal: reader, Action: "s3:GetObject", Resource: object, Policy: tls, Context: map[string]string{"aws:SecureTransport": "false"}}, false, "RestrictToTLSRequestsOnly"},
		{http, "over HTTPS", Question{Principal: reader, Action: "s3:GetObject", Resource: object, Policy: tls}, true, ""},
		{deputy, "the service for a project", Question{Principal: Principal{ARN: "codebuild.amazonaws.com"}, Action: "sts:AssumeRole", Resource: role, Policy: serviceTrust, Context: map[string]string{"aws:SourceArn": project, "aws:SourceAccount": account}}, true, ""},
		{deputy, "the service for another account's", Question{Principal: Principal{ARN: "codebuild.amazonaws.com"}, Action: "sts:AssumeRole", Resource: role, Policy: serviceTrust, Context: map[string]string{"aws:SourceArn": strings.Replace(project, account, other, 1), "aws:SourceAccount": other}}, false, ""},
		{deputy, "another service", Question{Principal: Principal{ARN: "ec2.amazonaws.com"}, Action: "sts:AssumeRole", Resource: role, Policy: serviceTrust, Context: map[string]string{"aws:SourceArn": project, "aws:SourceAccount": account}}, false, ""},
		{trust, "whom the trust names", Question{Principal: carlos, Action: "sts:AssumeRole", Resource: role, Policy: userTrust}, true, ""},
		{trust, "an administrator whom it does not name", Question{Principal: administrator(bypass, nil), Action: "sts:AssumeRole", Resource: role, Policy: userTrust}, false, ""},
		{oidc, "the branch", Question{Principal: Principal{ARN: provider}, Action: "sts:AssumeRoleWithWebIdentity", Resource: role, Policy: githubTrust, Context: github("GitHubBranch")}, true, ""},
		{oidc, "another branch", Question{Principal: Principal{ARN: provider}, Action: "sts:AssumeRoleWithWebIdentity", Resource: role, Policy: githubTrust, Context: github("other")}, false, ""},
		{wildcards, "of a name", Question{Principal: reads("arn:aws:iam::" + account + ":user/*"), Action: "iam:GetUser", Resource: user}, true, "Reads"},
		{wildcards, "of a resource's type", Question{Principal: reads("arn:aws:iam::" + account + ":u*/u"), Action: "iam:GetUser", Resource: user}, false, ""},
		{pipelines, "the name of a pipeline is no type", Question{Principal: reads("arn:aws:codepipeline:eu-west-2:" + account + ":*-gate/Approve/*"), Action: "codepipeline:PutApprovalResult", Resource: approval}, true, "Reads"},
		{pipelines, "of another pipeline", Question{Principal: reads("arn:aws:codepipeline:eu-west-2:" + account + ":*-fate/Approve/*"), Action: "codepipeline:PutApprovalResult", Resource: approval}, false, ""},
		{pass, "to the service", Question{Principal: passer, Action: "iam:PassRole", Resource: passed, Context: map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}}, true, ""},
		{pass, "to another service", Question{Principal: passer, Action: "iam:PassRole", Resource: passed, Context: map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}}, false, ""},
		{operators, "ArnNotLike is true of an absent key", Question{Principal: events, Action: "sns:Publish", Resource: topic, Policy: unless("ArnNotLike", role)}, false, "Unless"},
		{operators, "ArnNotLikeIfExists too", Question{Principal: events, Action: "sns:Publish", Resource: topic, Policy: unless("ArnNotLikeIfExists", role)}, false, "Unless"},
		{operators, "StringLike is false of an absent key", Question{Principal: events, Action: "sns:Publish", Resource: topic, Policy: unless("StringLike", "*")}, true, "AllowEvents"},
		{operators, "each part of an ARN is matched by itself", Question{Principal: administrator(role, nil), Action: "sns:Publish", Resource: topic, Policy: unless("ArnLike", "arn:aws:iam::*:worker")}, true, ""},
		{operators, "* in a part goes over slashes", Question{Principal: administrator(role, nil), Action: "sns:Publish", Resource: topic, Policy: unless("ArnLike", "arn:aws:iam::*:role/*")}, false, "Unless"},
	}
	questions := make([]Question, len(cases))
	for i, c := range cases {
		questions[i] = c.q
		if c.q.Account == "" {
			questions[i].Account = account
		}
	}
	verdicts, err := start(t).Ask(t.Context(), questions...)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if v := verdicts[i]; v.Allowed != c.want || !strings.Contains(v.By, c.by) {
			t.Errorf("%s, %s: %s: allowed %t by %q, want %t by %q", c.page, c.what, c.q, v.Allowed, v.By, c.want, c.by)
		}
	}
}

// TestEvaluator_RejectInvalidQuestions: an invalid question is an error, not a denial.
func TestEvaluator_RejectInvalidQuestions(t *testing.T) {
	t.Parallel()
	e := start(t)
	for want, q := range map[string]Question{
		"invalid.action":    {Action: "s3:PutEverything", Resource: object},
		"invalid.service":   {Action: "s4:PutObject", Resource: object},
		"no.resource.types": {Action: "s3:PutObject", Resource: "arn:aws:s3:::amzn-s3-demo-bucket"},
		"must.use.wildcard": {Action: "ecr:GetAuthorizationToken", Resource: "arn:aws:ecr:eu-west-2:" + account + ":repository/r"},
		"is a pattern":      {Action: "s3:PutObject", Resource: "arn:aws:s3:::amzn-s3-demo-bucket/*"},
		"no context key iam:PassedToService": {Action: "s3:PutObject", Resource: object,
			Context: map[string]string{"iam:PassedToService": "ec2.amazonaws.com"}},
		"identityPolicyErrors": {Action: "s3:PutObject", Resource: object,
			Principal: Principal{ARN: role, Identity: policies(`{"Effect":"Allow","Action":"s3:*"}`)}},
	} {
		if q.Principal.ARN == "" {
			q.Principal = Principal{ARN: role}
		}
		q.Account = account
		_, err := e.Ask(t.Context(), q)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", q, err, want)
		}
	}
	// It goes on afterwards.
	if _, err := e.Ask(t.Context(), Question{Principal: Principal{ARN: role}, Action: "s3:GetObject", Resource: object, Account: account}); err != nil {
		t.Error(err)
	}
}

func TestEvaluator_Check(t *testing.T) {
	t.Parallel()
	e := start(t)
	for name, c := range map[string]struct {
		kind      Kind
		statement string
		want      string // part of the one problem; empty for none
	}{
		"good":                       {Identity, `{"Sid":"S","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*"],"Condition":{"StringEquals":{"aws:PrincipalArn":"x"}}}`, ""},
		"no such action":             {Identity, `{"Sid":"S","Effect":"Deny","Action":"ecr:PutPicture","Resource":"*"}`, "ecr:PutPicture: no such action"},
		"no such service":            {Identity, `{"Sid":"S","Effect":"Allow","Action":"codestar:X","Resource":"*"}`, "no such action"},
		"of another type":            {Identity, `{"Sid":"S","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*"}`, "s3:ListBucket: arn:aws:s3:::b/* is of no resource type of it"},
		"two actions of two types":   {Identity, `{"Sid":"S","Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`, ""},
		"a resource of no action":    {Identity, `{"Sid":"S","Effect":"Allow","Action":"s3:ListBucket","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}`, "S: arn:aws:s3:::b/* is of no resource type of its actions"},
		"no such key":                {Identity, `{"Sid":"S","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"ecs:CreateAction":"x"}}}`, "no condition key ecs:CreateAction"},
		"a key with a part":          {Resource, `{"Sid":"S","Effect":"Allow","Principal":{"Service":"x"},"Action":"kms:Decrypt","Resource":"*","Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"x"}}}`, ""},
		"a pattern of actions":       {Resource, `{"Sid":"S","Effect":"Allow","Principal":{"Service":"x"},"Action":"kms:ReEncrypt*","Resource":"*"}`, ""},
		"a key of one of a pattern":  {Resource, `{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:TlsVersion":"1.2"}}}`, ""},
		"a key of none of a pattern": {Resource, `{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"ecs:cluster":"1.2"}}}`, "no condition key ecs:cluster"},
		"all but some":               {SCP, `{"Sid":"S","Effect":"Deny","NotAction":["iam:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"x"}}}`, ""},
		"all but what is not":        {SCP, `{"Sid":"S","Effect":"Deny","NotAction":["ima:*"],"Resource":"*"}`, "ima:*: no such action"},
		"not a policy":               {Identity, `{"Sid":"S","Effect":"Allow","Action":"s3:GetObject"}`, "Resource"},
		"a claim":                    {Trust, `{"Sid":"S","Effect":"Allow","Principal":{"Federated":"x"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:sub":"x"}}}`, ""},
		"another claim":              {Trust, `{"Sid":"S","Effect":"Allow","Principal":{"Federated":"x"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:subject":"x"}}}`, "no condition key"},
	} {
		problems, err := e.Check(t.Context(), c.kind, document(c.statement))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := fmt.Sprint(problems); (c.want == "") != (len(problems) == 0) || !strings.Contains(text, c.want) {
			t.Errorf("%s: %v, want %q", name, problems, c.want)
		}
	}
}

func TestEvaluator_ResourcesFor(t *testing.T) {
	t.Parallel()
	e := start(t)
	for action, want := range map[string]string{
		"s3:PutObject":              "[" + object + "]",
		"s3:PutBucketPolicy":        "[arn:aws:s3:::amzn-s3-demo-bucket]",
		"ecr:GetAuthorizationToken": "[*]",
		"kms:Decrypt":               "[]",
	} {
		got, err := e.ResourcesFor(t.Context(), action, "arn:aws:s3:::amzn-s3-demo-bucket", object)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s is made on %v (%v), want %s", action, got, err, want)
		}
	}
	if got, err := e.ResourcesFor(t.Context(), "s3:PutObject"); err != nil || len(got) != 0 {
		t.Errorf("of no resources, it is made on %v (%v)", got, err)
	}
	if _, err := e.ResourcesFor(t.Context(), "s3:PutEverything", object); err == nil {
		t.Error("an action that does not exist is made on something")
	}
}

func TestDocument_Parse(t *testing.T) {
	t.Parallel()
	d, err := Parse(document(`{"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"`+object+`"}`,
		`{"Sid":"B","Effect":"Allow","Action":"s3:DeleteObject","Resource":"`+object+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	e := start(t)
	for name, c := range map[string]struct {
		document string
		want     string // of GetObject, PutObject, DeleteObject
	}{
		"as it is":               {d.json(), "true true true"},
		"without a statement":    {d.Without(0), "false false true"},
		"without an action":      {d.WithoutAction(0, "s3:PutObject"), "true false true"},
		"without an only action": {d.WithoutAction(1, "s3:DeleteObject"), "true true false"},
		"as it is, afterwards":   {d.json(), "true true true"},
	} {
		var questions []Question
		for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} {
			questions = append(questions, Question{Action: action, Resource: object, Account: account,
				Principal: Principal{ARN: role, Identity: []Policy{{"policy", c.document}}}})
		}
		verdicts, err := e.Ask(t.Context(), questions...)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(verdicts[0].Allowed, verdicts[1].Allowed, verdicts[2].Allowed); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if _, err := Parse(document(`{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}`)); err == nil {
		t.Error("NotAction is lost")
	}
}
