package gate

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func (b builder) knownState(parent pulumi.Resource, alerts *alerts, dispatcher *dispatcher, store *store) error {
	return nil
}
