package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"prodgate/pkg/settings"
)

// The settings that the stack's aws providers have to agree with.
const (
	regionKey       = "aws:region"
	accountKey      = "prodgate:account"
	organizationKey = "prodgate:organization"
)

// regionAndAccount keeps a stack in its region and its account. A provider that
// allows one account refuses the credentials of every other before it calls
// anything; the default provider, which takes what the shell has, refuses none.
var regionAndAccount = policy{
	name: "region-and-account",
	description: "Every aws provider is explicit, in the stack's region (the gate's own of IAM's events in theirs), and allows exactly the stack's account, " +
		"or the account of organization.roleArn as one of the two roles that settings name there.",
	types: []string{"pulumi:providers:aws"},
	resource: func(s stack, r resource) []finding {
		// The engine makes it of the package's configuration, and names it after
		// the version of the plugin.
		if strings.HasPrefix(r.name, "default") {
			return []finding{{"something uses the default provider of aws, which allows any account",
				"give it a provider of the program's, and name aws in pulumi:disable-default-providers"}}
		}
		var found []finding
		if s.region == "" {
			found = append(found, finding{"the stack does not say " + regionKey, "set it with pulumi config set"})
		} else {
			region := s.region
			if r.name == global {
				region = globalOf(region)
			}
			found = append(found, r.want("region", region)...)
		}
		account := s.account
		for _, role := range s.roles {
			if takenOn(r).may(role) {
				account = strings.Split(role+":::::", ":")[4]
			}
		}
		if account == "" {
			found = append(found, finding{"the stack does not say " + accountKey, "set it with pulumi config set"})
		} else {
			found = append(found, decoded(r.at("allowedAccountIds")).wantList("allowedAccountIds", account)...)
		}
		return found
	},
}

// global is the gate's provider of the region where IAM's events arrive.
const global = "gate-global"

// globalOf is that region, of a region's partition.
func globalOf(region string) string {
	return (&settings.Settings{Region: region}).GlobalRegion()
}

// takenOn is the role that a provider works as.
func takenOn(provider resource) value {
	if written := provider.at("assumeRole").text(); written != "" { // the engine's JSON of it
		var as struct{ RoleArn string }
		_ = json.Unmarshal([]byte(written), &as)
		return value{property.New(as.RoleArn)}
	}
	return provider.at("assumeRole.roleArn")
}

// rolesOf are the roles of the setting organization; what is wrong with it, the
// program says.
func rolesOf(object string) []string {
	var o struct{ RoleArn, PreviewRoleArn string }
	_ = json.Unmarshal([]byte(object), &o)
	return slices.DeleteFunc([]string{o.RoleArn, o.PreviewRoleArn}, func(role string) bool { return role == "" })
}

// decoded is a list of a provider's: the engine keeps those as JSON text.
func decoded(v value) value {
	var texts []string
	if json.Unmarshal([]byte(v.text()), &texts) != nil {
		return v
	}
	list := make([]property.Value, len(texts))
	for i, text := range texts {
		list[i] = property.New(text)
	}
	return value{property.New(list).WithSecret(v.secret())}
}
