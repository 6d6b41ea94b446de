package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// duty is one role: who may take it on, on behalf of what, and what it may do.
type duty struct {
	name    string // of the resources
	app     string // empty: the whole gate's
	duty    string // one of address's duties
	service string // the service that takes the role on
	source  string // the ARN it acts for; empty where the service names none
	may     policydoc.Document
}

// role makes the role, its one customer-managed policy and their attachment.
// The policy is no inline one: AWS Config's IAM rules do not look into those.
func (b builder) role(parent pulumi.Resource, d duty) (*iam.Role, pulumi.Resource, error) {
	trusted := []policydoc.Condition{policydoc.Is("StringEquals", "aws:SourceAccount", b.plan.Account)}
	if d.source != "" {
		trusted = append(trusted, policydoc.Is("ArnEquals", "aws:SourceArn", d.source))
	}
	at := b.plan.Role(d.app, d.duty)
	child := pulumi.Parent(parent)
	role, err := iam.NewRole(b.ctx, d.name, &iam.RoleArgs{
		Name: pulumi.String(at.Name),
		Path: pulumi.String(at.Path),
		AssumeRolePolicy: policydoc.Document{{
			Sid:        "OneServiceForOneSource",
			Principals: policydoc.Service(d.service),
			Actions:    []string{"sts:AssumeRole"},
			Conditions: trusted,
		}}.JSON(),
	}, child)
	if err != nil {
		return nil, nil, fmt.Errorf("role: %w", err)
	}
	where := b.plan.Policy(d.app, d.duty)
	policy, err := iam.NewPolicy(b.ctx, d.name, &iam.PolicyArgs{
		Name:   pulumi.String(where.Name),
		Path:   pulumi.String(where.Path),
		Policy: d.may.JSON(),
	}, child)
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	attached, err := iam.NewRolePolicyAttachment(b.ctx, d.name, &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: policy.Arn,
	}, child)
	if err != nil {
		return nil, nil, fmt.Errorf("attachment: %w", err)
	}
	return role, attached, nil
}

// useArtifacts lets a role read and write one app's artifacts.
func (b builder) useArtifacts(app string, s *store) policydoc.Document {
	bucket := b.plan.Bucket("artifacts").ARN
	return policydoc.Document{
		{
			Sid:       "Artifacts",
			Actions:   []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"},
			Resources: policydoc.On(bucket + "/" + settings.ArtifactFolder(b.plan.Gate, app) + "/*"),
		},
		{
			Sid:       "ArtifactBucket",
			Actions:   []string{"s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation"},
			Resources: policydoc.On(bucket),
		},
		{
			Sid:        "ArtifactKey",
			Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resources:  []pulumi.StringInput{s.artifactKey.Arn},
			Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "kms:ViaService", "s3."+b.plan.Region+"."+b.plan.DNSSuffix())},
		},
	}
}
