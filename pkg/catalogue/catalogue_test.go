package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// account is a stack with these clusters, one app each, that has everything.
func account(clusters ...string) *settings.Settings {
	s := &settings.Settings{Account: "111111111111", Region: "eu-west-2", Name: "prodgate"}
	s.Access = settings.Access{
		DeployerArns:  []string{"arn:aws:iam::111111111111:role/deployer"},
		BreakGlassArn: "arn:aws:iam::111111111111:role/break-glass",
		ApproverArns:  []string{"arn:aws:iam::111111111111:role/release-manager"},
	}
	s.Source = settings.Source{Owner: "example-org", Repository: "web"}
	s.Organization.Regions = []string{"eu-west-2"}
	s.Detection = settings.Detection{Response: settings.Contain, Trail: settings.Create}
	s.Workflows.Repository = "infrastructure"
	s.ChatWebhook = "https://chat.example.com/x"
	for _, cluster := range clusters {
		s.Apps = append(s.Apps, settings.App{
			Name: "app-" + cluster, Cluster: cluster, Repository: "web",
			ExecutionRoleArn: "arn:aws:iam::111111111111:role/" + cluster + "-execution", Secrets: []settings.Secret{{Name: "TOKEN"}},
		})
	}
	return s
}

// shift lets CodeDeploy deploy a stack's first app.
func shift(s *settings.Settings) {
	s.Apps[0].Deployment = settings.Deployment{
		Kind: settings.BlueGreen, TargetGroups: []string{"blue", "green"}, ListenerArn: "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef",
	}
}

// committed is a stack whose sources are CodeCommit's.
func committed(clusters ...string) *settings.Settings {
	s := account(clusters...)
	s.Source = settings.Source{
		Provider: settings.CodeCommit, Owner: "example-org", Repository: "web", Repositories: settings.Create,
		MergerArns: []string{"arn:aws:iam::111111111111:role/reviewer"},
	}
	return s
}

func TestCatalogue_ServiceRolesExceptApprovers(t *testing.T) {
	t.Parallel()
	s := account("web")
	for _, pattern := range ServiceRoles.Resources(s) {
		if like(pattern, naming.New(s).Role("app-web", naming.Approver).ARN) {
			t.Errorf("%s is of an approver too", pattern)
		}
	}
	for _, duty := range naming.Serves() {
		arn := naming.New(s).Role("", duty).ARN
		if !slices.ContainsFunc(ServiceRoles.Resources(s), func(pattern string) bool { return like(pattern, arn) }) {
			t.Errorf("no pattern is of %s", arn)
		}
	}
}

func TestCatalogue_RowsAreComplete(t *testing.T) {
	t.Parallel()
	action := regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z]+$`)
	denies := []Control{Guardrail, RepositoryPolicy, BucketPolicy, KeyPolicy, TopicPolicy, SecretPolicy, BranchProtection, OnlyMainCheck, CodeOwners}
	reports := []Control{Alert, AlertOnRead, BranchEvent, Preview, Nothing}
	duties := []string{naming.Pipeline, naming.Build, naming.Approver, naming.Recorder, naming.Dispatcher, naming.Verifier,
		naming.Containment, naming.Release, naming.Remediator, naming.ChatPipe, naming.Scan, naming.Inspect, naming.Sign, naming.Prepare, naming.Shift, Execution, Approvers, Mergers, Trigger, Rotation, ServiceLinked}
	known := account("web")
	shift(known)
	seen := map[string]bool{}
	used := map[Target]bool{}
	for _, c := range Calls {
		name := c.Action + " on " + string(c.On)
		if seen[name] {
			t.Errorf("%s stands there twice", name)
		}
		seen[name], used[c.On] = true, true
		if !action.MatchString(c.Action) {
			t.Errorf("%s: no name of an action", name)
		}
		if c.Impact == "" || strings.HasSuffix(c.Impact, ".") || strings.Contains(c.Impact, "|") {
			t.Errorf("%s: %q is no plain clause", name, c.Impact)
		}
		if len(c.On.Resources(known))+len(c.On.Resources(committed("web"))) == 0 {
			t.Errorf("%s: nothing to make it on", name)
		}
		for _, duty := range c.Authorized {
			if !slices.Contains(duties, duty) {
				t.Errorf("%s: nobody is %q", name, duty)
			}
		}
		for _, control := range c.Denied {
			if !slices.Contains(denies, control) {
				t.Errorf("%s: %q denies nothing", name, control)
			}
			if strings.HasSuffix(string(control), "policy") && resourcePolicyOf[c.On] != control {
				t.Errorf("%s has no %s", name, control)
			}
			// Whom settings do not name, no guardrail can leave out.
			if control == Guardrail && (slices.Contains(c.Authorized, Execution) || slices.Contains(c.Authorized, Rotation) || slices.Contains(c.Authorized, ServiceLinked)) {
				t.Errorf("%s: a guardrail would refuse it to %v", name, c.Authorized)
			}
		}
		if !slices.Contains(reports, c.Reported) {
			t.Errorf("%s: %q reports nothing", name, c.Reported)
		}
		if len(c.Denied) == 0 && c.Reported == Nothing {
			t.Errorf("%s is neither denied nor reported", name)
		}
	}
	for _, at := range scopes {
		if !used[at.target] {
			t.Errorf("nothing is done to %s", at.target)
		}
		if at.description == "" || at.kind == "" || (at.operator == "") != (at.key == "") || (at.operator == "") != (at.values == nil) {
			t.Errorf("%s is not whole: %+v", at.target, at)
		}
	}
	for target := range resourcePolicyOf {
		if !used[target] {
			t.Errorf("nothing is done to %s", target)
		}
	}
}

// required are calls known to have been used around a pipeline, or to be of use.
var required = map[string]string{
	"codepipeline": "UpdatePipeline DeletePipeline CreatePipeline StartPipelineExecution StopPipelineExecution RetryStageExecution RollbackStage " +
		"OverrideStageCondition DisableStageTransition EnableStageTransition PutApprovalResult PutJobSuccessResult TagResource UntagResource",
	"codebuild": "UpdateProject DeleteProject CreateProject UpdateProjectVisibility StartBuild StartBuildBatch RetryBuild CreateWebhook UpdateWebhook " +
		"PutResourcePolicy ImportSourceCredentials StartSandbox",
	"ecr": "PutImage InitiateLayerUpload UploadLayerPart CompleteLayerUpload BatchGetImage GetDownloadUrlForLayer BatchDeleteImage PutImageTagMutability " +
		"SetRepositoryPolicy DeleteRepositoryPolicy DeleteRepository PutLifecyclePolicy PutRegistryPolicy PutReplicationConfiguration",
	"ecs":                  "UpdateService DeleteService RunTask StartTask CreateTaskSet UpdateServicePrimaryTaskSet ExecuteCommand",
	"codeconnections":      "DeleteConnection UpdateHost",
	"codestar-connections": "DeleteConnection UpdateHost",
	"s3": "PutBucketPolicy DeleteBucketPolicy PutObject DeleteObject DeleteObjectVersion ReplicateObject PutBucketVersioning PutLifecycleConfiguration " +
		"PutEncryptionConfiguration PutBucketPublicAccessBlock DeleteBucket",
	"kms": "PutKeyPolicy ScheduleKeyDeletion DisableKey DisableKeyRotation CreateGrant CreateAlias DeleteAlias UpdateAlias Decrypt",
	"iam": "CreateRole UpdateRole DeleteRole PutRolePolicy DeleteRolePolicy AttachRolePolicy DetachRolePolicy UpdateAssumeRolePolicy PassRole " +
		"PutRolePermissionsBoundary DeleteRolePermissionsBoundary CreatePolicy DeletePolicy CreatePolicyVersion SetDefaultPolicyVersion " +
		"DeleteOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider",
	"sts":        "AssumeRole",
	"events":     "PutRule PutTargets DisableRule DeleteRule RemoveTargets",
	"sns":        "DeleteTopic SetTopicAttributes AddPermission RemovePermission Subscribe Unsubscribe Publish",
	"cloudtrail": "StopLogging DeleteTrail UpdateTrail PutEventSelectors",
	"guardduty":  "DeleteDetector UpdateDetector CreateFilter DisassociateFromAdministratorAccount",
	"config":     "StopConfigurationRecorder DeleteConfigurationRecorder DeleteDeliveryChannel DeleteConfigRule",
	"secretsmanager": "GetSecretValue PutSecretValue UpdateSecret DeleteSecret PutResourcePolicy DeleteResourcePolicy " +
		"RotateSecret",
	"logs":          "DeleteLogGroup DeleteLogStream DeleteRetentionPolicy",
	"organizations": "LeaveOrganization",
	"github":        "ForcePush DeleteBranch Push AdminOverride EditWorkflow MergeFromOtherBranch",
}

func TestCatalogue_RequiredCalls(t *testing.T) {
	t.Parallel()
	for service, names := range required {
		for name := range strings.FieldsSeq(names) {
			if !slices.ContainsFunc(Calls, func(c Call) bool { return c.Action == service+":"+name }) {
				t.Errorf("%s:%s is not in the table", service, name)
			}
		}
	}
	// A role that is trusted is as good as the gate's own.
	for _, c := range Calls {
		if strings.HasPrefix(c.Action, "iam:") && c.On == Roles &&
			!slices.ContainsFunc(Calls, func(o Call) bool { return o.Action == c.Action && o.On == TrustedRoles }) {
			t.Errorf("%s is done to the gate's roles alone", c.Action)
		}
	}
}

// controls are what denies a call to everybody who is not authorized, and what reports it.
type controls struct {
	denied   []Control
	reported Control
}

// leastOf are the controls that every call on a target has, where they are not a guardrail and an alert. They are written
// here once more, because the attack on the deployed documents takes its expectation from the rows: a row that is
// weakened by mistake has to fail against something else.
var leastOf = map[Target]controls{
	ArtifactKey:     {[]Control{KeyPolicy}, AlertOnRead},
	ArtifactObjects: {[]Control{BucketPolicy}, Nothing},
	RecordObjects:   {[]Control{BucketPolicy}, Nothing},
	CallObjects:     {[]Control{BucketPolicy}, Nothing},
	SecretsKey:      {[]Control{KeyPolicy}, AlertOnRead},
	Buckets:         {[]Control{Guardrail, BucketPolicy}, Alert},
	Keys:            {[]Control{Guardrail, KeyPolicy}, Alert},
	Repositories:    {[]Control{Guardrail, RepositoryPolicy}, Alert},
	Secrets:         {[]Control{Guardrail, SecretPolicy}, Alert},
	Topic:           {[]Control{Guardrail, TopicPolicy}, Alert},
	SourceBranch:    {[]Control{Guardrail}, BranchEvent},
	Branch:          {[]Control{BranchProtection}, Nothing},
	Workflow:        {[]Control{CodeOwners}, Preview},
	ServiceRoles:    {[]Control{Guardrail}, AlertOnRead},
	ApproverRoles:   {[]Control{Guardrail}, AlertOnRead},
	BreakGlass:      {nil, AlertOnRead},
	ForeignServices: {nil, Alert},
}

// leastOfCall are the controls of calls that differ from their target's.
var leastOfCall = map[string]controls{
	// The pipeline's build, the service's execution role or a function may make these: only the resource's policy tells them apart.
	"ecr:InitiateLayerUpload":                 {[]Control{RepositoryPolicy}, Alert},
	"ecr:UploadLayerPart":                     {[]Control{RepositoryPolicy}, Alert},
	"ecr:CompleteLayerUpload":                 {[]Control{RepositoryPolicy}, Alert},
	"ecr:PutImage":                            {[]Control{RepositoryPolicy}, Alert},
	"ecr:BatchGetImage":                       {[]Control{RepositoryPolicy}, AlertOnRead},
	"ecr:GetDownloadUrlForLayer":              {[]Control{RepositoryPolicy}, AlertOnRead},
	"secretsmanager:PutSecretValue":           {[]Control{SecretPolicy}, Alert},
	"secretsmanager:UpdateSecretVersionStage": {[]Control{SecretPolicy}, Alert},
	"secretsmanager:GetSecretValue":           {[]Control{SecretPolicy}, AlertOnRead},
	"sns:Publish":                             {[]Control{TopicPolicy}, Nothing},
	// Their resource has no policy that could deny them: it does not exist yet, or the call names something else.
	"ecr:CreateRepository":          {[]Control{Guardrail}, Alert},
	"ecr:BatchImportUpstreamImage":  {[]Control{Guardrail}, Alert},
	"sns:SetSubscriptionAttributes": {[]Control{Guardrail}, Alert},
	"sns:Unsubscribe":               {[]Control{Guardrail}, Alert},
	// An action that AWS checks within other calls has no event.
	"iam:PassRole": {[]Control{Guardrail}, Nothing},
	// AWS Config gives rules their ARNs: a guardrail could deny only the creation of every rule, those of other teams included.
	"config:PutConfigRule": {nil, Alert},
	"github:AdminOverride": {[]Control{BranchProtection}, Preview},
	// The merge is allowed, and its check fails.
	"github:MergeFromOtherBranch": {[]Control{OnlyMainCheck}, Nothing},
}

// TestCatalogue_RowsAreNotWeakened fails where a row has fewer controls than its target's calls have to have.
func TestCatalogue_RowsAreNotWeakened(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, c := range Calls {
		least, ok := leastOfCall[c.Action]
		if used[c.Action] = true; !ok {
			least, ok = leastOf[c.On]
			used[string(c.On)] = true
		}
		if !ok {
			least = controls{[]Control{Guardrail}, Alert}
		}
		for _, control := range least.denied {
			if !slices.Contains(c.Denied, control) {
				t.Errorf("%s on %s is not denied by the %s", c.Action, c.On, control)
			}
		}
		if c.Reported != least.reported {
			t.Errorf("%s on %s is reported by %s, want %s", c.Action, c.On, c.Reported, least.reported)
		}
	}
	for action := range leastOfCall {
		if !used[action] {
			t.Errorf("%s is not in the table", action)
		}
	}
	for target := range leastOf {
		if !used[string(target)] {
			t.Errorf("no call on %s", target)
		}
	}
}

func TestCatalogue_AbsentTargets(t *testing.T) {
	t.Parallel()
	s := account("web")
	s.Workflows.Repository = ""
	s.Detection = settings.Detection{GuardDuty: settings.Off, Config: settings.Off}
	for _, target := range []Target{IdentityProvider, Detector, Recorder, ConfigRules} {
		if got := target.Resources(s); len(got) != 0 {
			t.Errorf("%s: %v", target, got)
		}
	}
}

func TestCatalogue_ConnectionPrefixes(t *testing.T) {
	t.Parallel()
	const id = "aEXAMPLE-8aad-4d5d-8878-dfcab0bc441f"
	s := account("web")
	for adopted, want := range map[string]string{
		"": "*",
		"arn:aws:codestar-connections:eu-west-2:111111111111:connection/" + id: id,
		"arn:aws:codeconnections:eu-west-2:111111111111:connection/" + id:      id,
	} {
		s.Source.ConnectionArn = adopted
		got := Connections.Resources(s)
		if !slices.Equal(got, []string{
			"arn:aws:codeconnections:eu-west-2:111111111111:connection/" + want,
			"arn:aws:codestar-connections:eu-west-2:111111111111:connection/" + want,
		}) {
			t.Errorf("%q: %v", adopted, got)
		}
	}
}

// An action is made on one type of resource: a kind that two types share would make
// statements that refuse too little, two kinds of one type some that refuse too much.
func TestCatalogue_KindsAreResourceTypes(t *testing.T) {
	t.Parallel()
	s := account("web")
	kinds := map[string]string{}
	for _, at := range scopes {
		for _, resource := range at.target.Resources(s) {
			of := typeOf(resource)
			if kind, known := kinds[of]; known && kind != at.kind {
				t.Errorf("%s is both %s and %s", of, kind, at.kind)
			}
			kinds[of] = at.kind
		}
	}
	if len(kinds) < 20 {
		t.Errorf("looked at %d types only", len(kinds))
	}
}
