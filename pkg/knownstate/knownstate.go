// Package knownstate is what a gate has to be, written down so that the same comes
// out of what the program declares and of what AWS answers. Hashes of it are kept
// with the gate; buildspec/known.yaml makes the same of the live gate, in jq, and
// compares.
package knownstate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Inputs are those of a resource, by the names that Pulumi's SDK has for them.
type Inputs = map[string]any

// Fields are what is compared of a part, by words for a person. One without a
// value, as Canonical sees it, is not there: AWS fills in many.
type Fields map[string]any

// Part is one thing that is compared.
type Part struct {
	// Name is a kind and the thing's own name: role prodgate-api-build. The check finds
	// the live thing by it.
	Name string
	Fields
}

// Kind is what of a resource is compared. It refuses an input that it does not know:
// what a resource is given in addition is compared too, or said not to be.
type Kind func(Inputs) ([]Part, error)

// MaxParameter is how many characters a parameter of the standard tier holds: AWS
// Systems Manager User Guide, Managing parameter tiers.
const MaxParameter = 4096

// Hashes is what is kept of parts, as JSON: the hash of each field of each part.
// Parts of one name are one.
func Hashes(parts []Part) (string, error) {
	all := map[string]map[string]string{}
	for _, part := range parts {
		of := all[part.Name]
		if of == nil {
			of = map[string]string{}
			all[part.Name] = of
		}
		for field, value := range part.Fields {
			if without(value) {
				continue
			}
			if _, twice := of[field]; twice {
				return "", fmt.Errorf("%s: %s is said twice", part.Name, field)
			}
			of[field] = Hash(value)
		}
	}
	text, err := json.Marshal(all)
	return string(text), err
}

// hashLength is a part of a SHA-256: that many fields fit into a parameter, and who
// looks for another text of the same hash has 2^96 to try.
const hashLength = 24

// Hash is the hash of a value's canonical form.
func Hash(value any) string {
	sum := sha256.Sum256(Canonical(value))
	return hex.EncodeToString(sum[:])[:hashLength]
}
