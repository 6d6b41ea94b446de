package preflight

import (
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codecommit"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// findSources reads the repositories of CodeCommit that are adopted, and names all that do
// not exist.
func findSources(c component.Context, parent pulumi.Resource) error {
	if c.Settings.Source.Repositories != settings.Adopt {
		return nil
	}
	var problems []error
	for _, name := range c.Settings.Repositories() {
		if _, err := codecommit.LookupRepository(c.Ctx, &codecommit.LookupRepositoryArgs{RepositoryName: name}, pulumi.Parent(parent)); err != nil {
			problems = append(problems, component.SettingError("source.repositories", settings.Adopt, "CodeCommit does not show %s; correct the name, or set it to create: %w", name, err))
		}
	}
	return errors.Join(problems...)
}
