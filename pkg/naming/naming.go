// Package naming has the names and ARNs of everything that the gate makes, from a stack's settings alone, so that a trust
// policy, a bucket policy or a guardrail can name a resource before it exists.
package naming

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"prodgate/pkg/settings"
)

// Duties are the purposes of the gate's roles. A duty is a folder of an IAM path (/prodgate/build/), so that one pattern names
// the roles of one duty for any number of apps, and policies keep their size.
const (
	Pipeline = "pipeline" // an app's: runs its pipeline
	Build    = "build"    // an app's: builds its image
	Scan     = "scan"     // an app's: scans its source
	Approver = "approver" // an app's: assumed by a person, to approve a deployment
	Inspect  = "inspect"  // reads findings of images, and verifies deployments
	Sign     = "sign"     // signs images
	Prepare  = "prepare"  // verifies what is about to be deployed
	Shift    = "shift"    // CodeDeploy's: shifts traffic to new tasks
	Recorder = "recorder" // AWS Config's
	// EventBridge's: starts the targets of events, and forwards events of the global region to the stack's region.
	Dispatcher  = "dispatcher"
	ChatPipe    = "courier"     // EventBridge's: sends alerts to the chat
	Verifier    = "verifier"    // compares the live gate with its known state
	Containment = "containment" // stops deployments
	Release     = "release"     // releases them
	Remediator  = "remediator"  // AWS Config's: remediates what a rule finds
	Preview     = "preview"     // GitHub Actions': reads, for pulumi preview
	Deploy      = "deploy"      // GitHub Actions': runs pulumi up
)

// Serves are the duties of all roles but the approvers': services, or jobs of GitHub Actions, assume these roles.
func Serves() []string {
	return []string{
		Pipeline, Build, Scan, Inspect, Sign, Prepare, Shift, Recorder, Dispatcher, ChatPipe, Verifier, Containment, Release, Remediator,
		Preview, Deploy,
	}
}

// PerApp is whether each app has a role of a duty; else the gate has one.
func PerApp(duty string) bool {
	return duty == Pipeline || duty == Build || duty == Scan || duty == Approver
}

// ApprovalStage is the stage and the action in it that wait for an approval.
const ApprovalStage = "Approve"

// DeployStage is the stage that changes production.
const DeployStage = "Deploy"

// Plan has the parts that every name and every ARN is made of.
type Plan struct {
	Partition, Region, Account string
	// Global is the region where IAM's events arrive.
	Global string
	// Gate is the setting prodgate:name.
	Gate string
}

// Named is a name and the ARN that AWS makes of it.
type Named struct{ Name, ARN string }

// Role is a role or a policy; IAM has paths.
type Role struct{ Name, Path, ARN string }

// New is the plan of one stack.
func New(s *settings.Settings) Plan {
	return Plan{Partition: s.Partition(), Region: s.Region, Account: s.Account, Global: s.GlobalRegion(), Gate: s.Name}
}

// Pipeline delivers an app.
func (p Plan) Pipeline(app string) Named {
	name := settings.PipelineName(p.Gate, app)
	return Named{name, p.arn("codepipeline", name)}
}

// Project is the CodeBuild project that does one duty for an app.
func (p Plan) Project(app, duty string) Named {
	name := p.Gate + "-" + app + "-" + duty
	return Named{name, p.arn("codebuild", "project/"+name)}
}

// Shared is a project of the whole gate that every pipeline starts for its app.
func (p Plan) Shared(what string) Named {
	name := p.Gate + "-" + what
	return Named{name, p.arn("codebuild", "project/"+name)}
}

// SigningPrefix begins the name of what signs images.
func (p Plan) SigningPrefix() string { return p.Gate + "_" }

// SigningProfiles matches the gate's signing profiles.
func (p Plan) SigningProfiles() string {
	return p.arn("signer", "/signing-profiles/"+p.SigningPrefix()+"*")
}

// SigningJobs matches every signing job of the account and region.
func (p Plan) SigningJobs() string { return p.arn("signer", "/signing-jobs/*") }

// Deployments is the CodeDeploy application of an app.
func (p Plan) Deployments(app string) Named {
	name := p.Gate + "-" + app
	return Named{name, p.arn("codedeploy", "application:"+name)}
}

// Deployment is the one deployment group of an app.
func (p Plan) Deployment(app string) Named {
	name := p.Gate + "-" + app
	return Named{name, p.arn("codedeploy", "deploymentgroup:"+name+"/"+name)}
}

// AllDeployments matches every application of the gate.
func (p Plan) AllDeployments() string { return p.arn("codedeploy", "application:"+p.Gate+"-*") }

// DeploymentGroups matches every deployment group of the gate.
func (p Plan) DeploymentGroups() string { return p.arn("codedeploy", "deploymentgroup:"+p.Gate+"-*/*") }

// DeploymentConfigs matches CodeDeploy's own ways to shift traffic.
func (p Plan) DeploymentConfigs() string { return p.arn("codedeploy", "deploymentconfig:*") }

// RulesOf matches the rules of a load balancer's listener.
func RulesOf(listener string) string {
	return strings.Replace(listener, ":listener/", ":listener-rule/", 1) + "/*"
}

// LoadBalancerOf is the load balancer of a listener: Elastic Load Balancing ends the listener's ARN with an id.
func LoadBalancerOf(listener string) string {
	return path.Dir(strings.Replace(listener, ":listener/", ":loadbalancer/", 1))
}

// TargetGroup matches a target group by its name: Elastic Load Balancing ends the ARN with an id.
func (p Plan) TargetGroup(name string) string {
	return p.arn("elasticloadbalancing", "targetgroup/"+name+"/*")
}

// Alarm is the ARN of an alarm of CloudWatch's.
func (p Plan) Alarm(name string) string { return p.arn("cloudwatch", "alarm:"+name) }

// LogGroup is where a project logs. CodeBuild's own default name, so that a
// project without a logs setting would not open another one.
func (p Plan) LogGroup(app, duty string) Named { return p.LogGroupOf(p.Project(app, duty)) }

// LogGroupOf is the log group of any project of the gate, and of the function that checks the known state: a
// project was the check before, and its log goes on.
func (p Plan) LogGroupOf(project Named) Named {
	name := "/aws/codebuild/" + project.Name
	return Named{name, p.arn("logs", "log-group:"+name)}
}

// LogGroups matches the log group of every project of the gate.
func (p Plan) LogGroups() string { return p.arn("logs", "log-group:/aws/codebuild/"+p.Gate+"-*") }

// Repository holds an app's images.
func (p Plan) Repository(app string) Named {
	name := p.Gate + "/" + app
	return Named{name, p.arn("ecr", "repository/"+name)}
}

// RepositoryURI is what docker calls the repository.
func (p Plan) RepositoryURI(app string) string {
	return fmt.Sprintf("%s.dkr.ecr.%s.%s/%s", p.Account, p.Region, p.DNSSuffix(), p.Repository(app).Name)
}

// SourceRepository is a CodeCommit repository.
func (p Plan) SourceRepository(name string) string { return p.arn("codecommit", name) }

// SourceRepositories matches every CodeCommit repository of the account and region.
func (p Plan) SourceRepositories() string { return p.arn("codecommit", "*") }

// ApprovalRule is the name of CodeCommit's approval rule template for prod.
func (p Plan) ApprovalRule() string { return p.Gate + "-prod" }

// Sessions matches the sessions of a role, as AWS CodeCommit names them.
func (p Plan) Sessions(role string) string {
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/*", p.Partition, p.Account, role)
}

// Role does one duty, for an app or (app empty) for the whole gate.
func (p Plan) Role(app, duty string) Role { return p.iam("role", app, duty) }

// Policy is what a role of the same app and duty may do.
func (p Plan) Policy(app, duty string) Role { return p.iam("policy", app, duty) }

// PolicyPath begins the ARN of every policy of the gate: a folder of a duty and a name
// that ends with it follow.
func (p Plan) PolicyPath() string { return strings.TrimSuffix(p.AllPolicies(), "/*") }

// Boundary is the permission boundary of every role of one duty: the most that
// any policy can give it.
func (p Plan) Boundary(duty string) Role {
	name, path := p.Gate+"-"+duty+"-boundary", "/"+p.Gate+"/boundary/"
	return Role{name, path, p.iamARN("policy" + path + name)}
}

// Deployers may change the gate: the roles that settings name, and the role for
// GitHub Actions where there is one.
func (p Plan) Deployers(s *settings.Settings) []string {
	arns := slices.Clone(s.Access.DeployerArns)
	if s.Workflows.Repository != "" {
		arns = append(arns, p.Role("", Deploy).ARN)
	}
	return arns
}

// Pipelines matches every pipeline of the gate. This pattern and the next ones match nothing of
// another gate: a gate's name has no hyphen.
func (p Plan) Pipelines() string { return p.arn("codepipeline", "*-"+p.Gate) }

// Projects matches every CodeBuild project of the gate.
func (p Plan) Projects() string { return p.arn("codebuild", "project/"+p.Gate+"-*") }

// Repositories matches every ECR repository of the gate.
func (p Plan) Repositories() string { return p.arn("ecr", "repository/"+p.Gate+"/*") }

// Secrets matches every secret of the gate.
func (p Plan) Secrets() string { return p.arn("secretsmanager", "secret:"+p.Gate+"/*") }

// RolePath is the IAM path that every role of the gate is below.
func (p Plan) RolePath() string { return "/" + p.Gate + "/" }

// AllRoles matches every role of the gate.
func (p Plan) AllRoles() string { return p.iamARN("role/" + p.Gate + "/*") }

// AllPolicies matches every IAM policy of the gate.
func (p Plan) AllPolicies() string { return p.iamARN("policy/" + p.Gate + "/*") }

// Buckets matches every bucket of the gate.
func (p Plan) Buckets() string {
	return fmt.Sprintf("arn:%s:s3:::%s-*-%s-%s", p.Partition, p.Gate, p.Account, p.Region)
}

// KeyAliases matches the alias of every key of the gate.
func (p Plan) KeyAliases() string { return p.KeyAlias("*") }

// Approval is the one action that an app's approver may answer.
func (p Plan) Approval(app string) string {
	return p.Pipeline(app).ARN + "/" + ApprovalStage + "/" + ApprovalStage
}

// Secret is a secret of an app that the gate makes. ARN is a pattern, because Secrets Manager ends an ARN with a hyphen and six
// random characters.
func (p Plan) Secret(app, name string) Named {
	full := p.Gate + "/" + app + "/" + name
	return Named{full, p.arn("secretsmanager", "secret:"+full+"-??????")}
}

// Roles matches every app's role of one duty.
func (p Plan) Roles(duty string) string { return p.iamARN("role/" + p.Gate + "/" + duty + "/*") }

// Bucket is one of the gate's buckets. Bucket names are unique in the world:
// account and region make them so.
func (p Plan) Bucket(what string) Named {
	name := fmt.Sprintf("%s-%s-%s-%s", p.Gate, what, p.Account, p.Region)
	return Named{name, "arn:" + p.Partition + ":s3:::" + name}
}

// Guardrail is the name of a service control policy. An organization has each name
// once: account and region make it so.
func (p Plan) Guardrail(document string) string {
	return fmt.Sprintf("%s-%s-%s", document, p.Account, p.Region)
}

// Topic is where the gate's alerts go.
func (p Plan) Topic() Named { return Named{p.Gate + "-alerts", p.arn("sns", p.Gate+"-alerts")} }

// SecondTopic takes the alerts about the first topic. Its name begins with the first one's, so
// that patterns of that are of both.
func (p Plan) SecondTopic() Named {
	name := p.Gate + "-alerts-watch"
	return Named{name, p.arn("sns", name)}
}

// Rules matches the gate's EventBridge rules.
func (p Plan) Rules() string { return p.arn("events", "rule/"+p.Gate+"-*") }

// Service is an app team's ECS service.
func (p Plan) Service(cluster, service string) string {
	return p.arn("ecs", "service/"+cluster+"/"+service)
}

// Tasks matches every task of the account and region.
func (p Plan) Tasks() string { return p.arn("ecs", "task/*/*") }

// TaskSets matches the task sets that CodeDeploy creates in a service.
func (p Plan) TaskSets(cluster, service string) string {
	return p.arn("ecs", "task-set/"+cluster+"/"+service+"/*")
}

// Root is the account itself, as a principal.
func (p Plan) Root() string { return p.iamARN("root") }

// AllSecrets matches every secret of the account and region.
func (p Plan) AllSecrets() string { return p.arn("secretsmanager", "secret:*") }

// AnyRole matches every role of the account.
func (p Plan) AnyRole() string { return p.iamARN("role/*") }

// Managed is one of AWS's own policies.
func (p Plan) Managed(name string) string { return "arn:" + p.Partition + ":iam::aws:policy/" + name }

// TaskDefinitions matches every task definition of the account and region.
func (p Plan) TaskDefinitions() string { return p.arn("ecs", "task-definition/*:*") }

// Console is the host of AWS's console.
func (p Plan) Console() string {
	switch p.Partition {
	case "aws-cn":
		return "console.amazonaws.cn"
	case "aws-us-gov":
		return "console.amazonaws-us-gov.com"
	}
	return p.Region + ".console.aws.amazon.com"
}

// DNSSuffix ends the partition's host names.
func (p Plan) DNSSuffix() string {
	if p.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

func (p Plan) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", p.Partition, service, p.Region, p.Account, resource)
}

func (p Plan) iamARN(resource string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", p.Partition, p.Account, resource)
}

func (p Plan) iam(kind, app, duty string) Role {
	name := p.Gate + "-" + duty
	if app != "" {
		name = p.Gate + "-" + app + "-" + duty
	}
	path := "/" + p.Gate + "/" + duty + "/"
	return Role{name, path, p.iamARN(kind + path + name)}
}
