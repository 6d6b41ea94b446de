package gate

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

// scanner is what settings call by name.
type scanner struct {
	buildspec string
	tools     []tool.Tool
	// more are variables beside those of the tools.
	more []variable
	// weighs is whether its findings have a severity.
	weighs bool
}

// scanners are those of sources.
var scanners = map[string]scanner{
	"gitleaks": {buildspec: buildspec.Gitleaks, tools: []tool.Tool{tool.Gitleaks}},
	"bandit":   {buildspec: buildspec.Bandit, more: []variable{{tool.BanditRequirements, tool.Requirements(tool.Bandit)}}, weighs: true},
	"gosec":    {buildspec: buildspec.Gosec, tools: []tool.Tool{tool.Gosec}, weighs: true},
	"grype":    {buildspec: buildspec.Grype, tools: []tool.Tool{tool.Grype}, weighs: true},
}

// scan is one look into an app's source.
type scan struct {
	action  string // of the stage, and the namespace of its variables
	project string // one of address's
	what    string
	by      string // the scanner's name, or settings.None
	out     []string
}

// scans are those of an app that are on. They run side by side.
func scans(app settings.App) []scan {
	return slices.DeleteFunc([]scan{
		{action: "Secrets", project: naming.ScanSecrets, what: "secrets in the source", by: app.Scan.Secrets},
		{action: "Code", project: naming.ScanCode, what: "holes in the code", by: app.Scan.Code},
		{action: "Dependencies", project: naming.ScanDependencies, what: "known vulnerabilities of the dependencies, and writes the SBOM",
			by: app.Scan.Dependencies, out: []string{buildspec.SBOMArtifact}},
	}, func(s scan) bool { return s.by == settings.None })
}

// hasSBOM is whether a run of the app's pipeline writes one.
func hasSBOM(app settings.App) bool { return app.Scan.Dependencies != settings.None }

// scanProjects makes the projects of an app's scans, and their one role: what reads an
// app's source may write nothing but the SBOM.
func (b builder) scanProjects(parent pulumi.Resource, app settings.App, s *store) ([]pulumi.Resource, error) {
	on := scans(app)
	if len(on) == 0 {
		return nil, nil
	}
	name := b.called(app.Name + "-scan")
	group, err := b.group(component.ProjectType, parent, name)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, at := range b.scanned(app) {
		arns = append(arns, at.ARN)
	}
	role, attached, err := b.role(group, duty{
		name: name, app: app, duty: naming.Scan, trust: b.byService("codebuild.amazonaws.com", arns...),
		may: func(app settings.App) policydoc.Document {
			return append(policydoc.Document{b.logsTo(b.scanned(app)...)},
				b.handsOn(app, s, []string{sourceArtifact}, b.sbomOf(app))...)
		},
	})
	if err != nil {
		return nil, err
	}
	var made []pulumi.Resource
	for _, scan := range on {
		by := scanners[scan.by]
		variables := append([]variable{{buildspec.AppFolder, app.Folder}, {buildspec.AcceptedFindings, accepted(app)}}, by.more...)
		if by.weighs {
			variables = append(variables, variable{buildspec.Severity, app.Scan.Severity})
		}
		project, err := b.runner(group, s, runner{
			name: b.called(app.Name + "-" + scan.project), at: b.plan.Project(app.Name, scan.project),
			description: "Looks for " + scan.what + " of " + app.Name + ", with " + scan.by,
			role:        role, attached: attached, source: "CODEPIPELINE", buildspec: by.buildspec,
			variables:   slices.Concat(plain(variables), pinned(by.tools...)),
			computeType: b.settings.Build.ComputeType, minutes: b.settings.Build.Timeout, concurrent: b.settings.Build.ConcurrentBuilds,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", scan.project, err)
		}
		made = append(made, project)
	}
	return made, nil
}

// scanned are the projects of an app's scans; of any app, all that there can be.
func (b builder) scanned(app settings.App) []naming.Named {
	var all []naming.Named
	for _, scan := range scans(app) {
		all = append(all, b.plan.Project(app.Name, scan.project))
	}
	return all
}

func (b builder) sbomOf(app settings.App) []string {
	if hasSBOM(app) {
		return []string{buildspec.SBOMArtifact}
	}
	return nil
}

// pinned are the variables by which a project installs tools.
func pinned(tools ...tool.Tool) codebuild.ProjectEnvironmentEnvironmentVariableArray {
	var all codebuild.ProjectEnvironmentEnvironmentVariableArray
	for _, t := range tools {
		all = append(all, variable{t.URLVariable(), t.URL}.plain(), variable{t.SHA256Variable(), t.SHA256}.plain())
	}
	return all
}

// finding is an accepted finding as buildspecs read it.
type finding struct {
	App     string `json:"app,omitempty"`
	ID      string `json:"id"`
	Reason  string `json:"reason"`
	Expires string `json:"expires"`
}

func findingOf(app string, a settings.AcceptedFinding) finding {
	return finding{app, a.Id, a.Reason, a.Expires}
}

// accepted are the findings of an app that fail no run, in JSON.
func accepted(app settings.App) string {
	all := []finding{}
	for _, a := range app.Scan.Accepted {
		all = append(all, findingOf("", a))
	}
	return written(all)
}

// acceptedOfAll are those of the stack, and of each app: for a project that all share.
func acceptedOfAll(s *settings.Settings) string {
	all := []finding{}
	for _, a := range s.Scan.Accepted {
		all = append(all, findingOf("", a))
	}
	for _, app := range s.Apps {
		for _, a := range app.Scan.Accepted[len(s.Scan.Accepted):] {
			all = append(all, findingOf(app.Name, a))
		}
	}
	return written(all)
}

func written(findings []finding) string {
	text, _ := json.Marshal(findings) // of texts only
	return string(text)
}
