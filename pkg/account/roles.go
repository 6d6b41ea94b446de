package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Roles makes a call for each name: IAM's list of all roles would show more than settings name.
func (r awsReader) Roles(ctx context.Context, names []string) (map[string]string, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	client := iam.NewFromConfig(cfg, func(o *iam.Options) { o.Retryer = adaptiveRetryer() })
	all, err := callEach(sortedUnique(names), func(name string) ([][2]string, error) {
		got, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		var none *types.NoSuchEntityException
		switch {
		case errors.As(err, &none):
			return nil, nil
		case err != nil:
			return nil, withAction(err)
		}
		return [][2]string{{name, aws.ToString(got.Role.Arn)}}, nil
	})
	if err != nil {
		return nil, err
	}
	roles := map[string]string{}
	for _, one := range all {
		roles[one[0]] = one[1]
	}
	return roles, nil
}
