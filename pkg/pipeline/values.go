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
	// imageDigest and imageOrigin are of the image that the run has built or found. sourceCommit is the run's commit
	// as CodePipeline knows it, and not as the build says.
	imageDigest  = constant(buildspec.ImageDigest, "#{Build."+buildspec.ImageDigest+"}")
	imageOrigin  = constant(buildspec.ImageOrigin, "#{Build."+buildspec.ImageOrigin+"}")
	sourceCommit = constant(buildspec.CommitID, "#{Source.CommitId}")
	hasSBOM      = Variable{
		Name: buildspec.SBOM, Value: func(Model, settings.App) Value { return text("true") },
		When: func(m Model, app settings.App) bool { return m.isProduced(buildspec.SBOMArtifact, OneApp(app)) },
	}
	hasImageSBOM = Variable{
		Name: buildspec.ImageSBOM, Value: func(Model, settings.App) Value { return text("true") },
		When: func(m Model, app settings.App) bool { return m.isProduced(buildspec.ImageSBOMArtifact, OneApp(app)) },
	}
	acceptedFindings  = ofApp(buildspec.AcceptedFindings, encodeAppFindings)
	acceptedOfAllApps = ofModel(buildspec.AcceptedFindings, func(m Model, _ settings.App) string { return encodeAllFindings(m.settings) })
	signing           = concat(pins(tool.Notation, tool.SignerPlugin),
		[]Variable{constant(buildspec.SignerRoot, tool.SignerRoot), ofPart(buildspec.SigningProfile, SigningProfile)})
)

// scanVariables are the variables of every scan of an app's source, and more.
func scanVariables(more ...Variable) []Variable {
	return append([]Variable{appFolder, acceptedFindings}, more...)
}

func concat(lists ...[]Variable) []Variable { return slices.Concat(lists...) }

// inputs are artifacts that an action requires.
func inputs(artifacts ...string) []Input {
	var all []Input
	for _, artifact := range artifacts {
		all = append(all, Input{Artifact: artifact})
	}
	return all
}

// withSBOMs are artifacts that an action requires, and the SBOMs of source and image if there are any.
func withSBOMs(artifacts ...string) []Input {
	return append(inputs(artifacts...), Input{Artifact: buildspec.SBOMArtifact, IsOptional: true}, Input{Artifact: buildspec.ImageSBOMArtifact, IsOptional: true})
}

// healthCheck is the health check of an app, as a buildspec reads it.
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

// encodeAppFindings writes the accepted findings of an app as JSON.
func encodeAppFindings(app settings.App) string {
	return encodeFindings(findingsOf("", app.Scan.Accepted))
}

// encodeAllFindings writes the accepted findings of the stack and of every app as JSON, for a shared project.
func encodeAllFindings(s *settings.Settings) string {
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
