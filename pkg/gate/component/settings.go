package component

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/settings"
)

// ReadSettings decodes the configuration of the running stack.
func ReadSettings(ctx *pulumi.Context) (*settings.Settings, error) {
	config := map[string]string{}
	for _, key := range configKeys(ctx.Project()) {
		if value, ok := ctx.GetConfig(key); ok {
			config[key] = value
		}
	}
	return settings.DecodeSecret(ctx.Project(), config, ctx.IsConfigSecret)
}

// configKeys are the keys that the stack may set: the known ones, and those that the SDK's environment variable lists.
// The context returns the value of a key and no list of keys, and only a list shows a misspelt key. An inline program
// and a test have no such variable.
func configKeys(project string) []string {
	keys := settings.Keys(project)
	var written map[string]string
	if err := json.Unmarshal([]byte(os.Getenv(pulumi.EnvConfig)), &written); err != nil {
		return keys
	}
	for key := range written {
		keys = append(keys, key)
	}
	return keys
}
