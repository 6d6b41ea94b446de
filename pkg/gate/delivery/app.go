package delivery

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/contract"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/secrets"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
)

// NewApp makes everything of one app: the repository of its images, the projects that scan
// and build, the role of those who approve, and the pipeline, after what all pipelines
// start. It returns the app's outputs.
func (d *Delivery) NewApp(parent pulumi.Resource, app settings.App) (pulumi.StringMap, error) {
	group, err := d.c.NewGroup(component.AppType, parent, d.c.ChildName(app.Name))
	if err != nil {
		return nil, err
	}
	images, records, err := d.newRepository(group, app)
	if err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	references, err := secrets.New(d.c, group, app, d.Store.SecretsKey, d.Rotators)
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	projects, err := d.newAppProjects(group, app, references)
	if err != nil {
		return nil, err
	}
	approver, approverRecords, err := d.newApprover(group, app)
	if err != nil {
		return nil, fmt.Errorf("approver: %w", err)
	}
	deployments, err := d.newDeploymentGroup(group, app)
	if err != nil {
		return nil, fmt.Errorf("deployment: %w", err)
	}
	made, err := d.newPipeline(group, app, slices.Concat(records, projects.records, approverRecords), slices.Concat(projects.made, deployments))
	if err != nil {
		return nil, fmt.Errorf("delivery: %w", err)
	}
	outputs := pulumi.StringMap{
		contract.AppPipeline:        made.Name,
		contract.AppPipelineArn:     made.Arn,
		contract.AppProject:         projects.build.Name,
		contract.AppRepositoryArn:   images.Arn,
		contract.AppRepositoryURI:   images.RepositoryUrl,
		contract.AppApproverRoleArn: approver,
	}
	all := pulumi.Map{}
	for name, output := range outputs {
		all[name] = output
	}
	return outputs, d.c.RegisterOutputs(group, all)
}

// appProjects are the projects of one app.
type appProjects struct {
	made    []pulumi.Resource
	build   *codebuild.Project // the one that runs docker
	records baseline.Records
}

// newAppProjects makes the projects of an app: those of one role in one component, with the role.
func (d *Delivery) newAppProjects(parent pulumi.Resource, app settings.App, references []secrets.Reference) (*appProjects, error) {
	all := &appProjects{}
	projects, err := d.Model.ProjectsOf(app)
	if err != nil {
		return nil, err
	}
	for _, role := range d.Model.Roles() {
		these := slices.DeleteFunc(slices.Clone(projects), func(p pipeline.CodeBuildProject) bool { return p.Role != role.Name })
		if len(these) == 0 {
			continue
		}
		name := d.c.ChildName(app.Name + "-" + role.Name)
		group, err := d.c.NewGroup(component.ProjectType, parent, name)
		if err != nil {
			return nil, err
		}
		made, err := d.newAppRole(group, name, app, role)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", role.Name, err)
		}
		all.records = append(all.records, made.Records...)
		for _, p := range these {
			var reads []secrets.Reference
			if p.ReadsSecrets {
				reads = references
			}
			project, records, err := d.newProject(group, p, made, reads)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.Suffix, err)
			}
			all.made, all.records = append(all.made, project), append(all.records, records...)
			if p.Name == d.c.Names.Project(app.Name, naming.Build).Name {
				all.build = project
			}
		}
		if err := d.c.RegisterOutputs(group, nil); err != nil {
			return nil, err
		}
	}
	if all.build == nil {
		return nil, fmt.Errorf("no row has the project %s", naming.Build)
	}
	return all, nil
}
