package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Seeded is the description of roles that exist before the gate.
const Seeded = "Exists before the gate"

// seedRoles creates the roles, by ARN, that do not exist from an earlier run. Amazon ECS assumes
// them, and people do through IAM Identity Center.
func (c *Cloud) seedRoles(ctx context.Context, arns []string) error {
	cfg, err := c.AWSConfig(ctx, "us-east-1")
	if err != nil {
		return err
	}
	client := iam.NewFromConfig(cfg)
	for _, arn := range arns {
		if c.seeded[arn] {
			continue
		}
		account, role, _ := strings.Cut(arn, ":role/")
		path, name := "/"+role[:strings.LastIndex(role, "/")+1], role[strings.LastIndex(role, "/")+1:]
		trust := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
			{"Effect": "Allow", "Principal": {"AWS": "%[1]s:root"}, "Action": "sts:AssumeRole",
				"Condition": {"ArnLike": {"aws:PrincipalArn": "%[1]s:role/aws-reserved/sso.amazonaws.com/*"}}}]}`, account)
		_, err := client.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: &name, Path: &path, Description: aws.String(Seeded), AssumeRolePolicyDocument: &trust,
		})
		var exists *types.EntityAlreadyExistsException
		if err != nil && !errors.As(err, &exists) {
			return fmt.Errorf("role %s: %w", arn, err)
		}
		c.seeded[arn] = true
	}
	return nil
}
