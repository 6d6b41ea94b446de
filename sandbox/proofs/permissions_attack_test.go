package proofs

import (
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/naming"
	"prodgate/sandbox/evaluators/authority"
)

// actor is a principal that makes calls, with its name in the catalogue.
type actor struct {
	name string
	authority.Principal
	// duty is one of address's, or one of the catalogue's own; empty for whom it has
	// no word for. app is whose; empty: every app's. ours is whether it is the gate's.
	duty, app string
	ours      bool
	// trusted is whether no policy of ours may refuse it anything.
	trusted bool
}

// powerUserAccess is AWS's managed policy of that name, AWS Managed Policy
// Reference Guide, version 6.
const powerUserAccess = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},
	{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail",
		"account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",
		"organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resource":"*"}]}`

// actors are all principals that make calls: people, and every role of the gate. The gate's roles
// have their deployed policies; the others have AWS managed policies.
func (e *estate) actors(apps []delivered) []actor {
	all := []actor{
		{name: "an outsider", Principal: authority.Principal{
			ARN: "arn:aws:iam::333333333333:role/administrator", Identity: []authority.Policy{{Name: "AdministratorAccess", Document: administratorAccess}},
		}},
		{name: "a developer", Principal: e.outside(e.named("developer"), powerUserAccess)},
		{name: "an administrator", Principal: e.outside(e.named("administrator"), administratorAccess)},
		{name: "an approver", Principal: e.releaseManager(), duty: catalogue.Approvers},
		{name: "the deployer", Principal: e.deployer(), trusted: true},
		{name: "a reviewer", Principal: e.outside(e.named("reviewer"), administratorAccess), duty: catalogue.Mergers},
		{name: "break-glass", Principal: e.outside(e.named("break-glass"), administratorAccess), trusted: true},
	}
	for _, app := range apps {
		all = append(all, actor{name: "the execution role of " + app.name, Principal: e.outside(app.executionRole, taskExecution), duty: catalogue.Execution, app: app.name})
	}
	for _, arn := range keys(e.roles) {
		r := e.roles[arn]
		of := actor{name: arn[strings.LastIndex(arn, "/")+1:], Principal: r.Principal, duty: r.duty, ours: true, trusted: r.duty == naming.Deploy}
		for _, app := range apps {
			if arn == e.plan.Role(app.name, r.duty).ARN {
				of.app = app.name
			}
		}
		all = append(all, of)
	}
	return all
}

// place is a resource of a target, with the context keys of a request on it.
type place struct {
	on   string
	with map[string]string
	// by is the action that says more; empty for every one.
	by string
	// common is whether it is every app's.
	common bool
}

// at returns places without context keys.
func at(arns ...string) []place {
	places := make([]place, len(arns))
	for i, arn := range arns {
		places[i].on = arn
	}
	return places
}

// places are the resources of the catalogue's targets in a deployed stack, for one app; none if the
// stack lacks the target. An action is evaluated on the resources that it applies to.
var places = map[catalogue.Target]func(*estate, delivered) []place{
	catalogue.Account: func(e *estate, _ delivered) []place {
		return at("arn:aws:account::"+e.plan.Account+":account", e.regional("guardduty", "detector/"+e.first("detectors")+"/ipset/x"), e.regional("guardduty", "detector/"+e.first("detectors")))
	},
	catalogue.Pipelines: func(e *estate, a delivered) []place {
		return at(e.regional("codepipeline", e.there("pipelines", e.plan.Pipeline(a.name).Name)), e.regional("codepipeline", "webhook:x-"+e.plan.Gate))
	},
	catalogue.Stages: func(e *estate, a delivered) []place {
		return at(e.regional("codepipeline", e.there("pipelines", e.plan.Pipeline(a.name).Name)) + "/Deploy")
	},
	catalogue.Approval: func(e *estate, a delivered) []place {
		if len(e.rolesOf(isApprover)) == 0 {
			return nil
		}
		return at(e.plan.Approval(a.name))
	},
	catalogue.Projects: func(e *estate, a delivered) []place {
		return at(e.regional("codebuild", "project/"+e.there("projects", e.plan.Project(a.name, naming.Build).Name)))
	},
	catalogue.Repositories: func(e *estate, a delivered) []place {
		return at(e.regional("ecr", "repository/"+e.there("repositories", e.plan.Repository(a.name).Name)))
	},
	catalogue.Buckets: func(e *estate, _ delivered) []place {
		return at("arn:aws:s3:::"+e.there("buckets", e.plan.Bucket("artifacts").Name), "arn:aws:s3:::"+e.there("buckets", e.plan.Bucket("config").Name))
	},
	catalogue.ArtifactObjects: func(e *estate, a delivered) []place {
		return at(e.artifact(a.name, "Build"), e.artifact(a.name, "Sbom"), e.artifact(a.name, "Release"))
	},
	catalogue.RecordObjects: func(e *estate, _ delivered) []place {
		return []place{{on: e.record(), with: byOwner, by: "s3:PutObject"}}
	},
	catalogue.Keys: func(e *estate, _ delivered) (all []place) {
		for _, purpose := range keys(e.keys) {
			all = append(all, place{on: e.key(purpose)})
		}
		return all
	},
	catalogue.ArtifactKey: func(e *estate, _ delivered) []place {
		return []place{{on: e.key("artifacts"), with: viaS3, common: true}}
	},
	catalogue.SecretsKey: func(e *estate, a delivered) []place {
		if len(e.secrets) == 0 {
			return nil
		}
		return []place{{on: e.key("secrets"), with: e.viaSecrets(e.secret(a.name))}}
	},
	catalogue.Secrets: func(e *estate, a delivered) []place {
		if len(e.secrets) == 0 {
			return nil
		}
		return at(e.secret(a.name))
	},
	catalogue.Aliases: func(e *estate, _ delivered) []place {
		return at(e.regional("kms", e.there("aliases", e.plan.KeyAlias("artifacts"))))
	},
	catalogue.Roles: func(e *estate, _ delivered) []place { return at(keys(e.roles)...) },
	catalogue.TrustedRoles: func(e *estate, _ delivered) []place {
		return at(e.deployer().ARN, e.named("break-glass"))
	},
	catalogue.ServiceRoles: func(e *estate, _ delivered) []place {
		return at(e.rolesOf(func(duty string) bool { return !isApprover(duty) })...)
	},
	catalogue.ApproverRoles: func(e *estate, _ delivered) []place {
		return at(e.rolesOf(isApprover)...)
	},
	catalogue.BreakGlass: func(e *estate, _ delivered) []place {
		return at(e.named("break-glass"))
	},
	catalogue.Policies: func(e *estate, a delivered) []place {
		return at(e.plan.Policy(a.name, naming.Build).ARN, e.plan.Boundary(naming.Build).ARN)
	},
	catalogue.IdentityProvider: func(e *estate, _ delivered) []place {
		if _, made := e.roles[e.plan.Role("", naming.Deploy).ARN]; !made {
			return nil
		}
		return at(e.plan.GitHubProvider())
	},
	catalogue.Rules: func(e *estate, _ delivered) []place {
		return at(e.regional("events", "rule/"+e.first("event rules")))
	},
	catalogue.Topic: func(e *estate, _ delivered) []place {
		return []place{{on: e.there("topics", e.plan.Topic().ARN), common: true}, {on: e.plan.Topic().ARN + ":5be8e5a7"}}
	},
	// The account's own: the gate makes none.
	catalogue.Trails: func(e *estate, _ delivered) []place { return at(e.regional("cloudtrail", "trail/management")) },
	catalogue.Detector: func(e *estate, _ delivered) []place {
		detector := e.regional("guardduty", "detector/"+e.first("detectors"))
		return at(detector, detector+"/filter/x", detector+"/ipset/x", detector+"/trustedentityset/x")
	},
	catalogue.Recorder: func(e *estate, _ delivered) []place {
		return at(e.regional("config", "configuration-recorder/"+e.first("Config recorders")+"/x"))
	},
	// AWS makes up the id of a rule.
	catalogue.ConfigRules: func(e *estate, _ delivered) []place { return at(e.regional("config", "config-rule/config-rule-x")) },
	catalogue.DeadLetters: func(e *estate, _ delivered) []place {
		if !e.tellsChat() {
			return at(e.plan.DeadLetters().ARN)
		}
		return at(e.plan.DeadLetters().ARN, e.plan.ChatQueue().ARN)
	},
	catalogue.Chat: func(e *estate, _ delivered) []place {
		if !e.tellsChat() {
			return nil
		}
		return at(e.plan.Chat().ARN)
	},
	catalogue.ChatDestination: func(e *estate, _ delivered) []place {
		if !e.tellsChat() {
			return nil
		}
		return at(e.first("API destinations"))
	},
	catalogue.Alarms: func(e *estate, _ delivered) []place {
		return at(e.regional("cloudwatch", "alarm:"+e.there("alarms", e.plan.DeadLetterAlarm().Name)))
	},
	catalogue.Machines: func(e *estate, _ delivered) []place {
		if len(e.inventory["state machines"]) == 0 {
			return nil
		}
		return at(e.plan.Machine(naming.Containment).ARN)
	},
	catalogue.Executions: func(e *estate, _ delivered) []place {
		if len(e.inventory["state machines"]) == 0 {
			return nil
		}
		return at(e.regional("states", "execution:"+e.plan.Machine(naming.Containment).Name+":x"))
	},
	catalogue.KnownState: func(e *estate, a delivered) []place {
		return at(e.plan.KnownState(a.name).ARN, e.plan.KnownState("").ARN)
	},
	catalogue.CheckFunction: func(e *estate, _ delivered) []place { return at(e.plan.CheckFunction().ARN) },
	catalogue.Analyzers: func(e *estate, _ delivered) []place {
		return at(e.regional("access-analyzer", "analyzer/"+e.plan.Gate), e.regional("access-analyzer", "analyzer/"+e.plan.Gate+"/archive-rule/x"))
	},
	catalogue.Remedies: func(e *estate, _ delivered) []place {
		return at(e.regional("config", "remediation-configuration/"+e.plan.Gate+"-s3-bucket-versioning-enabled/x"))
	},
	catalogue.SigningProfiles: func(e *estate, _ delivered) []place { return at(e.profile) },
	catalogue.Deployments: func(e *estate, a delivered) []place {
		if a.listener == "" {
			return nil
		}
		return at(e.regional("codedeploy", "application:"+e.there("CodeDeploy applications", e.plan.Deployments(a.name).Name)))
	},
	catalogue.DeploymentGroups: func(e *estate, a delivered) []place {
		if a.listener == "" {
			return nil
		}
		return at(e.plan.Deployment(a.name).ARN)
	},
	catalogue.Listeners: func(e *estate, a delivered) []place {
		if a.listener == "" {
			return nil
		}
		return at(a.listener)
	},
	catalogue.ListenerRules: ofListener(func(listener string) string {
		return strings.TrimSuffix(naming.RulesOf(listener), "*") + "fedcba9876543210"
	}),
	catalogue.LoadBalancers: ofListener(naming.LoadBalancerOf),
	catalogue.TargetGroups: func(e *estate, a delivered) []place {
		if a.listener == "" {
			return nil
		}
		return at(strings.TrimSuffix(e.plan.TargetGroup(targetGroup), "*") + "0123456789abcdef")
	},
	catalogue.ForeignServices: func(e *estate, a delivered) []place {
		if a.listener == "" {
			return nil
		}
		all := at(e.regional("ecs", "service/elsewhere/x"), e.regional("ecs", "task-set/elsewhere/x/ecs-svc/1"))
		for i := range all {
			all[i].with = map[string]string{"ecs:cluster": e.plan.Cluster("elsewhere")}
		}
		return all
	},
	catalogue.Bus: func(e *estate, _ delivered) []place { return at(e.plan.Bus()) },
	// Off in both stacks.
	catalogue.Hub: func(*estate, delivered) []place { return nil },
	catalogue.CallObjects: func(e *estate, _ delivered) []place {
		return at(e.plan.Bucket("trail").ARN + "/AWSLogs/" + e.plan.Account + "/CloudTrail/x")
	},
	catalogue.LogGroups: func(e *estate, a delivered) []place {
		group := e.regional("logs", "log-group:"+e.there("log groups", e.plan.LogGroup(a.name, naming.Build).Name))
		return at(group, group+":log-stream:x")
	},
	catalogue.Hosts: func(e *estate, _ delivered) []place {
		if e.source != "" {
			return nil
		}
		return at(e.plan.Connections("host/x-1")...)
	},
	catalogue.Connections: func(e *estate, _ delivered) []place {
		if e.source != "" {
			return nil
		}
		_, id, _ := strings.Cut(e.connection, ":connection/")
		return at(e.plan.Connections("connection/" + id)...)
	},
	catalogue.Sources:       ofSource(nil),
	catalogue.PullRequests:  ofSource(nil),
	catalogue.ApprovalRules: ofRule,
	catalogue.SourceBranch:  ofSource(map[string]string{"codecommit:References": "refs/heads/prod"}),
	catalogue.Services: func(e *estate, a delivered) []place {
		in := func(kind, what string) string { return e.regional("ecs", kind+"/"+a.cluster+"/"+what) }
		all := at(in("service", a.service), in("task-set", a.service+"/ecs-svc/1"), in("service-deployment", a.service+"/x"), in("task", "0b69d5c0"), in("daemon", "x"))
		for i := range all {
			all[i].with = map[string]string{"ecs:cluster": e.plan.Cluster(a.cluster)}
		}
		return all
	},
	catalogue.Tasks: func(e *estate, a delivered) []place {
		return []place{{on: e.taskDefinition(a), with: map[string]string{"ecs:cluster": e.plan.Cluster(a.cluster)}}}
	},
}

// ofListener is a part of the load balancer of an app whose traffic CodeDeploy shifts.
func ofListener(of func(listener string) string) func(*estate, delivered) []place {
	return func(_ *estate, a delivered) []place {
		if a.listener == "" {
			return nil
		}
		return at(of(a.listener))
	}
}

// ofSource is the repository of CodeCommit, which a stack whose source is GitHub has not.
func ofSource(with map[string]string) func(*estate, delivered) []place {
	return func(e *estate, _ delivered) []place {
		if e.source == "" {
			return nil
		}
		return []place{{on: e.plan.SourceRepository(e.source), with: with, common: true}}
	}
}

// ofRule is the approval rule template, which has no ARN.
func ofRule(e *estate, _ delivered) []place {
	if e.source == "" {
		return nil
	}
	return at("*")
}

// committed are the targets of a stack whose source is CodeCommit, and connected those of one
// whose source is GitHub.
var (
	committed = []catalogue.Target{catalogue.Sources, catalogue.PullRequests, catalogue.ApprovalRules, catalogue.SourceBranch}
	connected = []catalogue.Target{catalogue.Connections, catalogue.Hosts}
)

// answer is the catalogue's expectation for a call by a principal.
type answer string

const (
	allowed answer = "allowed"
	denied  answer = "denied"
	open    answer = "open" // no policy of the gate denies it, as without an organization
)

// expected returns the answer of a row.
func (e *estate) expected(row catalogue.Call, who actor, app string) answer {
	mine := who.app == "" || app == "" || who.app == app
	control := func(c catalogue.Control) bool { return c != catalogue.Guardrail || len(e.scps) > 0 }
	switch {
	case who.trusted, slices.Contains(row.Authorized, who.duty) && mine:
		return allowed
	case slices.ContainsFunc(row.Denied, control), who.ours:
		return denied
	default:
		return open
	}
}

// assertCatalogue asserts every row of the catalogue for every principal. The stack lacks exactly
// the given targets.
func (e *estate) assertCatalogue(t *testing.T, apps []delivered, lacks ...catalogue.Target) {
	app := apps[0]
	actors := e.actors(apps)
	type try struct {
		row catalogue.Call
		who actor
		app string // whose the resource is; empty: every app's
	}
	var tries []try
	var questions []authority.Question
	rows := 0
	for _, row := range catalogue.Calls {
		if strings.HasPrefix(row.Action, "github:") {
			continue // not an AWS call
		}
		found := e.resourcesOf(t, row, app)
		if none, expected := len(found) == 0, slices.Contains(lacks, row.On); none || expected {
			if none != expected {
				t.Errorf("%s on %s is made on %d resources of the stack; lacking: %t", row.Action, row.On, len(found), expected)
			}
			continue
		}
		rows++
		for _, p := range found {
			whose := app.name
			if p.common {
				whose = ""
			}
			for _, who := range actors {
				tries = append(tries, try{row, who, whose})
				questions = append(questions, e.question(who.Principal, row.Action, p.on, p.with))
			}
		}
	}
	verdicts, err := e.judge.Ask(t.Context(), questions...)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		row, who, q := tries[i].row, tries[i].who, questions[i]
		want := e.expected(row, who, tries[i].app)
		if row.On == catalogue.Topic && who.duty == naming.Pipeline && slices.Contains(lacks, catalogue.Approval) {
			want = denied // a pipeline without an approval publishes nothing
		}
		if row.Action == "codepipeline:StartPipelineExecution" && who.duty == naming.Dispatcher && e.source != "" {
			want = allowed // a change of prod starts pipelines
		}
		if row.Action == "ecs:UpdateService" && who.duty == naming.Pipeline && app.listener != "" {
			want = denied // CodeDeploy changes the service
		}
		if own, is := writes[who.duty]; is && row.On == catalogue.ArtifactObjects && !strings.Contains(q.Resource, "/"+own+"/") {
			want = denied
		}
		if slices.Contains(responseDuties, who.duty) && !e.isResponseCall(who.duty, apps, q) {
			want = denied // one state machine contains, the other releases
		}
		kept := row.On == catalogue.CallObjects && who.name != "break-glass" && e.isProtected(row.Action)
		if kept {
			want = denied // a deployer removes the protection first
		}
		right := v.Allowed == (want == allowed)
		switch {
		case want == open:
			// A call that no policy denies must be reported. PassRole is not a call by itself: the
			// call that passes the role is reported.
			right = !v.Allowed || row.Reported != catalogue.Nothing || row.Action == "iam:PassRole"
		case who.trusted && !kept && (row.Action == "sts:AssumeRole" || who.duty != ""):
			// A role's trust policy restricts who assumes it, and the gate's deployer has only the
			// permissions that it needs: no guardrail or resource policy may deny the call.
			right = !v.Refused || !strings.Contains(v.By, "guardrail ") && !strings.Contains(v.By, "resource policy ")
		}
		if !right {
			t.Errorf("%s on %s by %s: want %s; allowed %t, by %s (%s)", row.Action, row.On, who.name, want, v.Allowed, v.By, q.Resource)
		}
		if who.name == "an administrator" {
			e.assertEveryControl(t, row, v)
		}
	}
	t.Logf("catalogue: %d rows × %d principals on their resources = %d verdicts", rows, len(actors), len(verdicts))
}

// writes are the only artifacts that these duties write.
var writes = map[string]string{naming.Scan: "Sbom", naming.Prepare: "Release"}

// isProtected is whether the trail's bucket allows an action only to break-glass, as in a
// protected stack.
func (e *estate) isProtected(action string) bool {
	e.Helper()
	d, err := authority.Parse(e.policies[e.plan.Bucket("trail").ARN].Document)
	if err != nil {
		e.Fatal(err)
	}
	return slices.ContainsFunc(d.Statement, func(s authority.Statement) bool {
		return s.Sid == "DenyDeletionWhileProtected" && slices.Contains(s.Action, action)
	})
}

// words are the names of policy controls in a verdict.
var words = map[catalogue.Control]string{
	catalogue.Guardrail: "guardrail ", catalogue.RepositoryPolicy: "resource policy arn:aws:ecr:", catalogue.BucketPolicy: "resource policy arn:aws:s3:",
	catalogue.KeyPolicy: "resource policy arn:aws:kms:", catalogue.TopicPolicy: "resource policy arn:aws:sns:", catalogue.SecretPolicy: "resource policy arn:aws:secretsmanager:",
}

// assertEveryControl asserts that each control of a row denies an administrator by itself.
func (e *estate) assertEveryControl(t *testing.T, row catalogue.Call, v authority.Verdict) {
	for _, control := range row.Denied {
		if control == catalogue.Guardrail && len(e.scps) == 0 {
			continue
		}
		if word := words[control]; word == "" || !strings.Contains(v.By, word) {
			t.Errorf("%s on %s: the %s does not refuse an administrator: %s", row.Action, row.On, control, v.By)
		}
	}
}

// resourcesOf lists the resources that a row's action applies to.
func (e *estate) resourcesOf(t *testing.T, row catalogue.Call, app delivered) (found []place) {
	resources := places[row.On]
	if resources == nil {
		t.Errorf("%s: nothing says where it is in a stack", row.On)
		return nil
	}
	candidates := resources(e, app)
	if len(candidates) == 0 {
		return nil // also where an action takes no resource, and is made on *
	}
	arns := make([]string, len(candidates))
	for i, p := range candidates {
		arns[i] = p.on
	}
	fit, err := e.judge.ResourcesFor(t.Context(), row.Action, arns...)
	if err != nil {
		t.Fatalf("%s: %v", row.Action, err)
	}
	for _, on := range fit {
		p := place{on: on}
		if i := slices.Index(arns, on); i >= 0 {
			p = candidates[i]
		}
		if p.by != "" && p.by != row.Action {
			p.with = nil
		}
		found = append(found, p)
	}
	return found
}

func isApprover(duty string) bool { return duty == naming.Approver }

func (e *estate) rolesOf(is func(duty string) bool) (arns []string) {
	for _, arn := range keys(e.roles) {
		if is(e.roles[arn].duty) {
			arns = append(arns, arn)
		}
	}
	return arns
}
