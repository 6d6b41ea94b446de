package gatetest_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/gatetest"
)

// component is one with a child of a name.
func component(ctx *pulumi.Context, name, child string) error {
	var c pulumi.ResourceState
	if err := ctx.RegisterComponentResource("test:index:Component", name, &c); err != nil {
		return err
	}
	var made pulumi.CustomResourceState
	return ctx.RegisterResource("aws:sns/topic:Topic", child, pulumi.Map{"name": pulumi.String("t")}, &made, pulumi.Parent(&c))
}

// A URN holds the types of the parents and not their names: this is the mistake
// of a component whose children have fixed names.
func TestTwoResourcesOfOneURNAreRefused(t *testing.T) {
	t.Parallel()
	_, err := gatetest.World{}.Run(func(ctx *pulumi.Context) error {
		if err := component(ctx, "one", "child"); err != nil {
			return err
		}
		return component(ctx, "two", "child")
	})
	if err == nil || !strings.Contains(err.Error(), "duplicate resource URN") {
		t.Errorf("got %v", err)
	}
}

func TestAResourceIsFoundBelowItsParents(t *testing.T) {
	t.Parallel()
	r := gatetest.World{}.MustRun(t, func(ctx *pulumi.Context) error { return component(ctx, "one", "child") })
	topic := r.One(t, "aws:sns/topic:Topic", "child")
	if got := strings.Join(r.Path(topic), " / "); got != "test:index:Component one / aws:sns/topic:Topic child" {
		t.Errorf("the path is %s", got)
	}
	if got := topic.Output("arn"); got != "arn:aws:sns:eu-west-2:111111111111:t" {
		t.Errorf("the ARN is %s", got)
	}
}
