// Package knownstate is the baseline of a gate: its parts in a form that is the same for what the
// program declares and for what AWS returns. Parameters keep hashes of it; package check makes the same
// hashes of the live gate, by the same functions, and compares them.
package knownstate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Inputs are the inputs of a resource, by the names of Pulumi's SDK.
type Inputs = map[string]any

// Fields are the compared values of a part, by names for a person. A field without a value, as
// Canonical sees it, is left out: AWS fills in many.
type Fields map[string]any

// Part is one resource that is compared, or a part of one.
type Part struct {
	// Name is a kind and the resource's name: role prodgate-api-build. The check finds the
	// live resource by it.
	Name string
	Fields
}

// Kind reads the parts that are compared from the inputs of a resource, declared or live.
type Kind func(*Reader, Inputs) []Part

// MaxParameter is the most characters of a parameter in the standard tier: AWS
// Systems Manager User Guide, Managing parameter tiers.
const MaxParameter = 4096

// Hashes is the baseline of parts, as JSON: the hash of each field of each part. Parts of one
// name are merged.
func Hashes(parts []Part) (string, error) {
	all := map[string]map[string]string{}
	for _, part := range parts {
		of := all[part.Name]
		if of == nil {
			of = map[string]string{}
			all[part.Name] = of
		}
		for field, hash := range part.Hashes() {
			if _, twice := of[field]; twice {
				return "", fmt.Errorf("%s: %s is there twice", part.Name, field)
			}
			of[field] = hash
		}
	}
	text, err := json.Marshal(all)
	return string(text), err
}

// Hashes are the hashes of the fields that have a value.
func (p Part) Hashes() map[string]string {
	all := map[string]string{}
	for field, value := range p.Fields {
		if !isEmpty(value) {
			all[field] = Hash(value)
		}
	}
	return all
}

// hashLength cuts a SHA-256, so that the fields of an app fit into a parameter. A search for another
// value of the same hash has 2^96 to try.
const hashLength = 24

// Hash is the hash of a value's canonical form.
func Hash(value any) string {
	sum := sha256.Sum256(Canonical(value))
	return hex.EncodeToString(sum[:])[:hashLength]
}
