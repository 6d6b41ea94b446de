package pipeline

import (
	"encoding/json"
	"slices"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

// The variables that several rows set.
var (
	appName        = ofApp(buildspec.App, func(app settings.App) string { return app.Name })
	appFolder      = ofApp(buildspec.AppFolder, func(app settings.App) string { return app.Folder })
	containerName  = ofApp(buildspec.ContainerName, func(app settings.App) string { return app.Container })
	cluster        = ofApp(buildspec.Cluster, func(app settings.App) string { return app.Cluster })
	service        = ofApp(buildspec.Service, func(app settings.App) string { return app.Service })
	severity       = ofApp(buildspec.Severity, func(app settings.App) string { return app.Scan.Severity })
	repositoryURI  = ofModel(buildspec.RepositoryURI, func(m Model, app settings.App) string { return m.names.RepositoryURI(app.Name) })
	repositoryName = ofModel(buildspec.RepositoryName, func(m Model, app settings.App) string { return m.names.Repository(app.Name).Name })
	// imageDigest and builtCommit are what the run has built, and of which commit.
	imageDigest = constant(buildspec.ImageDigest, "#{Build."+buildspec.ImageDigest+"}")
	builtCommit = constant(buildspec.CommitID, "#{Build."+buildspec.CommitID+"}")
	hasSBOM     = Variable{
		Name: buildspec.SBOM, Value: func(Model, settings.App) Value { return text("true") },
		When: func(m Model, app settings.App) bool { return m.isProduced(buildspec.SBOMArtifact, OneApp(app)) },
	}
	acceptedFindings  = ofApp(buildspec.AcceptedFindings, acceptedOfApp)
	acceptedOfAllApps = ofModel(buildspec.AcceptedFindings, func(m Model, _ settings.App) string { return acceptedOfAll(m.settings) })
	signing           = concat(pins(tool.Notation, tool.SignerPlugin),
		[]Variable{constant(buildspec.SignerRoot, tool.SignerRoot), ofPart(buildspec.SigningProfile, SigningProfile)})
)

// scanVariables are those of each scan of an app's source.
func scanVariables(more ...Variable) []Variable {
	return append([]Variable{appFolder, acceptedFindings}, more...)
}

func concat(lists ...[]Variable) []Variable { return slices.Concat(lists...) }

// inputs are artifacts that an action needs.
func inputs(artifacts ...string) []Input {
	var all []Input
	for _, artifact := range artifacts {
		all = append(all, Input{Artifact: artifact})
	}
	return all
}

// withSBOM are artifacts that an action needs, and the SBOM where there is one.
func withSBOM(artifacts ...string) []Input {
	return append(inputs(artifacts...), Input{Artifact: buildspec.SBOMArtifact, IsOptional: true})
}

// healthCheck is the answer that an app must give, as a buildspec reads it.
func healthCheck(app settings.App) string {
	check := map[string]any{"url": app.Health.Url, "seconds": app.Health.Seconds}
	if len(app.Health.Expect) > 0 {
		check["expect"] = app.Health.Expect
	}
	text, _ := json.Marshal(check) // of texts, numbers and booleans only
	return string(text)
}

// finding is an accepted finding as buildspecs read it.
type finding struct {
	App     string `json:"app,omitempty"`
	ID      string `json:"id"`
	Reason  string `json:"reason"`
	Expires string `json:"expires"`
}

// acceptedOfApp are the findings of an app that fail no run, in JSON.
func acceptedOfApp(app settings.App) string {
	return encodeFindings(findingsOf("", app.Scan.Accepted))
}

// acceptedOfAll are those of the stack, and of each app: for a project that all share.
func acceptedOfAll(s *settings.Settings) string {
	all := findingsOf("", s.Scan.Accepted)
	for _, app := range s.Apps {
		all = append(all, findingsOf(app.Name, app.Scan.Accepted[len(s.Scan.Accepted):])...)
	}
	return encodeFindings(all)
}

func findingsOf(app string, accepted []settings.AcceptedFinding) []finding {
	all := []finding{}
	for _, a := range accepted {
		all = append(all, finding{app, a.Id, a.Reason, a.Expires})
	}
	return all
}

func encodeFindings(findings []finding) string {
	text, _ := json.Marshal(findings) // of texts only
	return string(text)
}
