package gate

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// maxConfiguration is how long a value of an action's configuration may be: CodePipeline
// User Guide, Quotas.
const maxConfiguration = 1000

// checkLengths says of which apps an action would have to be told too much.
func (b builder) checkLengths() error {
	var problems []error
	for i, app := range b.settings.Apps {
		for _, stage := range b.stages(app, &source{}, &alerts{}) {
			args := stage.(codepipeline.PipelineStageArgs)
			for _, a := range args.Actions.(codepipeline.PipelineStageActionArray) {
				action := a.(codepipeline.PipelineStageActionArgs)
				for key, value := range action.Configuration.(pulumi.StringMap) {
					text, _ := value.(pulumi.String)
					if n := len(text); n > maxConfiguration {
						problems = append(problems, wrong(fmt.Sprintf("apps[%d]", i), app.Name,
							"the action %s of the stage %s would be told %d characters as %s, and CodePipeline takes %d; "+
								"name cluster, service and container more briefly, or expect less of the health check",
							action.Name, args.Name, n, key, maxConfiguration))
					}
				}
			}
		}
	}
	// Of all apps together where a project is theirs.
	if n := len(acceptedOfAll(b.settings)); n > maxAccepted {
		problems = append(problems, wrong("scan.accepted", n, "the accepted findings of all apps have so many characters, and the variables of a "+
			"project have room for %d of them; fix some of what was found, or give fewer words of reason", maxAccepted))
	}
	return errors.Join(problems...)
}

// maxAccepted leaves room for the other variables: CodeBuild takes 5,500 characters for all
// of a project (CodeBuild User Guide, Quotas).
const maxAccepted = 2500
