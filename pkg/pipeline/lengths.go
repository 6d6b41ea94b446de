package pipeline

import (
	"errors"
	"fmt"
)

// maxConfiguration is the most characters of a value in an action's configuration: CodePipeline
// User Guide, Quotas.
const maxConfiguration = 1000

// maxAccepted is the most characters of the accepted findings. It leaves room for the other
// variables: CodeBuild accepts 5,500 characters for all variables of a project (CodeBuild User Guide, Quotas).
const maxAccepted = 2500

// Check returns an error that names everything in the pipelines that AWS would refuse.
func (m Model) Check() error { return errors.Join(m.checkStages(), m.checkLengths()) }

// checkLengths returns an error that names every app with a value that is too long for an action,
// and accepted findings that are too long for a project.
func (m Model) checkLengths() error {
	var problems []error
	for i, app := range m.settings.Apps {
		for _, stage := range m.Stages(app) {
			for _, action := range stage.Actions {
				for key, value := range action.Configuration {
					if n := len(value.Text); n > maxConfiguration {
						problems = append(problems, settingError(fmt.Sprintf("apps[%d]", i), app.Name,
							"the action %s of the stage %s would have %d characters in %s, and CodePipeline accepts %d; "+
								"name cluster, service and container more briefly, or expect less of the health check",
							action.Name, stage.Name, n, key, maxConfiguration))
					}
				}
			}
		}
	}
	// A shared project has the accepted findings of all apps.
	if n := len(encodeAllFindings(m.settings)); n > maxAccepted {
		problems = append(problems, settingError("scan.accepted", n, "the accepted findings of all apps have so many characters, and the variables of a "+
			"project have room for %d of them; fix some of what was found, or give fewer words of reason", maxAccepted))
	}
	return errors.Join(problems...)
}

// settingError is an error of a setting that only a check of all settings finds: its key, its
// value, what is wrong with it and, after a semicolon, the remedy.
func settingError(key string, value any, format string, args ...any) error {
	return fmt.Errorf("prodgate:%s: %q: %w", key, value, fmt.Errorf(format, args...))
}
