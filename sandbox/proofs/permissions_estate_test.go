package proofs

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
	"prodgate/sandbox/evaluators/authority"
	"prodgate/sandbox/toolchain"
)

// estate is every policy of a deployed stack, read from the emulator.
type estate struct {
	*testing.T
	plan  naming.Plan
	judge *authority.Evaluator
	// roles are the gate's roles, by ARN, with their deployed policies.
	roles map[string]role
	// policies are resource policies and the trust policies of roles, by ARN.
	policies map[string]authority.Policy
	// keys are KMS keys by the purpose in their alias.
	keys map[string]string
	// secrets are the ARNs of secrets, by name.
	secrets map[string]string
	// inventory lists the names of resources, by kind.
	inventory map[string][]string
	// connection is the ARN of the connection to GitHub, and profile that of what signs.
	connection, profile string
	// source is the repository of CodeCommit; empty where GitHub is the source.
	source string
	// scps are what the account is under; none without an organization.
	scps []authority.Level
	// rcps are the resource control policies that the account's resources are under, and organization is the id of the
	// organization.
	rcps         []authority.Level
	organization string
}

// role is one of the gate's roles.
type role struct {
	authority.Principal
	duty string // one of address's
}

// readEstate reads it, and starts an evaluator.
func (w *world) readEstate() *estate {
	w.Helper()
	e := &estate{
		T: w.T, judge: evaluator(w.T),
		plan:  planOf(w.account()),
		roles: map[string]role{}, policies: map[string]authority.Policy{}, keys: map[string]string{}, secrets: map[string]string{},
	}
	for _, read := range []func(context.Context, *world) error{e.readRoles, e.readKeys, e.readBuckets, e.readRepositories, e.readTopics, e.readQueues, e.readSecrets, e.readGuardrails} {
		w.must(read(w.Context(), w))
	}
	for arn, r := range e.roles {
		r.SCPs = e.scps
		e.roles[arn] = r
	}
	e.connection, e.inventory = w.output("connectionArn"), w.inventory()
	for _, name := range e.inventory["source repositories"] {
		e.source = name
	}
	for _, name := range e.inventory["signing profiles"] {
		e.profile = e.regional("signer", "/signing-profiles/"+name)
	}
	return e
}

// planOf is the plan of names in an account.
func planOf(account string) naming.Plan {
	return naming.Plan{Partition: "aws", Region: region, Account: account, Global: "us-east-1", Gate: "prodgate"}
}

func evaluator(t *testing.T) *authority.Evaluator {
	t.Helper()
	kit, err := toolchain.PrepareEvaluator(t.Context(), kit.Root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := authority.Start(kit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := judge.Stop(); err != nil {
			t.Error(err)
		}
	})
	return judge
}

// has stores a policy of a resource.
func (e *estate) has(arn, document string) {
	e.policies[arn] = authority.Policy{Name: arn, Document: document}
}

func (e *estate) readRoles(ctx context.Context, w *world) error {
	pages := iam.NewListRolesPaginator(w.aws.iam, &iam.ListRolesInput{PathPrefix: ptr("/" + e.plan.Gate + "/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, listed := range page.Roles {
			// Only GetRole has the boundary.
			got, err := w.aws.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: listed.RoleName})
			if err != nil {
				return err
			}
			r := got.Role
			arn, folders := awssdk.ToString(r.Arn), strings.Split(awssdk.ToString(r.Path), "/")
			if len(folders) != 4 {
				return fmt.Errorf("%s is in no folder of a duty", arn)
			}
			trust, err := url.QueryUnescape(awssdk.ToString(r.AssumeRolePolicyDocument))
			if err != nil {
				return err
			}
			e.has(arn, trust)
			identity, err := w.identity(ctx, *r.RoleName)
			if err != nil {
				return err
			}
			of := role{authority.Principal{ARN: arn, Identity: identity}, folders[2]}
			if b := r.PermissionsBoundary; b != nil {
				boundary, err := w.managed(ctx, *b.PermissionsBoundaryArn)
				if err != nil {
					return err
				}
				of.Boundary = &boundary
			}
			e.roles[arn] = of
		}
	}
	return nil
}

// identity lists the attached and inline policies of a role.
func (w *world) identity(ctx context.Context, name string) ([]authority.Policy, error) {
	var found []authority.Policy
	attached, err := w.aws.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	for _, a := range attached.AttachedPolicies {
		policy, err := w.managed(ctx, *a.PolicyArn)
		if err != nil {
			return nil, err
		}
		found = append(found, policy)
	}
	inline, err := w.aws.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	for _, p := range inline.PolicyNames {
		got, err := w.aws.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &p})
		if err != nil {
			return nil, err
		}
		document, err := url.QueryUnescape(awssdk.ToString(got.PolicyDocument))
		if err != nil {
			return nil, err
		}
		found = append(found, authority.Policy{Name: name + "/" + p, Document: document})
	}
	return found, nil
}

// managed is the default version of a managed policy.
func (w *world) managed(ctx context.Context, arn string) (authority.Policy, error) {
	policy, err := w.aws.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return authority.Policy{}, err
	}
	version, err := w.aws.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return authority.Policy{}, err
	}
	document, err := url.QueryUnescape(awssdk.ToString(version.PolicyVersion.Document))
	return authority.Policy{Name: arn, Document: document}, err
}

func (e *estate) readKeys(ctx context.Context, w *world) error {
	aliases, err := w.aws.kms.ListAliases(ctx, &kms.ListAliasesInput{})
	if err != nil {
		return err
	}
	for _, alias := range aliases.Aliases {
		name, of := awssdk.ToString(alias.AliasName), awssdk.ToString(alias.TargetKeyId)
		if strings.HasPrefix(name, "alias/aws/") {
			continue
		}
		key, err := w.aws.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &of})
		if err != nil {
			return err
		}
		policy, err := w.aws.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &of, PolicyName: ptr("default")})
		if err != nil {
			return err
		}
		arn := awssdk.ToString(key.KeyMetadata.Arn)
		e.keys[strings.TrimPrefix(name, "alias/"+e.plan.Gate+"-")] = arn
		e.has(arn, awssdk.ToString(policy.Policy))
	}
	return nil
}

func (e *estate) readBuckets(ctx context.Context, w *world) error {
	names, err := lists["buckets"](ctx, w.aws)
	if err != nil {
		return err
	}
	for _, name := range names {
		policy, err := w.aws.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name})
		if err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
		e.has("arn:aws:s3:::"+name, awssdk.ToString(policy.Policy))
	}
	return nil
}

func (e *estate) readRepositories(ctx context.Context, w *world) error {
	got, err := w.aws.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{})
	if err != nil {
		return err
	}
	for _, r := range got.Repositories {
		policy, err := w.aws.ecr.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: r.RepositoryName})
		if err != nil {
			return fmt.Errorf("repository %s: %w", *r.RepositoryName, err)
		}
		e.has(*r.RepositoryArn, awssdk.ToString(policy.PolicyText))
	}
	return nil
}

func (e *estate) readTopics(ctx context.Context, w *world) error {
	arns, err := lists["topics"](ctx, w.aws)
	if err != nil {
		return err
	}
	for _, arn := range arns {
		got, err := w.aws.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
		if err != nil {
			return err
		}
		e.has(arn, got.Attributes["Policy"])
	}
	return nil
}

func (e *estate) readQueues(ctx context.Context, w *world) error {
	urls, err := lists["queues"](ctx, w.aws)
	if err != nil {
		return err
	}
	for _, url := range urls {
		got, err := w.aws.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn, sqstypes.QueueAttributeNamePolicy},
		})
		if err != nil {
			return err
		}
		e.has(got.Attributes["QueueArn"], got.Attributes["Policy"])
	}
	return nil
}

func (e *estate) readSecrets(ctx context.Context, w *world) error {
	cfg, err := w.Cloud.AWSConfig(ctx, region)
	if err != nil {
		return err
	}
	client := secretsmanager.NewFromConfig(cfg)
	got, err := client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	if err != nil {
		return err
	}
	for _, s := range got.SecretList {
		if strings.HasPrefix(*s.Name, "events!") { // EventBridge's, of a connection
			continue
		}
		policy, err := client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: s.ARN})
		if err != nil {
			return err
		}
		e.secrets[*s.Name] = *s.ARN
		e.has(*s.ARN, awssdk.ToString(policy.ResourcePolicy))
	}
	return nil
}

// readGuardrails reads the policies from the account up to the root.
func (e *estate) readGuardrails(ctx context.Context, w *world) error {
	if w.Cloud.Organization.TargetID == "" {
		return nil
	}
	cfg, err := w.Cloud.OrganizationConfig(ctx, region)
	if err != nil {
		return err
	}
	client := organizations.NewFromConfig(cfg)
	organization, err := client.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return err
	}
	e.organization = *organization.Organization.Id
	for at := e.plan.Account; ; {
		for kind, levels := range map[orgtypes.PolicyType]*[]authority.Level{
			orgtypes.PolicyTypeServiceControlPolicy: &e.scps, orgtypes.PolicyTypeResourceControlPolicy: &e.rcps,
		} {
			attached, err := client.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: &at, Filter: kind})
			if err != nil {
				return err
			}
			level := authority.Level{Target: at}
			for _, p := range attached.Policies {
				if *p.Name == "RCPFullAWSAccess" {
					continue // the evaluator has it at every level, in AWS's own form
				}
				policy, err := client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
				if err != nil {
					return err
				}
				level.Policies = append(level.Policies, authority.Policy{Name: *p.Name, Document: *policy.Policy.Content})
			}
			*levels = append([]authority.Level{level}, *levels...)
		}
		if strings.HasPrefix(at, "r-") {
			return nil
		}
		parents, err := client.ListParents(ctx, &organizations.ListParentsInput{ChildId: &at})
		if err != nil {
			return err
		}
		at = *parents.Parents[0].Id
	}
}

// question is a call on a resource of this account, with the resource's policy; for an object, its
// bucket's.
func (e *estate) question(who authority.Principal, action, resource string, with map[string]string) authority.Question {
	service, _, _ := strings.Cut(action, ":")
	// Calls of global services are made in one region: IAM User Guide, AWS global
	// condition context keys, aws:RequestedRegion.
	context := map[string]string{"aws:RequestedRegion": region}
	if slices.Contains([]string{"iam", "organizations", "account"}, service) {
		context["aws:RequestedRegion"] = "us-east-1"
	}
	for purpose, key := range e.keys {
		if key == resource {
			context["kms:ResourceAliases"] = e.plan.KeyAlias(purpose)
		}
	}
	if strings.Contains(who.ARN, ":"+e.plan.Account+":") {
		context["aws:PrincipalOrgID"] = e.organization // empty, and so left out, without an organization
	}
	maps.Copy(context, with)
	q := authority.Question{Principal: who, Action: action, Resource: resource, Account: e.plan.Account, Context: context, RCPs: e.rcps}
	holder := resource
	if strings.HasPrefix(resource, "arn:aws:s3:::") {
		holder, _, _ = strings.Cut(resource, "/")
	}
	// The policy of a role is its trust policy, which applies only to sts:AssumeRole calls.
	if policy, ok := e.policies[holder]; ok && service != "iam" {
		q.Policy = &policy
	}
	return q
}

// there returns a name and asserts that the stack has it among the resources of a kind.
func (e *estate) there(kind, name string) string {
	e.Helper()
	if !slices.Contains(e.inventory[kind], name) {
		e.Fatalf("%s are %v: no %s", kind, e.inventory[kind], name)
	}
	return name
}

// first returns the first name of a kind in the stack.
func (e *estate) first(kind string) string {
	e.Helper()
	if len(e.inventory[kind]) == 0 {
		e.Fatalf("there are no %s", kind)
	}
	return e.inventory[kind][0]
}

func (e *estate) regional(service, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + e.plan.Account + ":" + resource
}

// artifact is an object with an artifact of an app.
func (e *estate) artifact(app, name string) string {
	return e.plan.Bucket("artifacts").ARN + "/" + settings.ArtifactFolder(e.plan.Gate, app) + "/" + name + "/a1B2c3D"
}

// record is an object that AWS Config writes.
func (e *estate) record() string {
	return e.plan.Bucket("config").ARN + "/AWSLogs/" + e.plan.Account + "/Config/" + region + "/2026/1/1/ConfigHistory/x.json.gz"
}

func (e *estate) taskDefinition(app delivered) string {
	return e.regional("ecs", "task-definition/"+app.service+":7")
}
