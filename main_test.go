package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"prodgate/pkg/account"
	"prodgate/pkg/contract"
	"prodgate/pkg/gate/gatetest"
)

// stack is a stack of this repository, in its own account.
func stack(t testing.TB, name string) gatetest.World {
	t.Helper()
	return stackOf(t, name, "Pulumi."+name+".yaml")
}

// stackOf is the stack of a file, in its own account.
func stackOf(t testing.TB, name, file string) gatetest.World {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var written struct{ Config map[string]any }
	if err := yaml.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	w := gatetest.World{Stack: name, Config: map[string]string{}}
	for key, value := range written.Config {
		if plain, ok := value.(string); ok {
			w.Config[key] = plain
			continue
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		w.Config[key] = string(encoded)
	}
	w.Account, w.Region = w.Config["prodgate:account"], w.Config["aws:region"]
	return w
}

// fresh is the program on an account that has nothing yet of what it can have once.
func fresh(ctx *pulumi.Context) error { return program(ctx, gatetest.Account{}.For, gatetest.Function) }

// runs are the recordings of fresh, which tests share.
var runs gatetest.Runs

// countResources is how many resources the dev stack declares with a number of apps.
func countResources(t *testing.T, apps int) int {
	t.Helper()
	return len(runs.MustRun(t, withApps(t, apps), fresh).All())
}

// withApps is the dev stack with other apps.
func withApps(t testing.TB, n int) gatetest.World {
	t.Helper()
	w := stack(t, "dev")
	apps := make([]map[string]string, n)
	for i := range apps {
		apps[i] = map[string]string{
			"name": fmt.Sprintf("app-%04d", i), "cluster": "web",
			"executionRoleArn": "arn:aws:iam::" + w.Account + ":role/execution",
		}
	}
	encoded, err := json.Marshal(apps)
	if err != nil {
		t.Fatal(err)
	}
	w.Config["prodgate:apps"] = string(encoded)
	return w
}

// tree is all that the dev stack is, each line below its parent. A change of the
// program that is meant changes it too: it is what a reviewer reads.
const tree = `
pulumi:providers:aws workload
pulumi:providers:github repository
prodgate:index:Gate gate
  pulumi:providers:aws gate-global
  aws:iam/role:Role gate-dispatcher
  aws:iam/policy:Policy gate-dispatcher
  aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-dispatcher
  aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-dispatcher
  aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-dispatcher
  prodgate:index:Boundaries gate-boundaries
    aws:iam/policy:Policy gate-boundary-build
    aws:iam/policy:Policy gate-boundary-dispatcher
    aws:iam/policy:Policy gate-boundary-pipeline
    aws:iam/policy:Policy gate-boundary-recorder
    aws:iam/policy:Policy gate-boundary-verifier
    aws:iam/policy:Policy gate-boundary-scan
    aws:iam/policy:Policy gate-boundary-inspect
    aws:iam/policy:Policy gate-boundary-sign
    aws:iam/policy:Policy gate-boundary-prepare
    aws:iam/policy:Policy gate-boundary-remediator
  prodgate:index:Alerts gate-alerts
    aws:kms/key:Key gate-alerts
    aws:kms/alias:Alias gate-alerts
    aws:sns/topic:Topic gate-alerts
    aws:sns/topicPolicy:TopicPolicy gate-alerts
    aws:sns/topic:Topic gate-alerts-watch
    aws:sns/topicPolicy:TopicPolicy gate-alerts-watch
    aws:sns/topicSubscription:TopicSubscription gate-alerts-watch-platform-dev@example.com
    aws:sns/topicSubscription:TopicSubscription gate-alerts-platform-dev@example.com
    aws:sqs/queue:Queue gate-dead-letters
    aws:sqs/queuePolicy:QueuePolicy gate-dead-letters
    aws:cloudwatch/metricAlarm:MetricAlarm gate-dead-letters
    aws:cloudwatch/eventRule:EventRule gate-failed-runs
    aws:cloudwatch/eventTarget:EventTarget gate-failed-runs
  prodgate:index:Source gate-source
    aws:codeconnections/connection:Connection gate-github
    github:index/repositoryFile:RepositoryFile gate-cruddur-dev-main-workflow
    github:index/repositoryFile:RepositoryFile gate-cruddur-dev-prod-workflow
    github:index/repositoryFile:RepositoryFile gate-cruddur-dev-main-codeowners
    github:index/repositoryFile:RepositoryFile gate-cruddur-dev-prod-codeowners
    github:index/branchProtection:BranchProtection gate-cruddur-dev-prod
    github:index/repositoryRuleset:RepositoryRuleset gate-cruddur-dev-only-main
  prodgate:index:Store gate-store
    aws:kms/key:Key gate-artifacts
    aws:kms/alias:Alias gate-artifacts
    aws:kms/key:Key gate-images
    aws:kms/alias:Alias gate-images
    aws:kms/key:Key gate-logs
    aws:kms/alias:Alias gate-logs
    prodgate:index:Bucket gate-artifacts
      aws:s3/bucketV2:BucketV2 gate-artifacts
      aws:s3/bucketVersioningV2:BucketVersioningV2 gate-artifacts
      aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 gate-artifacts
      aws:s3/bucketOwnershipControls:BucketOwnershipControls gate-artifacts
      aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock gate-artifacts
      aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 gate-artifacts
      aws:s3/bucketPolicy:BucketPolicy gate-artifacts
  prodgate:index:KnownState gate-known-state
    aws:iam/role:Role gate-verifier
    aws:iam/policy:Policy gate-verifier
    aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-verifier
    aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-verifier
    aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-verifier
    aws:cloudwatch/logGroup:LogGroup gate-verifier
    aws:lambda/function:Function gate-verifier
    aws:lambda/permission:Permission gate-check
    aws:cloudwatch/eventRule:EventRule gate-check
    aws:cloudwatch/eventTarget:EventTarget gate-check
    aws:cloudwatch/metricAlarm:MetricAlarm gate-check-errors
    aws:cloudwatch/metricAlarm:MetricAlarm gate-check-missed
    aws:ssm/parameter:Parameter gate-known-state
    aws:ssm/parameter:Parameter gate-known-state-access
    aws:ssm/parameter:Parameter gate-known-state-alerts
  prodgate:index:Checks gate-checks
    aws:iam/role:Role gate-inspect
    aws:iam/policy:Policy gate-inspect
    aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-inspect
    aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-inspect
    aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-inspect
    aws:cloudwatch/logGroup:LogGroup gate-findings
    aws:codebuild/project:Project gate-findings
    aws:cloudwatch/logGroup:LogGroup gate-packages
    aws:codebuild/project:Project gate-packages
    aws:cloudwatch/logGroup:LogGroup gate-verify
    aws:codebuild/project:Project gate-verify
    aws:cloudwatch/logGroup:LogGroup gate-dast
    aws:codebuild/project:Project gate-dast
    aws:signer/signingProfile:SigningProfile gate-images
    aws:iam/role:Role gate-sign
    aws:iam/policy:Policy gate-sign
    aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-sign
    aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-sign
    aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-sign
    aws:cloudwatch/logGroup:LogGroup gate-sign
    aws:codebuild/project:Project gate-sign
    aws:iam/role:Role gate-prepare
    aws:iam/policy:Policy gate-prepare
    aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-prepare
    aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-prepare
    aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-prepare
    aws:cloudwatch/logGroup:LogGroup gate-prepare
    aws:codebuild/project:Project gate-prepare
  prodgate:index:App gate-backend-flask
    prodgate:index:Project gate-backend-flask-scan
      aws:iam/role:Role gate-backend-flask-scan
      aws:iam/policy:Policy gate-backend-flask-scan
      aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-backend-flask-scan
      aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-backend-flask-scan
      aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-backend-flask-scan
      aws:cloudwatch/logGroup:LogGroup gate-backend-flask-scan-secrets
      aws:codebuild/project:Project gate-backend-flask-scan-secrets
      aws:cloudwatch/logGroup:LogGroup gate-backend-flask-scan-code
      aws:codebuild/project:Project gate-backend-flask-scan-code
      aws:cloudwatch/logGroup:LogGroup gate-backend-flask-scan-dependencies
      aws:codebuild/project:Project gate-backend-flask-scan-dependencies
    prodgate:index:Repository gate-backend-flask-images
      aws:ecr/repository:Repository gate-backend-flask
      aws:ecr/lifecyclePolicy:LifecyclePolicy gate-backend-flask
      aws:ecr/repositoryPolicy:RepositoryPolicy gate-backend-flask
    prodgate:index:Project gate-backend-flask-build
      aws:cloudwatch/logGroup:LogGroup gate-backend-flask-build
      aws:iam/role:Role gate-backend-flask-build
      aws:iam/policy:Policy gate-backend-flask-build
      aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-backend-flask-build
      aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-backend-flask-build
      aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-backend-flask-build
      aws:codebuild/project:Project gate-backend-flask-build
    prodgate:index:Delivery gate-backend-flask-delivery
      aws:iam/role:Role gate-backend-flask-pipeline
      aws:iam/policy:Policy gate-backend-flask-pipeline
      aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-backend-flask-pipeline
      aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-backend-flask-pipeline
      aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-backend-flask-pipeline
      aws:ssm/parameter:Parameter gate-backend-flask
      aws:codepipeline/pipeline:Pipeline gate-backend-flask
  prodgate:index:Detection gate-detection
    aws:kms/key:Key gate-trail
    aws:kms/alias:Alias gate-trail
    prodgate:index:Bucket gate-trail
      aws:s3/bucketV2:BucketV2 gate-trail
      aws:s3/bucketVersioningV2:BucketVersioningV2 gate-trail
      aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 gate-trail
      aws:s3/bucketOwnershipControls:BucketOwnershipControls gate-trail
      aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock gate-trail
      aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 gate-trail
      aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2 gate-trail
      aws:s3/bucketPolicy:BucketPolicy gate-trail
    aws:cloudtrail/trail:Trail gate-trail
    aws:guardduty/detector:Detector gate-detector
    aws:guardduty/detectorFeature:DetectorFeature gate-detector-s3-data-events
    aws:guardduty/detectorFeature:DetectorFeature gate-detector-runtime-monitoring
    aws:guardduty/detectorFeature:DetectorFeature gate-detector-lambda-network-logs
    aws:cloudwatch/eventRule:EventRule gate-findings
    aws:cloudwatch/eventTarget:EventTarget gate-findings
    aws:accessanalyzer/analyzer:Analyzer gate-analyzer
    aws:cloudwatch/eventRule:EventRule gate-external-access
    aws:cloudwatch/eventTarget:EventTarget gate-external-access
    aws:kms/key:Key gate-config
    aws:kms/alias:Alias gate-config
    prodgate:index:Bucket gate-config
      aws:s3/bucketV2:BucketV2 gate-config
      aws:s3/bucketVersioningV2:BucketVersioningV2 gate-config
      aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 gate-config
      aws:s3/bucketOwnershipControls:BucketOwnershipControls gate-config
      aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock gate-config
      aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 gate-config
      aws:s3/bucketPolicy:BucketPolicy gate-config
    aws:iam/role:Role gate-recorder
    aws:iam/policy:Policy gate-recorder
    aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-recorder
    aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-recorder-reads
    aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-recorder
    aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-recorder
    aws:cfg/recorder:Recorder gate-recorder
    aws:cfg/deliveryChannel:DeliveryChannel gate-recorder
    aws:cfg/recorderStatus:RecorderStatus gate-recorder
    aws:cfg/rule:Rule gate-cloud-trail-enabled
    aws:cfg/rule:Rule gate-cloud-trail-encryption-enabled
    aws:cfg/rule:Rule gate-cloud-trail-log-file-validation-enabled
    aws:cfg/rule:Rule gate-cloudtrail-security-trail-enabled
    aws:cfg/rule:Rule gate-cloudwatch-log-group-encrypted
    aws:cfg/rule:Rule gate-cmk-backing-key-rotation-enabled
    aws:cfg/rule:Rule gate-codebuild-project-artifact-encryption
    aws:cfg/rule:Rule gate-codebuild-project-environment-privileged-check
    aws:cfg/rule:Rule gate-codebuild-project-envvar-awscred-check
    aws:cfg/rule:Rule gate-codebuild-project-logging-enabled
    aws:cfg/rule:Rule gate-codebuild-project-s3-logs-encrypted
    aws:cfg/rule:Rule gate-codebuild-project-source-repo-url-check
    aws:cfg/rule:Rule gate-codebuild-report-group-encrypted-at-rest
    aws:cfg/rule:Rule gate-codepipeline-deployment-count-check
    aws:cfg/rule:Rule gate-codepipeline-region-fanout-check
    aws:cfg/rule:Rule gate-cw-loggroup-retention-period-check
    aws:cfg/rule:Rule gate-ecr-private-image-scanning-enabled
    aws:cfg/rule:Rule gate-ecr-private-lifecycle-policy-configured
    aws:cfg/rule:Rule gate-ecr-private-tag-immutability-enabled
    aws:cfg/rule:Rule gate-ecr-repository-cmk-encryption-enabled
    aws:cfg/rule:Rule gate-guardduty-non-archived-findings
    aws:cfg/rule:Rule gate-iam-policy-no-statements-with-admin-access
    aws:cfg/rule:Rule gate-iam-policy-no-statements-with-full-access
    aws:cfg/rule:Rule gate-multi-region-cloud-trail-enabled
    aws:cfg/rule:Rule gate-pipeline-actions
    aws:cfg/rule:Rule gate-pipeline-artifacts
    aws:cfg/rule:Rule gate-pipeline-trigger
    aws:cfg/rule:Rule gate-pipeline-type
    aws:cfg/rule:Rule gate-project-buildspec
    aws:cfg/rule:Rule gate-project-environment
    aws:cfg/rule:Rule gate-project-privileged
    aws:cfg/rule:Rule gate-project-source
    aws:cfg/rule:Rule gate-role-bounds
    aws:cfg/rule:Rule gate-s3-bucket-level-public-access-prohibited
    aws:cfg/rule:Rule gate-s3-bucket-ssl-requests-only
    aws:cfg/rule:Rule gate-s3-bucket-versioning-enabled
    aws:cfg/rule:Rule gate-s3-default-encryption-kms
    aws:cfg/rule:Rule gate-sns-encrypted-kms
    aws:iam/role:Role gate-remediator
    aws:iam/policy:Policy gate-remediator
    aws:iam/rolePolicyAttachment:RolePolicyAttachment gate-remediator
    aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-remediator
    aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-remediator
    aws:cfg/remediationConfiguration:RemediationConfiguration gate-s3-bucket-level-public-access-prohibited
    aws:cfg/remediationConfiguration:RemediationConfiguration gate-s3-bucket-versioning-enabled
`

// watched are the rules of the dev stack about calls, checked those whose events start the check of the
// known state, and broughtHere those that forward events from the region of IAM.
const (
	watched     = `rules watch-account watch-images watch-images-read watch-pipelines watch-records watch-roles watch-keys-read watch-services watch-sessions watch-source watch-storage watch-topic`
	checked     = `rules watch-images watch-pipelines watch-roles watch-source watch-storage watch-topic`
	broughtHere = `watch-roles watch-sessions`
)

// watch is what is below the gate for them.
func watch() string {
	lines := "  prodgate:index:Watch gate-watch\n"
	rule := func(name string) {
		lines += "    aws:cloudwatch/eventRule:EventRule gate-" + name + "\n    aws:cloudwatch/eventTarget:EventTarget gate-" + name + "\n"
	}
	for name := range strings.FieldsSeq(watched) {
		rule(name)
	}
	for name := range strings.FieldsSeq(checked) {
		lines += "    aws:cloudwatch/eventTarget:EventTarget gate-" + name + "-check\n"
	}
	for name := range strings.FieldsSeq(broughtHere) {
		rule(name + "-global")
	}
	return lines
}

// guardrailTree is all that an organization adds to it.
const guardrailTree = `
pulumi:providers:aws organization
prodgate:index:Guardrails guardrails
  aws:organizations/policy:Policy guardrails-bypass-1
  aws:organizations/policy:Policy guardrails-bypass-2
  aws:organizations/policyAttachment:PolicyAttachment guardrails-bypass-1
  aws:organizations/policyAttachment:PolicyAttachment guardrails-bypass-2
`

// organizationRules are what AWS Config looks at in an organization only.
const organizationRules = `
    aws:cfg/rule:Rule gate-account-part-of-organizations
    aws:cfg/rule:Rule gate-guardduty-enabled-centralized
`

// organization is that of the prod stack.
const organization = `{"targetId": "ou-ab12-34567890", "roleArn": "arn:aws:iam::999999999999:role/prodgate-guardrails", "regions": ["eu-west-2"]}`

// paths are the lines of the tree, each with its parents before it: programs
// register in no order.
func paths(tree string) []string {
	var all, above []string
	for line := range strings.Lines(tree) {
		name := strings.TrimSpace(line)
		if name == "" {
			continue
		}
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		above = append(above[:depth], name)
		all = append(all, strings.Join(above, " / "))
	}
	return all
}

func TestProgram_TreeOfTheDevStack(t *testing.T) {
	t.Parallel()
	dev, withOrganization := stack(t, "dev"), stack(t, "dev")
	withOrganization.Config["prodgate:organization"] = organization
	compareTree(t, dev, tree+watch())
	compareTree(t, withOrganization, tree+organizationRules+watch()+guardrailTree)
}

func compareTree(t *testing.T, w gatetest.World, tree string) {
	t.Helper()
	want := paths(tree)
	r := runs.MustRun(t, w, fresh)
	var got []string
	for _, made := range r.All() {
		got = append(got, strings.Join(r.Path(made), " / "))
	}
	for _, path := range got {
		if !slices.Contains(want, path) {
			t.Errorf("is not in the tree: %s", path)
		}
	}
	for _, path := range want {
		if !slices.Contains(got, path) {
			t.Errorf("is only in the tree: %s", path)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d resources, the tree has %d", len(got), len(want))
	}
}

// workflows are the settings of a stack that GitHub Actions run.
const workflows = `{"repository": "infrastructure", "previewEnvironment": "preview", "upEnvironment": "up"}`

// What a stack may leave out altogether (approvers, an organization, secrets) is a
// value too: with those of prod, dev is made of the same things.
func TestProgram_StacksDifferByValuesOnly(t *testing.T) {
	t.Parallel()
	types := func(w gatetest.World) []string {
		var all []string
		for _, made := range runs.MustRun(t, w, fresh).All() {
			all = append(all, made.Type)
		}
		return all
	}
	dev, prod := stack(t, "dev"), stack(t, "prod")
	for _, key := range []string{"access", "apps", "detection", "organization", "workflows"} {
		if value, written := prod.Config["prodgate:"+key]; written {
			dev.Config["prodgate:"+key] = strings.ReplaceAll(value, prod.Account, dev.Account)
		}
	}
	if dev, prod := types(dev), types(prod); !slices.Equal(dev, prod) {
		t.Errorf("dev is %v\nprod is %v", dev, prod)
	}
}

func TestProgram_ResourcesHaveTheProviderOfTheirPackage(t *testing.T) {
	t.Parallel()
	providers := map[string]string{"aws": "workload", "github": "repository"}
	w := stack(t, "dev")
	w.Config["prodgate:detection"] = `{"guardDuty": "adopt"}`
	w.Config["prodgate:workflows"] = workflows
	w.Config["prodgate:source"] = `{"owner": "example-org", "repository": "cruddur", "codeOwners": ["@example-org/platform"],
		"connectionArn": "arn:aws:codeconnections:eu-west-2:111111111111:connection/` + gatetest.UUID + `"}`
	has := gatetest.Account{Detectors: []account.Detector{{ID: gatetest.DetectorID, Enabled: true}}}
	r := w.MustRun(t, func(ctx *pulumi.Context) error { return program(ctx, has.For, gatetest.Function) })
	seen, asked := map[string]bool{}, map[string]int{}
	for _, made := range r.All() {
		pkg, _, _ := strings.Cut(made.Type, ":")
		if !made.Custom || pkg == "pulumi" {
			continue
		}
		seen[pkg] = true
		want := providers[pkg]
		if strings.HasSuffix(made.Name, "-global") {
			want = "gate-global"
		}
		if made.Provider == "" || made.Provider != want {
			t.Errorf("%s has the provider %q", made, made.Provider)
		}
	}
	for _, invoke := range r.Invokes {
		pkg, _, _ := strings.Cut(invoke.Token, ":")
		asked[pkg]++
		if invoke.Provider != providers[pkg] {
			t.Errorf("%s has the provider %q", invoke.Token, invoke.Provider)
		}
	}
	if len(seen) != len(providers) || asked["aws"] != 7 || asked["github"] == 0 {
		t.Errorf("looked at the packages %v and invokes of %v", seen, asked)
	}
}

func TestProgram_ProviderRefusesOtherAccountsAndTagsEverything(t *testing.T) {
	t.Parallel()
	provider := runs.MustRun(t, stack(t, "dev"), fresh).One(t, "pulumi:providers:aws", "workload")
	got := provider.Inputs.Mappable()
	want := map[string]any{
		"region":            "eu-west-2",
		"allowedAccountIds": []any{"111111111111"},
		"defaultTags":       map[string]any{"tags": map[string]any{"environment": "dev", "owner": "platform", "prodgate:gate": "prodgate"}},
	}
	for input, value := range want {
		if !reflect.DeepEqual(got[input], value) {
			t.Errorf("%s is %v, want %v", input, got[input], value)
		}
	}
}

func TestProgram_OrganizationProviderAssumesItsRole(t *testing.T) {
	t.Parallel()
	r := runs.MustRun(t, stack(t, "prod"), fresh)
	want := map[string]any{
		"region":            "eu-west-2",
		"allowedAccountIds": []any{"999999999999"},
		"assumeRole": map[string]any{
			"roleArn": "arn:aws:iam::999999999999:role/prodgate-guardrails", "sessionName": "prodgate-guardrails",
		},
		"defaultTags": map[string]any{"tags": map[string]any{"environment": "prod", "owner": "platform"}},
		// The SDK's own defaults.
		"skipCredentialsValidation": false, "skipRegionValidation": true,
	}
	if got := r.One(t, "pulumi:providers:aws", "organization").Inputs.Mappable(); !reflect.DeepEqual(got, want) {
		t.Errorf("is %v\nwant %v", got, want)
	}
	for _, made := range r.All() {
		theirs := strings.HasPrefix(made.Type, "aws:organizations/")
		if (made.Provider == "organization") != theirs {
			t.Errorf("%s has the provider %q", made, made.Provider)
		}
	}
}

func TestProgram_MissingTargetCreatesNothing(t *testing.T) {
	t.Parallel()
	w := stack(t, "prod")
	w.Organization.Below = []string{"333333333333"}
	r, err := w.Run(fresh)
	if err == nil || !strings.Contains(err.Error(), `prodgate:organization.targetId: "ou-ab12-34567890": the account 222222222222 is not below it`) {
		t.Errorf("got %v", err)
	}
	for _, made := range r.All() {
		if made.Type != "pulumi:providers:aws" {
			t.Errorf("%s is made", made)
		}
	}
}

func TestProgram_CredentialsOfAnotherAccountCreateNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*gatetest.World)
		want   string
	}{
		"credentials of another account": {
			func(w *gatetest.World) { w.Account = "333333333333" },
			`prodgate:account: "111111111111": the credentials are of account 333333333333; ` +
				"sign in to the stack's account, or correct the account id",
		},
		"credentials that AWS does not take": {
			func(w *gatetest.World) { w.Refused = []string{"aws:index/getCallerIdentity:getCallerIdentity"} },
			`prodgate:account: "111111111111": AWS does not confirm that the credentials are of this account; ` +
				"sign in to it, or correct the account id",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := stack(t, "dev")
			c.change(&w)
			r, err := w.Run(fresh)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
			if n := strings.Count(err.Error(), "prodgate:account"); n != 1 {
				t.Errorf("is said %d times: %v", n, err)
			}
			if all := r.All(); len(all) != 1 || all[0].Type != "pulumi:providers:aws" {
				t.Errorf("made %v", all)
			}
		})
	}
}

func TestAccess_CallersThatMayChangeTheGate(t *testing.T) {
	t.Parallel()
	const (
		account  = "arn:aws:iam::111111111111:"
		sessions = "arn:aws:sts::111111111111:assumed-role/"
		access   = `{"deployerArns": ["` + account + `role/deployer", "` + account + `role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Deploy_1"],
			"breakGlassArn": "` + account + `role/break-glass", "approverArns": ["` + account + `role/approver"]}`
		instead = "sign in with a role that stands there"
	)
	there := []string{
		account + "role/deployer", account + "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Deploy_1", account + "role/break-glass",
		account + "role/approver", account + "role/teams/developer", account + "role/prodgate/build/prodgate-backend-flask-build",
		account + "role/prodgate/preview/prodgate-preview",
	}
	for name, c := range map[string]struct {
		caller string
		roles  []string
		want   []string // lines; none is yes
		// preview is whether a preview is another matter than an update.
		preview bool
	}{
		"a deployer":                           {caller: sessions + "deployer/x"},
		"a deployer of single sign-on":         {caller: sessions + "AWSReservedSSO_Deploy_1/mona@example.com"},
		"the role for emergencies":             {caller: sessions + "break-glass/x"},
		"the role of the workflow for updates": {caller: sessions + "prodgate-deploy/GitHubActions"},
		"the role of the workflow for previews": {caller: sessions + "prodgate-preview/GitHubActions", preview: true, want: []string{
			"prodgate:access.deployerArns: the credentials are of the role prodgate-preview, which may not change the gate; " + instead}},
		"a developer, whose role has a path": {caller: sessions + "developer/x", want: []string{
			"prodgate:access.deployerArns: the credentials are of the role developer, which may not change the gate; " +
				"add " + account + "role/teams/developer, or " + instead}},
		"a role that AWS does not show": {caller: sessions + "other/x", want: []string{
			"prodgate:access.deployerArns: the credentials are of the role other, which may not change the gate; " +
				"add " + account + "role/other, or " + instead}},
		"an approver": {caller: sessions + "approver/x", want: []string{
			"prodgate:access.deployerArns: the credentials are of the role approver, which may not change the gate; " + instead}},
		"a role of the gate": {caller: sessions + "prodgate-backend-flask-build/x", want: []string{
			"prodgate:access.deployerArns: the credentials are of the role prodgate-backend-flask-build, which may not change the gate; " + instead}},
		"a role with a deployer's name as the name of its session": {caller: sessions + "other/deployer", want: []string{
			"prodgate:access.deployerArns: the credentials are of the role other, which"}},
		"a user": {caller: account + "user/deployer", want: []string{
			"prodgate:access.deployerArns: the credentials are of " + account + "user/deployer, which is no IAM role; " + instead}},
		"the root user": {caller: account + "root", want: []string{
			"prodgate:access.deployerArns: the credentials are of " + account + "root, which is no IAM role; " + instead}},
		"a deployer, and roles that are not there or are another": {
			caller: sessions + "deployer/x",
			roles:  []string{account + "role/deployer", account + "role/ops/break-glass"},
			want: []string{
				`prodgate:access.breakGlassArn: "` + account + `role/break-glass": AWS knows the role by another ARN; write ` + account + `role/ops/break-glass`,
				`prodgate:access.deployerArns[1]: "` + account + `role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Deploy_1": AWS shows no such role; ` +
					`make it, or correct the ARN, or allow iam:GetRole on it: `,
				`prodgate:access.approverArns[0]: "` + account + `role/approver": AWS shows no such role; `,
			}},
		"a user, and no role for emergencies": {
			caller: account + "user/deployer",
			roles:  slices.Delete(slices.Clone(there), 2, 3),
			want: []string{
				"prodgate:access.deployerArns: the credentials are of " + account + "user/deployer, ",
				`prodgate:access.breakGlassArn: "` + account + `role/break-glass": AWS shows no such role; `,
			}},
	} {
		for _, preview := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, preview %t", name, preview), func(t *testing.T) {
				t.Parallel()
				w := stack(t, "dev")
				w.Config["prodgate:access"] = access
				w.Config["prodgate:workflows"] = `{"repository": "platform", "previewEnvironment": "preview", "upEnvironment": "production"}`
				w.Preview, w.Caller, w.Roles = preview, c.caller, c.roles
				if c.roles == nil {
					w.Roles = there
				}
				r, err := w.Run(fresh)
				if len(c.want) == 0 || c.preview && preview {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				if err == nil {
					t.Fatal("was let in")
				}
				for _, want := range c.want {
					if strings.Count(err.Error(), want) != 1 {
						t.Errorf("got  %v\nwant %s", err, want)
					}
				}
				if n := strings.Count(err.Error(), "prodgate:access"); n != len(c.want) {
					t.Errorf("%d problems, want %d: %v", n, len(c.want), err)
				}
				if all := r.All(); len(all) != 1 || all[0].Type != "pulumi:providers:aws" {
					t.Errorf("made %v", all)
				}
			})
		}
	}
}

// TestAccess_RefuseBroadTrust: roles whose trust policy lets in more than principals that it names are
// refused, or warned about where the settings accept them.
func TestAccess_RefuseBroadTrust(t *testing.T) {
	t.Parallel()
	const account = "arn:aws:iam::111111111111:"
	broad := stack(t, "dev")
	broad.Config["prodgate:access"] = `{"deployerArns": ["` + account + `role/deployer", "` + account + `role/second"],
		"breakGlassArn": "` + account + `role/break-glass", "approverArns": ["` + account + `role/approver"]}`
	broad.Roles = []string{account + "role/deployer", account + "role/second", account + "role/break-glass", account + "role/approver"}
	broad.Trusts = map[string]string{
		"second": gatetest.TrustPolicy(`"` + account + `root"`), "break-glass": gatetest.TrustPolicy(`"222222222222"`),
		"approver": `{"Statement": 1}`,
	}
	r, err := broad.Run(fresh)
	wants := []string{
		`prodgate:access.breakGlassArn: "` + account + `role/break-glass": the trust policy lets the account 222222222222 assume the role; name roles as principals, ` +
			`or add a condition on aws:PrincipalArn, or accept it with access.allowAccountTrust: true`,
		`prodgate:access.deployerArns[1]: "` + account + `role/second": the trust policy lets the whole account 111111111111 assume the role; `,
		`prodgate:access.approverArns[0]: "` + account + `role/approver": the role cannot be checked: the trust policy: `,
	}
	for _, want := range wants {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if err != nil && strings.Count(err.Error(), "prodgate:access") != len(wants) {
		t.Errorf("%d problems are wanted: %v", len(wants), err)
	}
	if all := r.All(); len(all) != 1 {
		t.Errorf("made %v", all)
	}

	accepted := broad
	accepted.Config = maps.Clone(broad.Config)
	accepted.Config["prodgate:access"] = strings.Replace(broad.Config["prodgate:access"], "{", `{"allowAccountTrust": true, `, 1)
	accepted.Trusts = map[string]string{"second": gatetest.TrustPolicy(`"` + account + `root"`)}
	warning := `prodgate:access.deployerArns[1]: "` + account + `role/second": the trust policy lets the whole account 111111111111 assume the role; ` +
		`prodgate:access.allowAccountTrust accepts that`
	if r := accepted.MustRun(t, fresh); !slices.Contains(r.Warnings, warning) {
		t.Errorf("warns %q", r.Warnings)
	}
}

func TestAccess_ReviewersAndMergersMustExist(t *testing.T) {
	t.Parallel()
	const account = "arn:aws:iam::111111111111:"
	w := stack(t, "dev")
	w.Config["prodgate:source"] = `{"provider": "codecommit", "repository": "web", "reviewerArns": ["` + account + `role/reviewer"], "mergerArns": ["` + account + `role/merger"]}`
	w.Roles = []string{account + "role/deployer", account + "role/break-glass", account + "role/teams/merger"}
	r, err := w.Run(fresh)
	for _, want := range []string{
		`prodgate:source.reviewerArns[0]: "` + account + `role/reviewer": AWS shows no such role; make it, or correct the ARN, or allow iam:GetRole on it: `,
		`prodgate:source.mergerArns[0]: "` + account + `role/merger": AWS knows the role by another ARN; write ` + account + `role/teams/merger`,
	} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if all := r.All(); len(all) != 1 {
		t.Errorf("made %v", all)
	}
}

// TestProgram_CodeCommitNeedsNoGitHub runs the program without GitHub's owner.
func TestProgram_CodeCommitNeedsNoGitHub(t *testing.T) {
	t.Parallel()
	w := stack(t, "dev")
	w.Config["prodgate:source"] = `{"provider": "codecommit", "repository": "web", "reviewerArns": ["arn:aws:iam::111111111111:role/reviewer"]}`
	r := runs.MustRun(t, w, fresh)
	for _, made := range r.All() {
		if strings.HasPrefix(made.Type, "github:") || made.Type == "pulumi:providers:github" {
			t.Errorf("%s is made", made)
		}
	}
}

func TestProgram_WrongSettingCreatesNothing(t *testing.T) {
	t.Parallel()
	w := stack(t, "dev")
	w.Config["prodgate:account"] = "1402433619"
	r, err := w.Run(fresh)
	if err == nil || !strings.Contains(err.Error(), `prodgate:account: "1402433619" is not a 12-digit account id`) {
		t.Errorf("got %v", err)
	}
	if all := r.All(); len(all) != 0 || len(r.Invokes) != 0 {
		t.Errorf("made %v, asked %v", all, r.Invokes)
	}
}

func TestProgram_StackExportsItsContract(t *testing.T) {
	t.Parallel()
	r := runs.MustRun(t, stack(t, "dev"), fresh)
	got, want := slices.Sorted(maps.Keys(r.Outputs)), slices.Sorted(maps.Keys(contract.Outputs{}.Map()))
	if !slices.Equal(got, want) {
		t.Errorf("exports %v, the contract is %v", got, want)
	}
	for name, output := range r.Outputs {
		if output.Secret || !output.Known || output.Value == nil {
			t.Errorf("%s: %+v", name, output)
		}
	}
	apps := map[string]map[string]string{"backend-flask": {
		"approverRoleArn": "",
		"pipeline":        "backend-flask-prodgate",
		"pipelineArn":     "arn:aws:codepipeline:eu-west-2:111111111111:backend-flask-prodgate",
		"project":         "prodgate-backend-flask-build",
		"repositoryArn":   "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/backend-flask",
		"repositoryUri":   "111111111111.dkr.ecr.eu-west-2.amazonaws.com/prodgate/backend-flask",
	}}
	if got := fmt.Sprint(r.Outputs[contract.Apps].Value); got != fmt.Sprint(apps) {
		t.Errorf("the apps are\n%s, want\n%s", got, fmt.Sprint(apps))
	}
}

func TestProgram_EveryAppAddsTheSame(t *testing.T) {
	t.Parallel()
	one, two := countResources(t, 1), countResources(t, 2)
	each := two - one
	for _, apps := range []int{3, 10, 20} { // with more, a Config rule is left out
		if got, want := countResources(t, apps), one+each*(apps-1); got != want {
			t.Errorf("%d apps make %d resources, want %d + %d·%d = %d", apps, got, one-each, each, apps, want)
		}
	}
}

// BenchmarkProgram is what the program costs for a resource, and how many times
// that of the floor: as many resources that have no inputs, no parent and no
// provider. What is more than the floor is ours and the providers' SDKs'.
func BenchmarkProgram(b *testing.B) {
	for _, apps := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("apps=%d", apps), func(b *testing.B) {
			w := withApps(b, apps)
			resources := len(w.MustRun(b, fresh).All())
			floor := func(ctx *pulumi.Context) error {
				for i := range resources {
					var made pulumi.CustomResourceState
					if err := ctx.RegisterResource("test:index:Bare", fmt.Sprint(i), nil, &made); err != nil {
						return err
					}
				}
				return nil
			}
			var ours, bare cost
			for b.Loop() {
				bare.add(b, w, floor)
				ours.add(b, w, fresh)
			}
			n := float64(resources * b.N)
			b.ReportMetric(0, "ns/op") // would be both together
			b.ReportMetric(float64(resources), "resources")
			b.ReportMetric(float64(ours.time.Microseconds())/n, "µs/resource")
			b.ReportMetric(float64(ours.bytes)/n, "B/resource")
			b.ReportMetric(float64(ours.time)/float64(bare.time), "×floor-time")
			b.ReportMetric(float64(ours.bytes)/float64(bare.bytes), "×floor-bytes")
		})
	}
}

// cost is what runs of a program took.
type cost struct {
	time  time.Duration
	bytes uint64
}

func (c *cost) add(b *testing.B, w gatetest.World, program pulumi.RunFunc) {
	var before, after runtime.MemStats
	runtime.GC() // each begins with as little
	runtime.ReadMemStats(&before)
	start := time.Now()
	w.MustRun(b, fresh)
	c.time += time.Since(start)
	runtime.ReadMemStats(&after)
	c.bytes += after.TotalAlloc - before.TotalAlloc
}

// TestGate_ResourceBudget counts what a stack declares: at most 20 rules that alert, two that forward, and what the last
// counts say. A number grows on purpose only.
func TestGate_ResourceBudget(t *testing.T) {
	t.Parallel()
	more := func(name string) gatetest.World {
		w := stack(t, name)
		var apps []map[string]any
		decode(t, w.Config["prodgate:apps"], &apps)
		one := maps.Clone(apps[0])
		one["name"], one["service"] = "another", "another"
		w.Config["prodgate:apps"] = encode(t, append(apps, one))
		return w
	}
	for name, most := range map[string]struct{ resources, app int }{"dev": {259, 33}, "prod": {342, 42}} {
		counts := map[string]int{}
		count := func(w gatetest.World) (all int) {
			clear(counts)
			for _, made := range w.MustRun(t, fresh).All() {
				if strings.HasPrefix(made.Type, "pulumi:pulumi:") {
					continue
				}
				all++
				if made.Type == "aws:cloudwatch/eventRule:EventRule" {
					switch {
					case strings.HasSuffix(made.Name, "-global"):
						counts["forwards"]++
					case made.Text("scheduleExpression") == "":
						counts["alerts"]++
					}
				}
			}
			return all
		}
		one := count(stack(t, name))
		if counts["alerts"] > 20 || counts["forwards"] > 2 {
			t.Errorf("%s: %d rules alert, %d forward", name, counts["alerts"], counts["forwards"])
		}
		if one > most.resources {
			t.Errorf("%s: %d resources, at most %d", name, one, most.resources)
		}
		if next := count(more(name)) - one; next > most.app {
			t.Errorf("%s: %d resources for an app more, at most %d", name, next, most.app)
		} else {
			t.Logf("%s: %d resources, %d for an app more, %d rules alert, %d forward", name, one, next, counts["alerts"], counts["forwards"])
		}
	}
}
