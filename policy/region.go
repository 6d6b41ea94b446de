package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"prodgate/pkg/settings"
)

// The settings that the stack's aws providers must agree with.
const (
	regionKey       = "aws:region"
	accountKey      = "prodgate:account"
	organizationKey = "prodgate:organization"
)

// regionAndAccount keeps a stack in its region and its account. A provider with
// allowedAccountIds refuses the credentials of every other account before it makes a call;
// the default provider accepts whatever credentials the shell has.
var regionAndAccount = policy{
	name: "region-and-account",
	description: "Every aws provider is explicit, in the stack's region (the gate's own of IAM's events in theirs), and allows exactly the stack's account, " +
		"or the account of organization.roleArn as one of the two roles that settings name there.",
	types: []string{"pulumi:providers:aws"},
	check: func(s stack, r resource) []finding {
		// The engine creates the default provider from the package's configuration, and
		// names it default and the version of the plugin.
		if strings.HasPrefix(r.name, "default") {
			return []finding{{"something uses the default provider of aws, which allows any account",
				"give it an explicit provider, and name aws in pulumi:disable-default-providers"}}
		}
		var found []finding
		if s.region == "" {
			found = append(found, finding{"the stack does not set " + regionKey, "set it with pulumi config set"})
		} else {
			region := s.region
			if r.name == globalProvider {
				region = globalRegion(region)
			}
			found = append(found, r.require("region", region)...)
		}
		account := s.account
		for _, role := range s.organizationRoles {
			if assumedRole(r).canBe(role) {
				account = strings.Split(role+":::::", ":")[4]
			}
		}
		if account == "" {
			found = append(found, finding{"the stack does not set " + accountKey, "set it with pulumi config set"})
		} else {
			found = append(found, decodeList(r.at("allowedAccountIds")).requireList("allowedAccountIds", account)...)
		}
		return found
	},
}

// globalProvider is the name of the gate's provider for the region where IAM's events arrive.
const globalProvider = "gate-global"

// globalRegion is the region where IAM's events arrive, in the partition of a region.
func globalRegion(region string) string {
	return (&settings.Settings{Region: region}).GlobalRegion()
}

// assumedRole is the role that a provider assumes.
func assumedRole(provider resource) value {
	if text := provider.at("assumeRole").text(); text != "" { // the engine keeps it as JSON text
		var assume struct{ RoleArn string }
		_ = json.Unmarshal([]byte(text), &assume)
		return value{property.New(assume.RoleArn)}
	}
	return provider.at("assumeRole.roleArn")
}

// readOrganizationRoles reads the roles of the setting organization. The program reports what
// is wrong with the setting.
func readOrganizationRoles(object string) []string {
	var o struct{ RoleArn, PreviewRoleArn string }
	_ = json.Unmarshal([]byte(object), &o)
	return slices.DeleteFunc([]string{o.RoleArn, o.PreviewRoleArn}, func(role string) bool { return role == "" })
}

// decodeList decodes a list of a provider's inputs, which the engine keeps as JSON text.
func decodeList(v value) value {
	var texts []string
	if json.Unmarshal([]byte(v.text()), &texts) != nil {
		return v
	}
	list := make([]property.Value, len(texts))
	for i, text := range texts {
		list[i] = property.New(text)
	}
	return value{property.New(list).WithSecret(v.isSecret())}
}
