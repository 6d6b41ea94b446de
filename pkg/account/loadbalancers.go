package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func (r awsReader) loadBalancing() (*elb.Client, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	return elb.NewFromConfig(cfg, func(o *elb.Options) { o.Retryer = adaptiveRetryer() }), nil
}

func (r awsReader) LoadBalancers(ctx context.Context) ([]string, error) {
	client, err := r.loadBalancing()
	if err != nil {
		return nil, err
	}
	var arns []string
	pages := elb.NewDescribeLoadBalancersPaginator(client, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, withAction(err)
		}
		for _, b := range page.LoadBalancers {
			arns = append(arns, aws.ToString(b.LoadBalancerArn))
		}
	}
	return arns, nil
}

// Listeners makes a call for each load balancer: Elastic Load Balancing lists the listeners of one.
func (r awsReader) Listeners(ctx context.Context, loadBalancers []string) ([]Listener, error) {
	client, err := r.loadBalancing()
	if err != nil {
		return nil, err
	}
	return callEach(sortedUnique(loadBalancers), func(arn string) ([]Listener, error) {
		var listeners []Listener
		pages := elb.NewDescribeListenersPaginator(client, &elb.DescribeListenersInput{LoadBalancerArn: &arn})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, withAction(err)
			}
			for _, one := range page.Listeners {
				listeners = append(listeners, Listener{LoadBalancer: arn, ARN: aws.ToString(one.ListenerArn), Port: int(aws.ToInt32(one.Port))})
			}
		}
		return listeners, nil
	})
}

func (r awsReader) TargetGroups(ctx context.Context) ([]TargetGroup, error) {
	client, err := r.loadBalancing()
	if err != nil {
		return nil, err
	}
	var groups []TargetGroup
	pages := elb.NewDescribeTargetGroupsPaginator(client, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, withAction(err)
		}
		for _, g := range page.TargetGroups {
			groups = append(groups, TargetGroup{
				Name: aws.ToString(g.TargetGroupName), ARN: aws.ToString(g.TargetGroupArn), LoadBalancers: g.LoadBalancerArns,
			})
		}
	}
	return groups, nil
}
