package proofs

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/naming"
	"prodgate/sandbox/evaluators/authority"
)

// delivered is an app of the stack's configuration.
type delivered struct {
	name, cluster, service  string
	executionRole, taskRole string // taskRole may be empty
	listener                string // of an app whose traffic is shifted
}

// leg is a step of a delivery or of operations: the calls of one principal.
type leg struct {
	what  string // and the page that says which calls these are
	who   authority.Principal
	calls []call
}

// call is an action on a resource.
type call struct {
	action, on string
	with       map[string]string // of the request's context
}

// The context keys of requests.
var (
	viaS3   = map[string]string{"kms:ViaService": "s3." + region + ".amazonaws.com"}
	viaSNS  = map[string]string{"kms:ViaService": "sns." + region + ".amazonaws.com"}
	byOwner = map[string]string{"s3:x-amz-acl": "bucket-owner-full-control"}
)

// viaSecrets is the context of a KMS call by Secrets Manager for a secret.
func (e *estate) viaSecrets(secret string) map[string]string {
	return map[string]string{"kms:ViaService": "secretsmanager." + region + ".amazonaws.com", "kms:EncryptionContext:SecretARN": secret}
}

// secret is the first secret of an app.
func (e *estate) secret(app string) string {
	e.Helper()
	for _, name := range keys(e.secrets) {
		if strings.HasPrefix(name, e.plan.Gate+"/"+app+"/") {
			return e.secrets[name]
		}
	}
	e.Fatalf("%s has no secret", app)
	return ""
}

// taskExecution is AWS's AmazonECSTaskExecutionRolePolicy, AWS Managed Policy
// Reference Guide, version 1.
const taskExecution = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken",
	"ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`

// deliverySteps are the calls that deliver a commit of an app to its service.
func (e *estate) deliverySteps(app delivered) []leg {
	e.Helper()
	p := e.plan
	pipeline, build := e.role(naming.Pipeline, app.name), e.role(naming.Build, app.name)
	project, repository := p.Project(app.name, naming.Build).ARN, p.Repository(app.name).ARN
	bucket := p.Bucket("artifacts").ARN
	object := func(artifact string) string { return e.artifact(app.name, artifact) }
	actingFor := func(arn string) map[string]string {
		return map[string]string{"aws:SourceArn": arn, "aws:SourceAccount": p.Account}
	}
	service := func(name string) authority.Principal { return authority.Principal{ARN: name + ".amazonaws.com"} }
	toTasks := map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}
	taskDefinition := e.taskDefinition(app)
	stream := p.LogGroup(app.name, naming.Build).ARN + ":log-stream:5a6b"

	// Artifacts are written and read as in the AWS KMS Developer Guide, How Amazon S3 uses AWS
	// KMS; a multipart upload decrypts too.
	put := func(name string) []call {
		return []call{{"s3:PutObject", object(name), nil}, {"kms:GenerateDataKey", e.key("artifacts"), viaS3}, {"kms:Decrypt", e.key("artifacts"), viaS3}}
	}
	get := func(name string) []call {
		return []call{{"s3:GetObject", object(name), nil}, {"s3:GetObjectVersion", object(name), nil}, {"kms:Decrypt", e.key("artifacts"), viaS3}}
	}
	legs := []leg{
		{"CodePipeline takes its role on for this pipeline: CodePipeline User Guide, Cross-service confused deputy prevention", service("codepipeline"), []call{
			{"sts:AssumeRole", pipeline.ARN, actingFor(p.Pipeline(app.name).ARN)},
		}},
		{"it looks at the artifact bucket: CodePipeline User Guide, CodePipeline service role policy", pipeline.Principal, []call{
			{"s3:GetBucketVersioning", bucket, nil}, {"s3:GetBucketAcl", bucket, nil}, {"s3:GetBucketLocation", bucket, nil},
		}},
		e.sourceStep(pipeline.Principal, append(put("Source"), call{"s3:PutObjectAcl", object("Source"), nil})),
		{"the build action: CodePipeline User Guide, AWS CodeBuild action reference, Service role permissions", pipeline.Principal, []call{
			{"codebuild:StartBuild", project, nil}, {"codebuild:BatchGetBuilds", project, nil},
		}},
		{"CodeBuild takes its role on for this project: CodeBuild User Guide, Cross-service confused deputy prevention", service("codebuild"), []call{
			{"sts:AssumeRole", build.ARN, actingFor(project)},
		}},
		{"it logs, and looks at the artifact bucket: CodeBuild User Guide, Allow CodeBuild to interact with other AWS services", build.Principal, []call{
			{"logs:CreateLogStream", stream, nil}, {"logs:PutLogEvents", stream, nil},
			{"s3:GetBucketAcl", bucket, nil}, {"s3:GetBucketLocation", bucket, nil},
		}},
		{"it gets the commit: the same page", build.Principal, get("Source")},
		{"the buildspec asks whether the image is there: its digest_in_ecr", build.Principal, []call{{"ecr:DescribeImages", repository, nil}}},
		{"it pushes the image: Amazon ECR User Guide, IAM permissions for pushing an image to an Amazon ECR private repository", build.Principal, []call{
			{"ecr:GetAuthorizationToken", "*", nil},
			{"ecr:BatchCheckLayerAvailability", repository, nil}, {"ecr:InitiateLayerUpload", repository, nil}, {"ecr:UploadLayerPart", repository, nil},
			{"ecr:CompleteLayerUpload", repository, nil}, {"ecr:BatchGetImage", repository, nil}, {"ecr:PutImage", repository, nil},
		}},
		{"it stores imagedefinitions.json: the same page", build.Principal, put("Build")},
		{"the check before the deployment: CodePipeline User Guide, Invoke an AWS Lambda function in a pipeline", pipeline.Principal, []call{
			{"lambda:InvokeFunction", p.CheckFunction().ARN, nil},
		}},
		{"the deploy action reads what deploys: CodePipeline User Guide, Amazon ECS deploy action reference", pipeline.Principal, get("Release")},
		{"and registers a task definition: the same page, Service role permissions", pipeline.Principal, []call{
			{"ecs:RegisterTaskDefinition", taskDefinition, nil},
			{"ecs:TagResource", taskDefinition, map[string]string{"ecs:CreateAction": "RegisterTaskDefinition"}},
			{"iam:PassRole", app.executionRole, toTasks},
		}},
		{"ECS pulls the image: Amazon ECS Developer Guide, Amazon ECS task execution IAM role",
			e.outside(app.executionRole, taskExecution), []call{
				{"ecr:GetAuthorizationToken", "*", nil},
				{"ecr:BatchCheckLayerAvailability", repository, nil}, {"ecr:GetDownloadUrlForLayer", repository, nil}, {"ecr:BatchGetImage", repository, nil},
			}},
		{"CloudWatch Logs encrypts the log: CloudWatch Logs User Guide, Encrypt log data in CloudWatch Logs using AWS KMS", service("logs." + region), e.logEncryptionCalls(app.name)},
	}
	if _, asked := e.roles[p.Role(app.name, naming.Approver).ARN]; asked {
		legs = append(legs, e.approvalSteps(app)...)
	}
	if app.listener != "" {
		legs = append(legs, e.codeDeploySteps(app)...)
	} else {
		legs = append(legs, leg{"and deploys: the same page, Amazon ECS standard action", pipeline.Principal, []call{
			{"ecs:DescribeServices", p.Service(app.cluster, app.service), nil},
			{"ecs:DescribeTaskDefinition", "*", nil},
			{"ecs:UpdateService", p.Service(app.cluster, app.service), nil},
		}})
	}
	legs = append(legs, e.stageSteps(app)...)
	legs = append(legs, e.responseSteps(app.name)...)
	for _, name := range keys(e.secrets) {
		if !strings.HasPrefix(name, p.Gate+"/"+app.name+"/") {
			continue
		}
		legs = append(legs, leg{"CodeBuild reads a secret: Secrets Manager User Guide, Secret encryption and decryption", build.Principal, []call{
			{"secretsmanager:GetSecretValue", e.secrets[name], nil},
			{"kms:Decrypt", e.key("secrets"), e.viaSecrets(e.secrets[name])},
		}})
	}
	if app.taskRole != "" {
		legs = append(legs, leg{"the task has a role: Amazon ECS deploy action reference", pipeline.Principal, []call{{"iam:PassRole", app.taskRole, toTasks}}})
	}
	return legs
}

// sourceStep is the source action, which stores the commit with an ACL.
func (e *estate) sourceStep(pipeline authority.Principal, stores []call) leg {
	if e.source == "" {
		return leg{"the source action uses the connection: CodePipeline User Guide, CodeStarSourceConnection action reference, and service role policy", pipeline,
			append(stores, call{"codeconnections:UseConnection", e.connection, nil})}
	}
	repository := e.plan.SourceRepository(e.source)
	for _, action := range []string{"CancelUploadArchive", "GetBranch", "GetCommit", "GetRepository", "GetUploadArchiveStatus", "UploadArchive"} {
		stores = append(stores, call{"codecommit:" + action, repository, nil})
	}
	return leg{"the source action reads the repository: CodePipeline User Guide, CodeCommit source action reference, Service role permissions", pipeline, stores}
}

// approvalSteps are the calls of the approval action and of the approver.
func (e *estate) approvalSteps(app delivered) []leg {
	e.Helper()
	p := e.plan
	approver, pipeline := e.role(naming.Approver, app.name), p.Pipeline(app.name).ARN
	return []leg{
		{"the approval is asked for: CodePipeline User Guide, Grant Amazon SNS permissions to a CodePipeline service role; Amazon SNS Developer Guide, Encryption permissions",
			e.role(naming.Pipeline, app.name).Principal, []call{
				{"sns:Publish", p.Topic().ARN, nil}, {"kms:GenerateDataKey", e.key("alerts"), viaSNS}, {"kms:Decrypt", e.key("alerts"), viaSNS},
			}},
		{"a release manager takes the approver's role on: IAM User Guide, Grant a user permissions to switch roles", e.releaseManager(), []call{
			{"sts:AssumeRole", approver.ARN, nil},
		}},
		{"and looks, and isApprover: CodePipeline User Guide, Grant approval permissions to an IAM user in CodePipeline", approver.Principal, []call{
			{"codepipeline:GetPipeline", pipeline, nil}, {"codepipeline:GetPipelineState", pipeline, nil},
			{"codepipeline:GetPipelineExecution", pipeline, nil}, {"codepipeline:ListPipelineExecutions", pipeline, nil},
			{"codepipeline:PutApprovalResult", p.Approval(app.name), nil},
		}},
	}
}

func (e *estate) logEncryptionCalls(app string) (calls []call) {
	group := map[string]string{"kms:EncryptionContext:aws:logs:arn": e.plan.LogGroup(app, naming.Build).ARN}
	for _, action := range []string{"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"} {
		calls = append(calls, call{"kms:" + action, e.key("logs"), group})
	}
	return calls
}

// operationSteps are the calls beside deliveries: records, alerts, and the creation of what
// deliveries use.
func (e *estate) operationSteps() []leg {
	e.Helper()
	p := e.plan
	recorder, config := e.role(naming.Recorder, ""), p.Bucket("config").ARN
	dispatcher := e.role(naming.Dispatcher, "")
	calls, fromTrail := p.Bucket("trail").ARN, map[string]string{"aws:SourceArn": p.Trail().ARN, "aws:SourceAccount": p.Account}
	writes, encrypts := maps.Clone(fromTrail), maps.Clone(fromTrail)
	maps.Copy(writes, byOwner)
	encrypts["kms:EncryptionContext:aws:cloudtrail:arn"] = p.Trail().ARN
	remediator := e.role(naming.Remediator, "")
	fromHere := map[string]string{"aws:SourceAccount": p.Account}
	fromRule := map[string]string{"aws:SourceArn": strings.TrimSuffix(p.Rules(), "*") + "failed-runs", "aws:SourceAccount": p.Account}
	events, recording := authority.Principal{ARN: "events.amazonaws.com"}, authority.Principal{ARN: "config.amazonaws.com"}
	legs := []leg{
		{"AWS Config takes its role on: AWS Config Developer Guide, Permissions for the IAM role assigned to AWS Config", recording, []call{
			{"sts:AssumeRole", recorder.ARN, fromHere},
		}},
		{"it delivers records: the same page; with KMS: Permissions for the KMS key for the AWS Config delivery channel", recorder.Principal, []call{
			{"s3:ListBucket", config, nil}, {"s3:GetBucketAcl", config, nil}, {"s3:PutObject", e.record(), byOwner},
			{"kms:GenerateDataKey", e.key("config"), nil}, {"kms:Decrypt", e.key("config"), nil},
		}},
		{"a runbook takes its role on: AWS Systems Manager User Guide, Create the service roles for Automation", authority.Principal{ARN: "ssm.amazonaws.com"}, []call{
			{"sts:AssumeRole", remediator.ARN, map[string]string{
				"aws:SourceAccount": p.Account, "aws:SourceArn": e.regional("ssm", "automation-execution/6bd3af60-1d2c-4f6f-9a3c-1b7a0e5d2f11"),
			}},
		}},
		{"it puts a bucket right: Systems Manager Automation runbook reference, AWS-DisableS3BucketPublicReadWrite and AWS-ConfigureS3BucketVersioning",
			remediator.Principal, []call{
				{"s3:PutBucketPublicAccessBlock", config, nil}, {"s3:PutBucketVersioning", p.Bucket("artifacts").ARN, nil},
			}},
		{"an alert: Amazon EventBridge User Guide, Using resource-based policies, Amazon SNS permissions", events, []call{
			{"sns:Publish", p.Topic().ARN, fromRule}, {"sns:Publish", p.SecondTopic().ARN, fromRule},
			{"kms:GenerateDataKey", e.key("alerts"), nil}, {"kms:Decrypt", e.key("alerts"), nil},
		}},
		{"an alert that the topic does not take: Amazon EventBridge User Guide, Using dead-letter queues to process undelivered events", events, []call{
			{"sqs:SendMessage", p.DeadLetters().ARN, fromRule},
		}},
		{"the alarm on dead letters: Amazon CloudWatch User Guide, Notifying users on alarm changes, and its key policy", authority.Principal{ARN: "cloudwatch.amazonaws.com"}, []call{
			{"sns:Publish", p.Topic().ARN, map[string]string{"aws:SourceArn": p.DeadLetterAlarm().ARN, "aws:SourceAccount": p.Account}},
			{"kms:GenerateDataKey", e.key("alerts"), nil}, {"kms:Decrypt", e.key("alerts"), nil},
		}},
		{"the trail writes: AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail, and Configure AWS KMS key policies for CloudTrail",
			authority.Principal{ARN: "cloudtrail.amazonaws.com"}, []call{
				{"s3:GetBucketAcl", calls, fromTrail}, {"s3:PutObject", calls + "/AWSLogs/" + p.Account + "/CloudTrail/" + region + "/2026/1/1/x.json.gz", writes},
				{"kms:GenerateDataKey", e.key("trail"), encrypts}, {"kms:DescribeKey", e.key("trail"), fromTrail},
			}},
		{"an event is answered: Amazon EventBridge User Guide, Cross-service confused deputy prevention", events, []call{
			{"sts:AssumeRole", dispatcher.ARN, fromRule},
			{"sts:AssumeRole", dispatcher.ARN, map[string]string{
				"aws:SourceArn": strings.TrimSuffix(p.GlobalRules(), "*") + "watch-roles", "aws:SourceAccount": p.Account,
			}},
		}},
		{"by these: Amazon EventBridge User Guide, Using IAM roles to send events to targets", dispatcher.Principal, []call{
			{"events:PutEvents", p.Bus(), nil},
		}},
		{"a repository is made: Amazon ECR User Guide, Encryption at rest, Required IAM permissions", e.deployer(), []call{
			{"kms:CreateGrant", e.key("images"), nil}, {"kms:DescribeKey", e.key("images"), nil},
		}},
	}
	if len(e.inventory["state machines"]) > 0 {
		legs = append(legs, leg{"and by this: the same page", dispatcher.Principal, []call{{"states:StartExecution", p.Machine(naming.Containment).ARN, nil}}})
	}
	if e.source != "" {
		legs = append(legs, leg{"a change of prod starts a pipeline: CodePipeline User Guide, CodeCommit source actions and EventBridge", dispatcher.Principal, []call{
			{"codepipeline:StartPipelineExecution", e.regional("codepipeline", e.first("pipelines")), nil},
		}})
	}
	legs = append(legs, e.knownStateSteps()...)
	legs = append(legs, e.tells()...)
	for duty, subject := range subjects {
		if to, made := e.roles[p.Role("", duty).ARN]; made {
			legs = append(legs, leg{"a job takes the role on: GitHub Docs, OpenID Connect reference, subject of an environment",
				authority.Principal{ARN: p.GitHubProvider()}, []call{{"sts:AssumeRoleWithWebIdentity", to.ARN, subject}}})
		}
	}
	return legs
}

// subjects are the claims of the jobs that take a duty on, in prod.
var subjects = map[string]map[string]string{
	naming.Preview: jobClaims("prod-preview", "preview.yml", "refs/pull/7/merge"),
	naming.Deploy:  jobClaims("prod", "up.yml", "refs/heads/main"),
}

// jobClaims are the claims of the token of a job in the program's repository that IAM has as
// condition keys: GitHub, OpenID Connect reference, and Service Authorization Reference,
// Condition keys for AWS STS.
func jobClaims(environment, file, ref string) map[string]string {
	claims := map[string]string{}
	for name, value := range map[string]string{
		"aud": "sts.amazonaws.com", "sub": "repo:example-org/infrastructure:environment:" + environment, "environment": environment,
		"job_workflow_ref": "example-org/infrastructure/.github/workflows/" + file + "@" + ref, "ref": ref,
		"repository": "example-org/infrastructure", "workflow": file,
	} {
		claims[naming.OIDCHost+":"+name] = value
	}
	return claims
}

// exemption is a permission that no legitimate call needs: the owner, a statement's Sid, and an
// action; * for a statement that this test does not evaluate.
type exemption struct{ of, sid, action string }

// exemptions lists all of them, with the reason.
var exemptions = map[exemption]string{
	{naming.Pipeline, "Connection", "codestar-connections:UseConnection"}: "the service was renamed and checks either prefix of its action; " +
		"the Service Authorization Reference has this one on ARNs of the old name only, so that the evaluator cannot be asked",
	{naming.Recorder, "ReadWhatIsRecorded", "*"}: "what AWS Config reads is AWS's to say, in a policy of its own; the boundary lets through what is of the types recorded",
}

// listQuestions lists the legitimate calls of apps as questions, and the step of each.
func (e *estate) listQuestions(apps []delivered) (questions []authority.Question, of []string) {
	e.Helper()
	legs := e.operationSteps()
	for _, app := range apps {
		legs = append(legs, e.deliverySteps(app)...)
	}
	for _, l := range legs {
		for _, c := range l.calls {
			questions = append(questions, e.question(l.who, c.action, c.on, c.with))
			of = append(of, l.what)
		}
	}
	return questions, of
}

// assertLeastPrivilege asserts that every legitimate call is allowed, and that every allowed
// statement and action is needed.
func (e *estate) assertLeastPrivilege(t *testing.T, apps []delivered) {
	questions, of := e.listQuestions(apps)
	verdicts, err := e.judge.Ask(t.Context(), questions...)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if !v.Allowed {
			t.Errorf("%s: %s is denied: %s", of[i], questions[i], v.By)
		}
	}
	if t.Failed() {
		return
	}

	// Each document without one statement or action, and the calls that it applies to.
	type less struct {
		exemption
		from, to int // of asked
	}
	var asked []authority.Question
	var all []less
	for name, document := range e.documents() {
		parsed, err := authority.Parse(document.Document)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, s := range parsed.Statement {
			if s.Effect != "Allow" {
				continue
			}
			pieces := map[string]string{"": parsed.Without(i)}
			for _, action := range s.Action {
				pieces[action] = parsed.WithoutAction(i, action)
			}
			for action, text := range pieces {
				l := less{exemption{document.of, s.Sid, action}, len(asked), 0}
				for _, q := range questions {
					if changed, is := withDocument(q, document.Policy, text); is {
						asked = append(asked, changed)
					}
				}
				l.to = len(asked)
				all = append(all, l)
			}
		}
	}
	if verdicts, err = e.judge.Ask(t.Context(), asked...); err != nil {
		t.Fatal(err)
	}
	needed, used := map[exemption]bool{}, map[exemption]bool{}
	for _, l := range all {
		denied := slices.ContainsFunc(verdicts[l.from:l.to], func(v authority.Verdict) bool { return !v.Allowed })
		needed[l.exemption] = needed[l.exemption] || denied
	}
	for _, s := range slices.SortedFunc(maps.Keys(needed), func(a, b exemption) int {
		return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.sid, b.sid), cmp.Compare(a.action, b.action))
	}) {
		whole := exemption{s.of, s.sid, "*"}
		if _, exempt := exemptions[whole]; exempt {
			used[whole] = true
			continue
		}
		_, exempt := exemptions[s]
		used[s] = exempt
		if needed[s] == exempt {
			t.Errorf("%+v: a legitimate call needs it: %t; exempt: %t", s, needed[s], exempt)
		}
	}
	for s := range exemptions {
		if !used[s] && (s.sid != "Connection" || e.source == "") {
			t.Errorf("%+v is exempt, but no document has it", s)
		}
	}
	t.Logf("least privilege: %d calls allowed; %d statements and actions removed in turn, %d verdicts", len(questions), len(all), len(asked))
}

// ownedDocument is a document and its owner: a duty, or a kind of resource.
type ownedDocument struct {
	authority.Policy
	of string
}

// documents lists the gate's documents that allow something, without AWS managed policies.
func (e *estate) documents() map[string]ownedDocument {
	found := map[string]ownedDocument{}
	for _, r := range e.roles {
		if slices.Contains(recording, r.duty) {
			continue
		}
		mine := slices.Clone(r.Identity)
		if r.Boundary != nil {
			mine = append(mine, *r.Boundary)
		}
		for _, p := range mine {
			if !strings.HasPrefix(p.Name, "arn:aws:iam::aws:") {
				found[p.Name] = ownedDocument{p, r.duty}
			}
		}
	}
	for arn, p := range e.policies {
		of := strings.Split(arn, ":")[2]
		if r, is := e.roles[arn]; is {
			of = "trust of " + r.duty
		}
		found[arn] = ownedDocument{p, of}
	}
	return found
}

// withDocument returns a question with another text of a document, and whether the document
// applies to the question.
func withDocument(q authority.Question, of authority.Policy, text string) (authority.Question, bool) {
	changed, is := authority.Policy{Name: of.Name, Document: text}, false
	q.Principal.Identity = slices.Clone(q.Principal.Identity)
	for i, p := range q.Principal.Identity {
		if p.Name == of.Name {
			q.Principal.Identity[i], is = changed, true
		}
	}
	if b := q.Principal.Boundary; b != nil && b.Name == of.Name {
		q.Principal.Boundary, is = &changed, true
	}
	if p := q.Policy; p != nil && p.Name == of.Name {
		q.Policy, is = &changed, true
	}
	return q, is
}

// recording are the duties whose documents another test proves by the recorded calls of updates
// and previews.
var recording = []string{naming.Preview, naming.Deploy}

// role is the role of a duty, for an app or for the gate.
func (e *estate) role(duty, app string) role {
	e.Helper()
	arn := e.plan.Role(app, duty).ARN
	found, there := e.roles[arn]
	if !there {
		e.Fatalf("there is no %s", arn)
	}
	return found
}

// key is the key of a purpose.
func (e *estate) key(purpose string) string {
	e.Helper()
	if e.keys[purpose] == "" {
		e.Fatalf("there is no key of %s", purpose)
	}
	return e.keys[purpose]
}

// outside is another role of the account than the gate's.
func (e *estate) outside(arn, document string) authority.Principal {
	return authority.Principal{ARN: arn, Identity: []authority.Policy{{Name: "attached", Document: document}}, SCPs: e.scps}
}

// administratorAccess is AWS's managed policy of that name.
const administratorAccess = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func (e *estate) deployer() authority.Principal {
	return e.outside(e.named("deployer"), administratorAccess)
}

// assumes is all that the role of a person has who isApprover.
const assumes = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`

func (e *estate) releaseManager() authority.Principal {
	return e.outside(e.named("release-manager"), assumes)
}

// named is the ARN of another role of the account than the gate's.
func (e *estate) named(role string) string { return "arn:aws:iam::" + e.plan.Account + ":role/" + role }
