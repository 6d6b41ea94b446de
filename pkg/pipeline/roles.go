package pipeline

import (
	"slices"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Role is a role of the pipelines.
type Role struct {
	// Name is the role's name in package naming.
	Name string
	// IsPerApp is whether each app has its own role; otherwise all apps share one.
	IsPerApp bool
	// Service is the host of the AWS service that assumes the role; empty for people.
	Service string
}

// Statement is one capability that a policy allows.
type Statement struct {
	Sid        string
	Actions    []string
	Resources  []Value
	Conditions []Condition
}

// Condition holds when Operator is true of the request's Key and any of Values.
type Condition struct {
	Operator, Key string
	Values        []Value
}

const (
	codeBuild = "codebuild.amazonaws.com"
	lambda    = "lambda.amazonaws.com"
)

// Roles are the roles of the pipelines. The roles of projects are in the order of their rows.
func (m Model) Roles() []Role {
	roles := []Role{{Name: naming.Pipeline, IsPerApp: true, Service: "codepipeline.amazonaws.com"}}
	for _, row := range m.rows {
		if p := row.Project; p != nil && m.isOn(row, AllApps) && !slices.ContainsFunc(roles, func(r Role) bool { return r.Name == p.Role }) {
			roles = append(roles, Role{Name: p.Role, IsPerApp: !p.IsShared, Service: codeBuild})
		}
		if row.Function != nil && m.isOn(row, AllApps) {
			roles = append(roles, Role{Name: row.Function.Role, Service: lambda})
		}
	}
	if m.has(AllApps, IsBlueGreen) {
		roles = append(roles, Role{Name: naming.Shift, Service: "codedeploy.amazonaws.com"})
	}
	if m.NeedsApproval() {
		roles = append(roles, Role{Name: naming.Approver, IsPerApp: true})
	}
	return roles
}

// Role returns a role of the pipelines by its name, and whether the stack has it.
func (m Model) Role(name string) (Role, bool) {
	roles := m.Roles()
	i := slices.IndexFunc(roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		return Role{}, false
	}
	return roles[i], true
}

// Sources are the ARNs for which a service assumes a role: the pipeline, the projects or
// CodeDeploy's deployment groups. Lambda names none.
func (m Model) Sources(role string, scope Scope) []string {
	switch role {
	case naming.Pipeline:
		return []string{m.names.Pipeline(scope.name()).ARN}
	case naming.Shift:
		return []string{m.names.DeploymentGroups()}
	}
	var arns []string
	for _, at := range m.projectsOf(role, scope) {
		arns = append(arns, at.ARN)
	}
	return arns
}

// projectsOf are the projects of a role in a scope.
func (m Model) projectsOf(role string, scope Scope) []naming.Named {
	var all []naming.Named
	for _, row := range m.rowsOf(scope) {
		if row.Project != nil && row.Project.Role == role {
			all = append(all, m.project(*row.Project, scope.name()))
		}
	}
	return all
}

// Statements are the statements that allow what the role of a scope may do. If each app has its own
// role, the statements of AllApps are the role's permission boundary.
func (m Model) Statements(role string, scope Scope) []Statement {
	switch role {
	case naming.Pipeline:
		return m.pipelineStatements(scope)
	case naming.Shift:
		return m.allow(AllApps, trafficRights()...)
	case naming.Approver:
		return m.allow(scope, approverRights...)
	}
	for _, row := range m.rows {
		if row.Function != nil && row.Function.Role == role {
			logs := m.logStatement(m.names.CheckFunction())
			return append([]Statement{logs}, m.allow(AllApps, row.Function.Rights...)...)
		}
	}
	var reads, writes []string
	var rights []Right
	for _, row := range m.rowsOf(scope) {
		if row.Project == nil || row.Project.Role != role {
			continue
		}
		reads, writes = append(reads, m.inputsOf(row, scope)...), append(writes, row.Outputs...)
		rights = append(rights, row.Project.Rights...)
	}
	access := m.artifactAccess(scope, unique(reads), unique(writes))
	if role == naming.Build {
		access = m.folderAccess(scope)
	}
	return slices.Concat([]Statement{m.logs(role, scope)}, access, m.allow(scope, rights...))
}

// Boundary is the permission boundary of a role: it limits what any policy can grant.
func (m Model) Boundary(role string) []Statement { return m.Statements(role, AllApps) }

// pipelineStatements are the statements of the pipeline's role: artifacts, the source, builds, the
// deployment of one service, and the message to approvers.
func (m Model) pipelineStatements(scope Scope) []Statement {
	statements := m.folderAccess(scope)
	// Actions on artifacts that CodePipeline needs and CodeBuild does not: CodePipeline User
	// Guide, CodePipeline service role policy.
	statements[0].Actions = append(statements[0].Actions, "s3:PutObjectAcl")
	statements[1].Actions = append(statements[1].Actions, "s3:GetBucketVersioning")
	rights := map[string][]Right{}
	for _, row := range m.rowsOf(scope) {
		rights[row.Category] = append(rights[row.Category], row.Rights...)
	}
	projects := texts(m.startedProjects(scope)...)
	builds := []Statement{
		// BatchGetBuilds has none of the keys of overrides, so the conditions are true for it. One list of projects keeps
		// the policy below IAM's 6,144 characters.
		{Sid: "Builds", Actions: []string{"codebuild:StartBuild", "codebuild:BatchGetBuilds"}, Resources: projects, Conditions: withoutOverrides()},
	}
	return slices.Concat(statements, m.allow(scope, rights["Source"]...), builds,
		m.allow(scope, rights["Invoke"]...), m.allow(scope, rights["Deploy"]...), m.allow(scope, rights["Approval"]...))
}

// BuildOverrides are the condition keys of codebuild:StartBuild for overrides that a caller may ask
// for and CodePipeline never uses: commands, image, role, host, privileged mode and the registry's
// credential. A CodeBuild action overrides the source, the artifacts, their key and
// environment variables, and the buildspec only where it has BuildspecOverride. CodePipeline User
// Guide, AWS CodeBuild build and test action reference; Service Authorization Reference, AWS
// CodeBuild.
var BuildOverrides = []string{
	"codebuild:source.buildspec", "codebuild:environment.image", "codebuild:environment.fleet.fleetArn", "codebuild:environment.privilegedMode",
	"codebuild:environment.registryCredential", "codebuild:serviceRole",
}

// withoutOverrides is true for a build that overrides nothing of its project. CodeBuild User Guide, AWS CodeBuild
// condition keys: the key of the buildspec takes the operator Null only.
func withoutOverrides() []Condition {
	var all []Condition
	for _, key := range BuildOverrides {
		all = append(all, Condition{Operator: "Null", Key: key, Values: texts("true")})
	}
	return all
}

// allow makes statements from rights. Of two rights with the same Sid it uses the first: a role with
// both kinds of deployment has the rights of rolling deployments on task definitions, which allow more.
func (m Model) allow(scope Scope, rights ...Right) []Statement {
	var all []Statement
	for _, right := range rights {
		if right.When != nil && !right.When(m) || slices.ContainsFunc(all, func(s Statement) bool { return s.Sid == right.Sid }) {
			continue
		}
		resources := right.On(m, scope)
		if len(resources) == 0 {
			continue
		}
		statement := Statement{Sid: right.Sid, Actions: right.Actions, Resources: resources}
		if right.Conditions != nil {
			statement.Conditions = right.Conditions(m, scope)
		}
		all = append(all, statement)
	}
	return all
}

// logs lets a role write what its projects log.
func (m Model) logs(role string, scope Scope) Statement {
	return m.logStatement(m.projectsOf(role, scope)...)
}

func (m Model) logStatement(of ...naming.Named) Statement {
	logs := Statement{Sid: "Logs", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}}
	for _, at := range of {
		logs.Resources = append(logs.Resources, text(m.names.LogGroupOf(at).ARN+":*"))
	}
	return logs
}

// artifactAccess lets a role read some artifacts and write others. CodeBuild User Guide, Allow
// CodeBuild to interact with other AWS services.
func (m Model) artifactAccess(scope Scope, reads, writes []string) []Statement {
	folder := m.artifacts() + "/" + m.artifactFolder(scope) + "/"
	objects := func(artifacts []string) []Value {
		var all []Value
		for _, artifact := range artifacts {
			all = append(all, text(folder+artifact+"/*"))
		}
		return all
	}
	statements := []Statement{{Sid: "ReadArtifacts", Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: objects(reads)}, m.bucketAccess()}
	key := m.keyAccess()
	if len(writes) > 0 {
		statements = append(statements, Statement{Sid: "WriteArtifacts", Actions: []string{"s3:PutObject"}, Resources: objects(writes)})
		key.Actions = append(key.Actions, "kms:GenerateDataKey")
	}
	return append(statements, key)
}

// folderAccess lets a role read and write all artifacts of a scope.
func (m Model) folderAccess(scope Scope) []Statement {
	key := m.keyAccess()
	key.Actions = append(key.Actions, "kms:GenerateDataKey")
	return []Statement{
		{
			Sid: "Artifacts", Actions: []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"},
			Resources: texts(m.artifacts() + "/" + m.artifactFolder(scope) + "/*"),
		},
		m.bucketAccess(), key,
	}
}

func (m Model) bucketAccess() Statement {
	return Statement{Sid: "ArtifactBucket", Actions: []string{"s3:GetBucketAcl", "s3:GetBucketLocation"}, Resources: texts(m.artifacts())}
}

func (m Model) keyAccess() Statement {
	return Statement{
		Sid: "ArtifactKey", Actions: []string{"kms:Decrypt"}, Resources: []Value{{Part: ArtifactKey}}, Conditions: []Condition{m.viaService("s3")},
	}
}

func (m Model) artifacts() string { return m.names.Bucket("artifacts").ARN }

// artifactFolder is the folder of an app's artifacts. For all apps it matches every folder, because
// CodePipeline truncates the names of folders.
func (m Model) artifactFolder(scope Scope) string {
	if scope.app == nil {
		return "*"
	}
	return settings.ArtifactFolder(m.names.Gate, scope.app.Name)
}

// unique removes duplicates from texts, and keeps their order.
func unique(all []string) []string {
	var once []string
	for _, one := range all {
		if !slices.Contains(once, one) {
			once = append(once, one)
		}
	}
	return once
}
