package knownstate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Key compares the policy of a KMS key, its rotation, and whether it is enabled. The part has the name of the key's
// alias, without the prefix alias/.
func Key(alias string) Kind {
	return func(r *Reader, in Inputs) []Part {
		key := r.object("a key", in, "description", "deletionWindowInDays", "policy", "enableKeyRotation", "state")
		state := key["state"]
		if isEmpty(state) { // of what the program declares
			state = "Enabled"
		}
		return r.part("key", keyName(alias), Fields{
			"policy": r.document(key["policy"]), "rotation": key["enableKeyRotation"], "state": state,
		})
	}
}

// KeyAlias compares which key an alias stands for.
func KeyAlias(r *Reader, in Inputs) []Part {
	alias := r.object("an alias", in, "name", "targetKeyId")
	return r.part("key", keyName(alias["name"]), Fields{"id": alias["targetKeyId"]})
}

func keyName(alias any) string { return strings.TrimPrefix(fmt.Sprint(alias), KeyAliasPrefix) }

// KeyAliasPrefix begins the name of every alias of a KMS key.
const KeyAliasPrefix = "alias/"

// IdentityProvider compares the address and the audiences of an OpenID Connect provider. IAM fills in thumbprints, and
// does not use them for GitHub: IAM User Guide, Obtain the thumbprint for an OpenID Connect identity provider.
func IdentityProvider(r *Reader, in Inputs) []Part {
	provider := r.object("an identity provider", in, "url", "clientIdLists")
	host := strings.TrimPrefix(fmt.Sprint(provider["url"]), "https://") // which IAM leaves out
	return r.part("identity-provider", host, Fields{"url": host, "audiences": r.set("clientIdLists", provider["clientIdLists"])})
}

// Trust compares the trust policy of a role that the program does not declare, with what it was at the last pulumi up.
func Trust(r *Reader, in Inputs) []Part {
	role := r.object("a role", in, "name", "assumeRolePolicy")
	return r.part("trust", role["name"], Fields{"policy": r.document(role["assumeRolePolicy"])})
}

// Roles compares the names of all roles below an IAM path, by the folder that they are in: a role that the program
// does not declare is a difference. A name has its path before it.
func Roles(below string, names []string) Part {
	folders := map[string][]any{}
	for _, name := range slices.Sorted(maps.Keys(setOf(names))) {
		folder, _, _ := strings.Cut(strings.TrimPrefix(name, below), "/")
		if !strings.Contains(strings.TrimPrefix(name, below), "/") {
			folder = "no folder"
		}
		folders[folder] = append(folders[folder], name)
	}
	fields := Fields{}
	for folder, all := range folders {
		fields[folder] = all
	}
	return Part{"roles " + below, fields}
}

func setOf(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}
