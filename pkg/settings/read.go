package settings

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Read decodes the configuration of the stack that runs.
func Read(ctx *pulumi.Context) (*Settings, error) {
	config := map[string]string{}
	for _, key := range keys(ctx.Project()) {
		if value, ok := ctx.GetConfig(key); ok {
			config[key] = value
		}
	}
	return decode(ctx.Project(), config, ctx.IsConfigSecret)
}

// keys are all keys that the stack may have set. The context has the value of a key, but no
// list of keys, and a misspelt key can only be found in a list: the environment variable that
// the SDK reads. An inline program and a test have no such variable, and only the known keys
// are read.
func keys(project string) []string {
	known := []string{regionSetting.key}
	for _, name := range children[""] {
		known = append(known, project+":"+name)
	}
	var written map[string]string
	if err := json.Unmarshal([]byte(os.Getenv(pulumi.EnvConfig)), &written); err != nil {
		return known
	}
	for key := range written {
		known = append(known, key)
	}
	return known
}
