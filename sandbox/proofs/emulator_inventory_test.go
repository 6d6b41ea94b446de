package proofs

import (
	"context"
	"errors"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/pipes"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/signer"
	signertypes "github.com/aws/aws-sdk-go-v2/service/signer/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"prodgate/sandbox/engine/cloud"
)

// lists list the resources of each service. A part of a listed resource, such as a bucket's policy, is
// not listed.
var lists = map[string]func(context.Context, aws) ([]string, error){
	"pipelines": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.codepipeline.ListPipelines(ctx, &codepipeline.ListPipelinesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range got.Pipelines {
			names = append(names, *p.Name)
		}
		return names, nil
	},
	"projects": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.codebuild.ListProjects(ctx, &codebuild.ListProjectsInput{})
		if err != nil {
			return nil, err
		}
		return got.Projects, nil
	},
	// AWS keeps a canceled profile, by its name, for two years.
	"signing profiles": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.signer.ListSigningProfiles(ctx, &signer.ListSigningProfilesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range got.Profiles {
			if p.Status == signertypes.SigningProfileStatusActive {
				names = append(names, *p.ProfileName)
			}
		}
		return names, nil
	},
	"CodeDeploy applications": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.codedeploy.ListApplications(ctx, &codedeploy.ListApplicationsInput{})
		if err != nil {
			return nil, err
		}
		return got.Applications, nil
	},
	"source repositories": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.codecommit.ListRepositories(ctx, &codecommit.ListRepositoriesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, r := range got.Repositories {
			names = append(names, *r.RepositoryName)
		}
		return names, nil
	},
	"approval rules": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.codecommit.ListApprovalRuleTemplates(ctx, &codecommit.ListApprovalRuleTemplatesInput{})
		if err != nil {
			return nil, err
		}
		return got.ApprovalRuleTemplateNames, nil
	},
	"connections": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.connections.ListConnections(ctx, &codeconnections.ListConnectionsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, c := range got.Connections {
			names = append(names, *c.ConnectionName)
		}
		return names, nil
	},
	"Config recorders": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.config.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, r := range got.ConfigurationRecorders {
			names = append(names, *r.Name)
		}
		return names, nil
	},
	"Config channels": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.config.DescribeDeliveryChannels(ctx, &configservice.DescribeDeliveryChannelsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, c := range got.DeliveryChannels {
			names = append(names, *c.Name)
		}
		return names, nil
	},
	"Config rules": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.config.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, r := range got.ConfigRules {
			names = append(names, *r.ConfigRuleName)
		}
		return names, nil
	},
	"Config remedies": func(ctx context.Context, a aws) ([]string, error) {
		rules, err := a.config.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for some := range slices.Chunk(rules.ConfigRules, 25) { // the next call takes no more
			var asked []string
			for _, r := range some {
				asked = append(asked, *r.ConfigRuleName)
			}
			got, err := a.config.DescribeRemediationConfigurations(ctx, &configservice.DescribeRemediationConfigurationsInput{ConfigRuleNames: asked})
			if err != nil {
				return nil, err
			}
			for _, one := range got.RemediationConfigurations {
				names = append(names, *one.ConfigRuleName)
			}
		}
		return names, nil
	},
	"repositories": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, r := range got.Repositories {
			names = append(names, *r.RepositoryName)
		}
		return names, nil
	},
	"event rules": func(ctx context.Context, a aws) ([]string, error) {
		return rulesOf(ctx, a.events)
	},
	"event rules of IAM's region": func(ctx context.Context, a aws) ([]string, error) {
		return rulesOf(ctx, a.global)
	},
	"queues": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.sqs.ListQueues(ctx, &sqs.ListQueuesInput{})
		if err != nil {
			return nil, err
		}
		return got.QueueUrls, nil
	},
	"pipes": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.pipes.ListPipes(ctx, &pipes.ListPipesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range got.Pipes {
			names = append(names, *p.Name)
		}
		return names, nil
	},
	// AWS generates the ids at the end of their ARNs.
	"API destinations": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.events.ListApiDestinations(ctx, &eventbridge.ListApiDestinationsInput{})
		if err != nil {
			return nil, err
		}
		var arns []string
		for _, d := range got.ApiDestinations {
			arns = append(arns, *d.ApiDestinationArn)
		}
		return arns, nil
	},
	"connections of EventBridge": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.events.ListConnections(ctx, &eventbridge.ListConnectionsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, c := range got.Connections {
			names = append(names, *c.Name)
		}
		return names, nil
	},
	"alarms": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.cloudwatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, alarm := range got.MetricAlarms {
			names = append(names, *alarm.AlarmName)
		}
		return names, nil
	},
	"detectors": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.guardduty.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
		if err != nil {
			return nil, err
		}
		return got.DetectorIds, nil
	},
	"roles": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.iam.ListRoles(ctx, &iam.ListRolesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, r := range got.Roles {
			// AWS creates service-linked roles, and the sandbox the roles that settings name.
			if !strings.HasPrefix(*r.Path, "/aws-service-role/") && awssdk.ToString(r.Description) != cloud.Seeded {
				names = append(names, *r.RoleName)
			}
		}
		return names, nil
	},
	"policies": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.iam.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range got.Policies {
			names = append(names, *p.PolicyName)
		}
		return names, nil
	},
	"OIDC providers": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.iam.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range got.OpenIDConnectProviderList {
			names = append(names, *p.Arn)
		}
		return names, nil
	},
	// A key that is scheduled for deletion counts as deleted.
	"keys": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.kms.ListKeys(ctx, &kms.ListKeysInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, k := range got.Keys {
			key, err := a.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId})
			if err != nil {
				return nil, err
			}
			m := key.KeyMetadata
			if m.KeyState != kmstypes.KeyStatePendingDeletion && m.KeyManager == kmstypes.KeyManagerTypeCustomer {
				names = append(names, awssdk.ToString(m.Description))
			}
		}
		return names, nil
	},
	"aliases": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.kms.ListAliases(ctx, &kms.ListAliasesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, alias := range got.Aliases {
			if !strings.HasPrefix(*alias.AliasName, "alias/aws/") {
				names = append(names, *alias.AliasName)
			}
		}
		return names, nil
	},
	"log groups": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, g := range got.LogGroups {
			names = append(names, *g.LogGroupName)
		}
		return names, nil
	},
	"buckets": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.s3.ListBuckets(ctx, &s3.ListBucketsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, b := range got.Buckets {
			names = append(names, *b.Name)
		}
		return names, nil
	},
	"parameters": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.ssm.DescribeParameters(ctx, &ssm.DescribeParametersInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range got.Parameters {
			names = append(names, *p.Name)
		}
		return names, nil
	},
	// A secret that is scheduled for deletion counts as deleted.
	"secrets": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.secrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, s := range got.SecretList {
			names = append(names, *s.Name)
		}
		return names, nil
	},
	"state machines": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.sfn.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, m := range got.StateMachines {
			names = append(names, *m.Name)
		}
		return names, nil
	},
	"trails": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.cloudtrail.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, t := range got.TrailList {
			names = append(names, *t.Name)
		}
		return names, nil
	},
	"analyzers": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.analyzers.ListAnalyzers(ctx, &accessanalyzer.ListAnalyzersInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, one := range got.Analyzers {
			names = append(names, *one.Name)
		}
		return names, nil
	},
	"hubs": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.securityhub.DescribeHub(ctx, &securityhub.DescribeHubInput{})
		var none *hubtypes.InvalidAccessException
		if errors.As(err, &none) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []string{*got.HubArn}, nil
	},
	"topics": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.sns.ListTopics(ctx, &sns.ListTopicsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, t := range got.Topics {
			names = append(names, *t.TopicArn)
		}
		return names, nil
	},
	"subscriptions": func(ctx context.Context, a aws) ([]string, error) {
		got, err := a.sns.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, s := range got.Subscriptions {
			names = append(names, *s.Endpoint)
		}
		return names, nil
	},
}

// rulesOf lists the names of a region's EventBridge rules, page by page.
func rulesOf(ctx context.Context, events *eventbridge.Client) ([]string, error) {
	var names []string
	for next := (*string)(nil); ; {
		got, err := events.ListRules(ctx, &eventbridge.ListRulesInput{NextToken: next})
		if err != nil {
			return nil, err
		}
		for _, r := range got.Rules {
			names = append(names, *r.Name)
		}
		if next = got.NextToken; next == nil {
			return names, nil
		}
	}
}

// inventory lists all resources, by kind.
func (w *world) inventory() map[string][]string {
	w.Helper()
	all := map[string][]string{}
	for kind, list := range lists {
		names, err := list(w.Context(), w.aws)
		w.must(err)
		if len(names) > 0 {
			all[kind] = names
		}
	}
	if w.Cloud.Organization.TargetID == "" {
		return all
	}
	for kind, list := range organizationLists {
		names, err := list(w.Context(), w.organizations())
		w.must(err)
		if len(names) > 0 {
			all[kind] = names
		}
	}
	return all
}

// empty fails if the account has a resource of the gate.
func (w *world) empty(when string) {
	w.Helper()
	same(w.T, when+" the account", w.inventory(), map[string][]string{})
	same(w.T, when+" what the program's repository has of environments", w.listEnvironments(), map[string]any{})
	w.assertGitHubEmpty(when)
}

// ofChat are the kinds of resources of a chat.
var ofChat = []string{"pipes", "API destinations", "connections of EventBridge"}

// full fails if a kind has no resource, except for the given kinds: otherwise an empty inventory would
// prove nothing.
func (w *world) full(but ...string) {
	w.Helper()
	now, kinds := w.inventory(), keys(lists)
	if w.Cloud.Organization.TargetID != "" {
		kinds = append(kinds, keys(organizationLists)...)
	}
	for _, kind := range kinds {
		if kind == "OIDC providers" && len(w.listEnvironments()) == 0 {
			continue // a stack without workflows
		}
		if kind == "event rules of IAM's region" && w.silent {
			continue
		}
		if kind == "state machines" && w.output("containmentArn") == "" {
			continue // a stack whose response is another
		}
		if kind == "CodeDeploy applications" {
			continue // of apps whose traffic is shifted: TestDelivery_RollingToBlueGreen
		}
		if kind == "source repositories" || kind == "approval rules" {
			continue // of a stack whose source is CodeCommit: TestDelivery_CodeCommit
		}
		if slices.Contains(ofChat, kind) {
			continue // of a stack that tells a chat: TestAlerts_Chat
		}
		if kind == "hubs" {
			continue // off unless a stack wants it: TestDetection_Create does
		}
		if len(now[kind]) == 0 && !slices.Contains(but, kind) {
			w.Errorf("no %s with a stack that is up", kind)
		}
	}
}
