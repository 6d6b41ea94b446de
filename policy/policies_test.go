package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// The resources of the gate that the cases change.
var (
	provider     = [2]string{"pulumi:providers:aws", "workload"}
	organization = [2]string{"pulumi:providers:aws", "organization"}
	iamsRegion   = [2]string{"pulumi:providers:aws", "gate-global"}
	permission   = [2]string{"aws:iam/policy:Policy", "gate-api-build"}
	role         = [2]string{"aws:iam/role:Role", "gate-api-build"}
	attachment   = [2]string{"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "gate-api-build"}
	pipeline     = [2]string{"aws:codepipeline/pipeline:Pipeline", "gate-api"}
	project      = [2]string{"aws:codebuild/project:Project", "gate-api-build"}
	repository   = [2]string{"aws:ecr/repository:Repository", "gate-api"}
	boundary     = [2]string{"aws:iam/policy:Policy", "gate-boundary-recorder"}
	onlyThese    = [2]string{"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "gate-api-build"}
	noInline     = [2]string{"aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", "gate-api-build"}
	protection   = [2]string{protectionType, "gate-web-prod"}
	ruleset      = [2]string{rulesetType, "gate-web-only-main"}
)

// change is a case: a resource of the gate with one value changed, and a part of the finding
// that it causes; empty for no finding.
type change struct {
	of    [2]string
	path  string
	to    any
	finds string
}

var changes = map[string]map[string]change{
	"region-and-account": {
		"a provider of another region":    {provider, "region", "us-east-1", `region is "us-east-1"; set it to "eu-west-2"`},
		"the provider of IAM's events":    {iamsRegion, "region", "eu-west-2", `region is "eu-west-2"; set it to "us-east-1"`},
		"a provider without a region":     {provider, "region", nil, `region is not set; set it to "eu-west-2"`},
		"a provider of any account":       {provider, "allowedAccountIds", nil, `allowedAccountIds is not set; set it to ["111111111111"]`},
		"a provider of another account":   {provider, "allowedAccountIds", list{"222222222222"}, `allowedAccountIds is ["222222222222"]`},
		"a provider of one account more":  {provider, "allowedAccountIds", list{"111111111111", "222222222222"}, "allowedAccountIds is"},
		"a provider of no account":        {provider, "allowedAccountIds", list{}, "allowedAccountIds is []"},
		"the engine's JSON of the list":   {provider, "allowedAccountIds", `["111111111111"]`, ""},
		"the engine's JSON of another":    {provider, "allowedAccountIds", `["222222222222"]`, `allowedAccountIds is ["222222222222"]`},
		"an account that is a secret":     {provider, "allowedAccountIds", secret(`["222222222222"]`), "allowedAccountIds is a secret"},
		"an account that is not known":    {provider, "allowedAccountIds", list{unknown}, ""},
		"a provider with another setting": {provider, "maxRetries", 3.0, ""},
		"the organization's, of another":  {organization, "allowedAccountIds", list{"111111111111"}, `set it to ["999999999999"]`},
		"the organization's, as another":  {organization, "assumeRole", object{"roleArn": "arn:aws:iam::999999999999:role/admin"}, `set it to ["111111111111"]`},
		"the organization's, previewing":  {organization, "assumeRole", object{"roleArn": "arn:aws:iam::999999999999:role/guardrails-preview"}, ""},
		"the organization's, as itself":   {organization, "assumeRole", nil, `set it to ["111111111111"]`},
		"the engine's JSON of its role":   {organization, "assumeRole", `{"roleArn":"arn:aws:iam::999999999999:role/guardrails"}`, ""},
		"the engine's JSON of another's":  {organization, "assumeRole", `{"roleArn":"arn:aws:iam::999999999999:role/admin"}`, `set it to ["111111111111"]`},
	},
	"no-iam-wildcard": {
		"every action":                             {permission, "policy", allow(`"Action": "*", "Resource": "arn:aws:s3:::b"`), "statement 1 allows *; name the actions"},
		"every action of a service":                {permission, "policy", allow(`"Action": ["s3:GetObject", "s3:*"], "Resource": "arn:aws:s3:::b/k"`), "statement 1 allows s3:*; name"},
		"a pattern of actions":                     {permission, "policy", allow(`"Action": "iam:?*", "Resource": "arn:aws:iam::111111111111:role/r"`), "allows iam:?*"},
		"a pattern that is unavoidable in a key":   {permission, "policy", allow(`"Action": "kms:ReEncrypt*", "Resource": "arn:aws:kms:eu-west-2:111111111111:key/k"`), "allows kms:ReEncrypt*"},
		"every resource":                           {permission, "policy", allow(`"Action": "s3:GetObject", "Resource": "*"`), "statement 1 allows s3:GetObject on every resource; name the resources"},
		"every resource, beside one":               {permission, "policy", allow(`"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/k", "*"]`), "on every resource"},
		"every resource of a service":              {permission, "policy", allow(`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::*"`), "on every resource"},
		"every resource, in parts":                 {permission, "policy", allow(`"Action": "s3:GetObject", "Resource": "arn:*"`), "on every resource"},
		"every service's resource":                 {permission, "policy", allow(`"Action": "s3:GetObject", "Resource": "arn:aws:*:*:*:b"`), "on every resource"},
		"an unavoidable wildcard":                  {permission, "policy", allow(`"Action": "ecr:GetAuthorizationToken", "Resource": "*"`), ""},
		"an unavoidable wildcard, in other cases":  {permission, "policy", allow(`"Action": "ECR:getauthorizationtoken", "Resource": "*"`), ""},
		"an unavoidable wildcard and another":      {permission, "policy", allow(`"Action": ["ecr:GetAuthorizationToken", "ecr:PutImage"], "Resource": "*"`), "allows ecr:PutImage on every"},
		"an unavoidable wildcard of keys":          {permission, "policy", allow(`"Action": "kms:Decrypt", "Resource": "*"`), "allows kms:Decrypt on every"},
		"a folder of a bucket":                     {permission, "policy", allow(`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/folder/*"`), ""},
		"all but some actions":                     {permission, "policy", allow(`"NotAction": "iam:*", "Resource": "arn:aws:s3:::b"`), "statement 1 allows every action except those in NotAction"},
		"all but no actions":                       {permission, "policy", allow(`"NotAction": [], "Resource": "arn:aws:s3:::b"`), "statement 1 allows every action except those in NotAction"},
		"all but some resources":                   {permission, "policy", allow(`"Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b"`), "allows every resource except those in NotResource"},
		"a statement with a Sid":                   {permission, "policy", allow(`"Sid": "Everything", "Action": "s3:*", "Resource": "arn:aws:s3:::b"`), "statement Everything allows s3:*"},
		"a statement that denies everything":       {permission, "policy", `{"Statement": [{"Effect": "Deny", "NotAction": "*", "Resource": "*"}]}`, ""},
		"one statement that is no list":            {permission, "policy", `{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}}`, "allows s3:*"},
		"a document that is no JSON":               {permission, "policy", `Statement: []`, "cannot be read; write it as JSON"},
		"a document that is not known yet":         {permission, "policy", unknown, ""},
		"a document that is secret":                {permission, "policy", secret(allow(`"Action": "s3:*", "Resource": "arn:aws:s3:::b"`)), "allows s3:*"},
		"everybody is trusted":                     {role, "assumeRolePolicy", allow(`"Action": "sts:AssumeRole", "Principal": "*"`), "statement 1 trusts everybody; name the one"},
		"everybody of AWS is trusted":              {role, "assumeRolePolicy", allow(`"Action": "sts:AssumeRole", "Principal": {"AWS": "*"}`), "trusts everybody"},
		"everybody is trusted, in a list":          {role, "assumeRolePolicy", allow(`"Action": "sts:AssumeRole", "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "*"]}`), "trusts everybody"},
		"all but some are trusted":                 {role, "assumeRolePolicy", allow(`"Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:root"}`), "trusts everybody"},
		"a trust of every action":                  {role, "assumeRolePolicy", allow(`"Action": "sts:*", "Principal": {"Service": "codebuild.amazonaws.com"}`), "allows sts:*"},
		"one service is trusted":                   {role, "assumeRolePolicy", allow(`"Action": "sts:AssumeRole", "Principal": {"Service": ["codebuild.amazonaws.com"]}`), ""},
		"an inline policy of a role":               {role, "inlinePolicies", list{object{"name": "p", "policy": `{}`}}, "it is an inline policy"},
		"an empty one, which takes others away":    {role, "inlinePolicies", list{object{}}, ""},
		"a role of administrators":                 {role, "managedPolicyArns", list{"arn:aws:iam::aws:policy/AdministratorAccess"}, "AdministratorAccess allows everything of a service; attach"},
		"an attachment of administrators":          {attachment, "policyArn", "arn:aws-us-gov:iam::aws:policy/AdministratorAccess", "allows everything of a service"},
		"an attachment of all of a service":        {attachment, "policyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess", "allows everything of a service"},
		"an attachment of a policy of one's own":   {attachment, "policyArn", "arn:aws:iam::111111111111:policy/NoFullAccess", ""},
		"an attachment of a service's own reading": {attachment, "policyArn", "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole", ""},
		"an attachment of a boundary":              {attachment, "policyArn", "arn:aws:iam::111111111111:policy/prodgate/boundary/b", "is a permission boundary, which must not be attached; attach"},
		"a role of a boundary":                     {role, "managedPolicyArns", list{"arn:aws:iam::111111111111:policy/boundary/b"}, "is a permission boundary, which must not be attached"},
		"a lasting attachment of administrators":   {onlyThese, "policyArns", list{"arn:aws:iam::aws:policy/AdministratorAccess"}, "allows everything of a service"},
		"a lasting attachment of a boundary":       {onlyThese, "policyArns", list{"arn:aws:iam::111111111111:policy/prodgate/boundary/b"}, "is a permission boundary, which must not be attached"},
		"no attachment at all":                     {onlyThese, "policyArns", list{}, ""},
		"an inline policy that is left":            {noInline, "policyNames", list{"p"}, `it leaves the inline policies ["p"], which AWS Config does not evaluate; leave policyNames empty`},
		"every read of a service in a boundary":    {boundary, "policy", allow(`"Action": "s3:Get*", "Resource": "arn:aws:s3:::b"`), "allows s3:Get*; name the actions"},
		"a read of AWS Config's in a boundary":     {boundary, "policy", allow(`"Action": "s3:GetBucket*", "Resource": "*"`), ""},
		"a read of AWS Config's in a role":         {permission, "policy", allow(`"Action": "s3:GetBucket*", "Resource": "arn:aws:s3:::b"`), "allows s3:GetBucket*; name the actions"},
		"every action in a boundary":               {boundary, "policy", allow(`"Action": "*", "Resource": "arn:aws:s3:::b"`), "allows *; name"},
		"a wildcard service in a boundary":         {boundary, "policy", allow(`"Action": "s3:PutObject", "Resource": "arn:aws:*:*:*:b"`), "allows s3:PutObject on every resource"},
		"a write of a service in a boundary":       {boundary, "policy", allow(`"Action": "s3:Put*", "Resource": "arn:aws:s3:::b"`), "allows s3:Put*"},
		"a policy of a path not known yet":         {boundary, "path", unknown, ""},
	},
	"bounded-role": {
		"a role without a boundary":           {role, "permissionsBoundary", nil, "it has no permission boundary; set permissionsBoundary"},
		"a role with an empty boundary":       {role, "permissionsBoundary", "", "it has no permission boundary"},
		"a boundary of AWS's":                 {role, "permissionsBoundary", "arn:aws:iam::aws:policy/PowerUserAccess", "is not a policy whose path ends with /boundary/; set"},
		"a policy that gives as the boundary": {role, "permissionsBoundary", "arn:aws:iam::111111111111:policy/prodgate/build/p", "is not a policy whose path ends with /boundary/"},
		"a boundary that is not known yet":    {role, "permissionsBoundary", unknown, ""},
		"a boundary of a stack's":             {role, "permissionsBoundary", "arn:aws:iam::111111111111:policy/prodgate/boundary/prodgate-build-boundary", ""},
	},
	"prod-pipeline": {
		"a pipeline of the first version":       {pipeline, "pipelineType", "V1", `pipelineType is "V1"; set it to "V2"`},
		"a pipeline of the default version":     {pipeline, "pipelineType", nil, "pipelineType is not set"},
		"a pipeline that drops executions":      {pipeline, "executionMode", "SUPERSEDED", `executionMode is "SUPERSEDED"; set it to "QUEUED"`},
		"a pipeline that runs two at once":      {pipeline, "executionMode", "PARALLEL", `executionMode is "PARALLEL"`},
		"a pipeline without a trigger":          {pipeline, "triggers", nil, "it has 0 triggers; give it exactly one"},
		"a pipeline with two triggers":          {pipeline, "triggers", list{unknown, unknown}, "it has 2 triggers"},
		"a trigger of no pushes":                {pipeline, "triggers.0.gitConfiguration.pushes", list{}, "it has 0 push filters"},
		"a trigger of two filters":              {pipeline, "triggers.0.gitConfiguration.pushes", list{unknown, unknown}, "it has 2 push filters"},
		"a trigger of another branch":           {pipeline, "triggers.0.gitConfiguration.pushes.0.branches.includes", list{"main"}, `branches.includes of its push filter is ["main"]; set it to ["prod"]`},
		"a trigger of one branch more":          {pipeline, "triggers.0.gitConfiguration.pushes.0.branches.includes", list{"prod", "main"}, `push filter is ["prod" "main"]; set`},
		"a trigger of a pattern of branches":    {pipeline, "triggers.0.gitConfiguration.pushes.0.branches.includes", list{"prod*"}, `push filter is ["prod*"]`},
		"a trigger of every branch":             {pipeline, "triggers.0.gitConfiguration.pushes.0.branches", nil, "push filter is not set"},
		"a trigger of tags":                     {pipeline, "triggers.0.gitConfiguration.pushes.0.tags", object{"includes": list{"v*"}}, "tags start it"},
		"a filter with an empty block of tags":  {pipeline, "triggers.0.gitConfiguration.pushes.0.tags", object{"includes": list{}}, ""},
		"a trigger of pull requests":            {pipeline, "triggers.0.gitConfiguration.pullRequests", list{object{"events": list{"OPEN"}}}, "pull requests start it"},
		"a trigger of other paths":              {pipeline, "triggers.0.gitConfiguration.pushes.0.filePaths", object{"includes": list{"web/**"}}, ""},
		"a source that detects changes":         {pipeline, "stages.0.actions.0.configuration.DetectChanges", "true", `DetectChanges is "true"; set it to "false"`},
		"a source that detects by default":      {pipeline, "stages.0.actions.0.configuration.DetectChanges", nil, "DetectChanges is not set"},
		"a source of another branch":            {pipeline, "stages.0.actions.0.configuration.BranchName", "main", `BranchName is "main"; set it to "prod"`},
		"a source whose settings are not known": {pipeline, "stages.0.actions.0.configuration", unknown, ""},
	},
	"inline-buildspec": {
		"a build from the repository's file":   {project, "source.buildspec", nil, "its buildspec is not inline"},
		"an empty buildspec":                   {project, "source.buildspec", "", "its buildspec is not inline"},
		"the name of a file":                   {project, "source.buildspec", "buildspec.yml", "its buildspec is not inline: whoever can write to the repository or the bucket can change it; set source.buildspec"},
		"a path":                               {project, "source.buildspec", "ci/build: prod.yaml", "its buildspec is not inline"},
		"an object in S3":                      {project, "source.buildspec", "arn:aws:s3:::bucket/buildspec.yml", "its buildspec is not inline"},
		"a buildspec in YAML":                  {project, "source.buildspec", "version: 0.2\nphases:\n  build:\n    commands: [make]\n", ""},
		"a buildspec in JSON":                  {project, "source.buildspec", `{"version": "0.2", "phases": {"build": {"commands": ["make"]}}}`, ""},
		"a project with another name of queue": {project, "queuedTimeout", 5.0, ""},
	},
	"no-plain-secret": {
		"an access key by its name":           {project, "environment.environmentVariables", variable("AWS_SECRET_ACCESS_KEY", "x", "PLAINTEXT"), `the environment variable "AWS_SECRET_ACCESS_KEY" looks like a credential in plain text; keep it`},
		"an access key's id":                  {project, "environment.environmentVariables", variable("AWS_ACCESS_KEY_ID", "x", "PLAINTEXT"), "looks like a credential"},
		"a password of the default type":      {project, "environment.environmentVariables", variable("dbPassword", "x", nil), "looks like a credential"},
		"a token by its value":                {project, "environment.environmentVariables", variable("UPSTREAM", "ghp_0123456789", "PLAINTEXT"), "looks like a credential"},
		"an access key by its value":          {project, "environment.environmentVariables", variable("WHO", "AKIAIOSFODNN7EXAMPLE", "PLAINTEXT"), "looks like a credential"},
		"a private key":                       {project, "environment.environmentVariables", variable("PEM", "-----BEGIN PRIVATE KEY-----", "PLAINTEXT"), "looks like a credential"},
		"a secret of the program's":           {project, "environment.environmentVariables", variable("PLAIN", secret("x"), "PLAINTEXT"), "looks like a credential"},
		"a password in Secrets Manager":       {project, "environment.environmentVariables", variable("DB_PASSWORD", "db", "SECRETS_MANAGER"), ""},
		"a variable that says where one is":   {project, "environment.environmentVariables", variable("SECRET_ARN", "arn:x", "PLAINTEXT"), ""},
		"a variable whose type is not known":  {project, "environment.environmentVariables", variable("DB_PASSWORD", "db", unknown), ""},
		"variables that are not known":        {project, "environment.environmentVariables", unknown, ""},
		"a variable whose name is not known":  {project, "environment.environmentVariables", variable(unknown, "x", "PLAINTEXT"), ""},
		"a variable whose value is not known": {project, "environment.environmentVariables", variable("IMAGE", unknown, "PLAINTEXT"), ""},
		"a credential whose value is unknown": {project, "environment.environmentVariables", variable("TOKEN", unknown, "PLAINTEXT"), "looks like a credential"},
		"a passphrase":                        {project, "environment.environmentVariables", variable("GPG_PASSPHRASE", "x", "PLAINTEXT"), "looks like a credential"},
		"a token of another issuer":           {project, "environment.environmentVariables", variable("UPSTREAM", "glpat-0123456789", "PLAINTEXT"), "looks like a credential"},
		"a JSON web token":                    {project, "environment.environmentVariables", variable("WHO", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x", "PLAINTEXT"), "looks like a credential"},
		"a URL with a password":               {project, "environment.environmentVariables", variable("PIP_INDEX_URL", "https://build:x@pypi.example/simple", "PLAINTEXT"), "looks like a credential"},
		"a URL without one":                   {project, "environment.environmentVariables", variable("PIP_INDEX_URL", "https://pypi.example/simple@2", "PLAINTEXT"), ""},
		"a password in Parameter Store":       {project, "environment.environmentVariables", variable("DB_PASSWORD", "/db", "PARAMETER_STORE"), ""},
		"the names of secrets":                {project, "environment.environmentVariables", variable("BUILD_SECRETS", "TOKEN PASSWORD", "PLAINTEXT"), ""},
	},
	"immutable-registry": {
		"tags that move":                   {repository, "imageTagMutability", "MUTABLE", `imageTagMutability is "MUTABLE"; set it to "IMMUTABLE"`},
		"tags that move by default":        {repository, "imageTagMutability", nil, "imageTagMutability is not set"},
		"no scan":                          {repository, "imageScanningConfiguration.scanOnPush", false, "imageScanningConfiguration.scanOnPush is false; set it to true"},
		"no scan by default":               {repository, "imageScanningConfiguration", nil, "imageScanningConfiguration.scanOnPush is not set"},
		"another encryption":               {repository, "encryptionConfigurations.0.encryptionType", "AES256", `encryptionType is "AES256"; set it to "KMS"`},
		"another encryption by default":    {repository, "encryptionConfigurations", nil, "it has 0 encryption configurations"},
		"the key of AWS's":                 {repository, "encryptionConfigurations.0.kmsKey", nil, "kmsKey is not set, which means the AWS managed key: no policy of the stack limits who uses it; set it"},
		"a key that is not known yet":      {repository, "encryptionConfigurations.0.kmsKey", unknown, ""},
		"an encryption that is not known":  {repository, "encryptionConfigurations", unknown, ""},
		"a repository that may be deleted": {repository, "forceDelete", true, ""},
	},
	"protected-branch": {
		"administrators are let through":            {protection, "enforceAdmins", false, "enforceAdmins is false; set it to true"},
		"administrators are let through by default": {protection, "enforceAdmins", nil, "enforceAdmins is not set"},
		"force pushes":                     {protection, "allowsForcePushes", true, "allowsForcePushes is true; set it to false"},
		"no force pushes by default":       {protection, "allowsForcePushes", nil, ""},
		"force pushes of one":              {protection, "forcePushBypassers", list{"/someone"}, `["/someone"] may force-push; leave`},
		"deletion":                         {protection, "allowsDeletions", true, "allowsDeletions is true; set it to false"},
		"no reviews":                       {protection, "requiredPullRequestReviews", nil, "it has 0 review rules; give it exactly one"},
		"a review rule that asks for none": {protection, "requiredPullRequestReviews.0.requiredApprovingReviewCount", 0.0, "requiredApprovingReviewCount is 0; set it to 1"},
		"a review rule that does not say":  {protection, "requiredPullRequestReviews.0.requiredApprovingReviewCount", nil, "requiredApprovingReviewCount is not set"},
		"somebody who needs no review":     {protection, "requiredPullRequestReviews.0.pullRequestBypassers", list{"/someone"}, "may push without a review"},
		"no status checks":                 {protection, "requiredStatusChecks", list{}, "it has 0 status check rules"},
		"status checks of an older prod":   {protection, "requiredStatusChecks.0.strict", false, "strict is false; set it to true"},
		"commits of anybody's":             {protection, "requireSignedCommits", false, "requireSignedCommits is false; set it to true"},
		"open conversations":               {protection, "requireConversationResolution", nil, "requireConversationResolution is not set"},
		"code owners who are not asked":    {protection, "requiredPullRequestReviews.0.requireCodeOwnerReviews", false, "requireCodeOwnerReviews is false"},
		"a pusher who may approve":         {protection, "requiredPullRequestReviews.0.requireLastPushApproval", nil, "requireLastPushApproval is not set"},
		"approvals that outlive a push":    {protection, "requiredPullRequestReviews.0.dismissStaleReviews", false, "dismissStaleReviews is false"},
		"any branch may be merged":         {protection, "requiredStatusChecks.0.contexts", list{"test"}, `contexts is ["test"]; add only-main`},
		"checks that are not known":        {protection, "requiredStatusChecks.0.contexts", unknown, ""},
		"whoever may write may merge":      {protection, "restrictPushes", nil, "it has 0 push restrictions"},
		"whoever may write may create it":  {protection, "restrictPushes.0.blocksCreations", false, "blocksCreations is false; set it to true"},
		"nobody may create it by default":  {protection, "restrictPushes.0.blocksCreations", nil, ""},
		"a ruleset that is switched off":   {ruleset, "enforcement", "disabled", `enforcement is "disabled"; set it to "active"`},
		"a ruleset of tags":                {ruleset, "target", "tag", `target is "tag"`},
		"a ruleset of another branch":      {ruleset, "conditions.refName.includes", list{"refs/heads/main"}, `includes of its conditions is ["refs/heads/main"]; set it to ["refs/heads/prod"]`},
		"a ruleset with an exception":      {ruleset, "bypassActors", list{object{"actorId": 5.0, "actorType": "RepositoryRole"}}, "bypassActors makes exceptions"},
		"a ruleset but for some branches":  {ruleset, "conditions.refName.excludes", list{"refs/heads/prod"}, "refName.excludes makes exceptions"},
		"a check of an older prod":         {ruleset, "rules.requiredStatusChecks.strictRequiredStatusChecksPolicy", false, "strictRequiredStatusChecksPolicy is false"},
		"a check of any app":               {ruleset, "rules.requiredStatusChecks.requiredChecks.0.integrationId", nil, "integrationId of only-main is not set; set it to 15368"},
		"a check of another app":           {ruleset, "rules.requiredStatusChecks.requiredChecks.0.integrationId", 7.0, "integrationId of only-main is 7"},
		"a ruleset of another check":       {ruleset, "rules.requiredStatusChecks.requiredChecks.0.context", "test", ""},
		"a branch that is not prod":        {protection, "pattern", "main", ""},
		"reviews that are not known":       {protection, "requiredPullRequestReviews", unknown, ""},
	},
}

// The types of values in cases.
type (
	list   []any
	object map[string]any
)

var unknown = property.New(property.Computed)

func secret(text string) property.Value { return property.New(text).WithSecret(true) }

func allow(rest string) string { return `{"Statement": [{"Effect": "Allow", ` + rest + `}]}` }

func variable(name, content, kind any) list {
	return list{object{"name": name, "value": content, "type": kind}}
}

func propertyOf(t testing.TB, of any) property.Value {
	t.Helper()
	switch of := of.(type) {
	case property.Value:
		return of
	case list:
		all := make([]property.Value, len(of))
		for i, element := range of {
			all[i] = propertyOf(t, element)
		}
		return property.New(all)
	case object:
		all := map[string]property.Value{}
		for key, element := range of {
			all[key] = propertyOf(t, element)
		}
		return property.New(all)
	}
	v, err := property.Any(of)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPolicies_OneChangeIsOneViolation(t *testing.T) {
	t.Parallel()
	all := gateResources(t)
	for _, p := range policies {
		if !slices.ContainsFunc(slices.Collect(maps.Values(changes[p.name])), func(c change) bool { return c.finds != "" }) {
			t.Errorf("nothing is a violation of %s", p.name)
		}
	}
	for policy, cases := range changes {
		for name, c := range cases {
			t.Run(policy+"/"+name, func(t *testing.T) {
				t.Parallel()
				got := listViolations(findResource(t, all, c.of[0], c.of[1]).with(t, c.path, propertyOf(t, c.to)))
				switch {
				case c.finds == "" && len(got) == 0:
				case c.finds != "" && len(got) == 1 && strings.HasPrefix(got[0], policy+": ") && strings.Contains(got[0], c.finds):
				default:
					t.Errorf("found %q\nwant %q", got, c.finds)
				}
			})
		}
	}
}

func TestPolicies_ForbiddenResources(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    resource
		want string
	}{
		"an inline policy of a role":  {resource{token: "aws:iam/rolePolicy:RolePolicy"}, "no-iam-wildcard: it is an inline policy"},
		"an inline policy of a user":  {resource{token: "aws:iam/userPolicy:UserPolicy"}, "no-iam-wildcard: it is an inline policy"},
		"an inline policy of a group": {resource{token: "aws:iam/groupPolicy:GroupPolicy"}, "no-iam-wildcard: it is an inline policy"},
		"the value of a secret":       {resource{token: "aws:secretsmanager/secretVersion:SecretVersion"}, "no-plain-secret: the value of the secret is in the stack's state"},
		"a webhook":                   {resource{token: "aws:codebuild/webhook:Webhook"}, "inline-buildspec: anybody who can open a pull request"},
		"the default provider":        {resource{token: provider[0], name: "default_6_83_2"}, "region-and-account: something uses the default provider of aws"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := listViolations(c.r); len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
				t.Errorf("found %q", got)
			}
		})
	}
}

// TestPolicies_AttachmentsOfAnyKind refuses AWS's administrators and a boundary however they are attached, and lets others be.
func TestPolicies_AttachmentsOfAnyKind(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/userPolicyAttachment:UserPolicyAttachment",
		"aws:iam/groupPolicyAttachment:GroupPolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment",
	} {
		for arn, want := range map[string]string{
			"arn:aws:iam::aws:policy/AdministratorAccess":             "no-iam-wildcard: arn:aws:iam::aws:policy/AdministratorAccess allows everything of a service",
			"arn:aws:iam::111111111111:policy/prodgate/boundary/most": "no-iam-wildcard: arn:aws:iam::111111111111:policy/prodgate/boundary/most is a permission boundary",
			"arn:aws:iam::111111111111:policy/prodgate/build/api":     "",
		} {
			t.Run(token+" "+arn, func(t *testing.T) {
				t.Parallel()
				got := listViolations(resource{value{propertyOf(t, object{"policyArn": arn})}, token, "somebody"})
				if len(got) > 1 || strings.Join(got, "") == "" != (want == "") || !strings.HasPrefix(strings.Join(got, ""), want) {
					t.Errorf("found %q", got)
				}
			})
		}
	}
}

func TestPolicies_MissingRegionOrAccount(t *testing.T) {
	t.Parallel()
	p := findResource(t, gateResources(t), provider[0], provider[1])
	for missing, s := range map[string]stack{
		regionKey:  {account: testStack.account},
		accountKey: {region: testStack.region},
	} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			if got := regionAndAccount.checkResource(s, p); len(got) != 1 || got[0].problem != "the stack does not set "+missing {
				t.Errorf("found %v", got)
			}
		})
	}
}
