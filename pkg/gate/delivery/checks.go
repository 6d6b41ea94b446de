package delivery

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/signer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/pipeline"
)

// addChecks makes the projects that every pipeline starts for its app, and their roles. No step of
// a build can reach one: they run nothing that an app brings.
func (d *Delivery) addChecks(parent pulumi.Resource) error {
	group, err := d.c.NewGroup(component.ChecksType, parent, d.c.ChildName("checks"))
	if err != nil {
		return err
	}
	if d.c.Settings.Signs() {
		profile, err := d.newSigningProfile(group)
		if err != nil {
			return fmt.Errorf("signing profile: %w", err)
		}
		d.parts[pipeline.SigningProfile] = profile.Arn
	}
	projects, err := d.Model.SharedProjects()
	if err != nil {
		return err
	}
	roles := map[string]*identity.Role{}
	for _, project := range projects {
		if roles[project.Role] == nil {
			role, _ := d.Model.Role(project.Role)
			if roles[project.Role], err = d.newSharedRole(group, role); err != nil {
				return fmt.Errorf("%s: %w", project.Role, err)
			}
		}
		made, records, err := d.newProject(group, project, roles[project.Role], nil)
		if err != nil {
			return fmt.Errorf("%s: %w", project.Suffix, err)
		}
		d.projects, d.records = append(d.projects, made), append(d.records, records...)
	}
	return d.c.RegisterOutputs(group, nil)
}

func (d *Delivery) newSigningProfile(parent pulumi.Resource) (*signer.SigningProfile, error) {
	return signer.NewSigningProfile(d.c.Ctx, d.c.ChildName("images"), &signer.SigningProfileArgs{
		// AWS Signer takes no hyphen in the name of a profile, and keeps the name of a profile that was
		// canceled: a gate that is made anew needs another one, and has another key.
		Name: d.Store.ImageKey.KeyId.ApplyT(func(id string) string {
			return d.c.Names.SigningPrefix() + strings.ReplaceAll(id, "-", "")
		}).(pulumi.StringOutput),
		PlatformId: pulumi.String("Notation-OCI-SHA384-ECDSA"),
		// How long a signature holds: an image that runs is rolled back to, or started anew, for years.
		SignatureValidityPeriod: signer.SigningProfileSignatureValidityPeriodArgs{Type: pulumi.String("MONTHS"), Value: pulumi.Int(135)},
	}, pulumi.Parent(parent), d.c.ProtectOption())
}
