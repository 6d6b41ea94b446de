package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	balancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func (l live) balancing() (*balancing.Client, error) {
	cfg, err := l.load()
	if err != nil {
		return nil, err
	}
	return balancing.NewFromConfig(cfg), nil
}

func (l live) LoadBalancers(ctx context.Context) ([]string, error) {
	client, err := l.balancing()
	if err != nil {
		return nil, err
	}
	var arns []string
	pages := balancing.NewDescribeLoadBalancersPaginator(client, &balancing.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused(err)
		}
		for _, b := range page.LoadBalancers {
			arns = append(arns, aws.ToString(b.LoadBalancerArn))
		}
	}
	return arns, nil
}

func (l live) Listeners(ctx context.Context, loadBalancer string) ([]Listener, error) {
	client, err := l.balancing()
	if err != nil {
		return nil, err
	}
	var listeners []Listener
	pages := balancing.NewDescribeListenersPaginator(client, &balancing.DescribeListenersInput{LoadBalancerArn: &loadBalancer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused(err)
		}
		for _, one := range page.Listeners {
			listeners = append(listeners, Listener{ARN: aws.ToString(one.ListenerArn), Port: int(aws.ToInt32(one.Port))})
		}
	}
	return listeners, nil
}

func (l live) TargetGroups(ctx context.Context) ([]TargetGroup, error) {
	client, err := l.balancing()
	if err != nil {
		return nil, err
	}
	var groups []TargetGroup
	pages := balancing.NewDescribeTargetGroupsPaginator(client, &balancing.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused(err)
		}
		for _, g := range page.TargetGroups {
			groups = append(groups, TargetGroup{
				Name: aws.ToString(g.TargetGroupName), ARN: aws.ToString(g.TargetGroupArn), LoadBalancers: g.LoadBalancerArns,
			})
		}
	}
	return groups, nil
}
