// Package baseline records what the gate declares, and stores hashes of it as the known
// state that the live gate is compared with.
package baseline

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
)

// Record is a resource of the known state: what of it is compared, and the same inputs
// that the resource is made of.
type Record struct {
	Kind   knownstate.Kind
	Inputs pulumi.Input
}

// Records are those of a part of the gate. Each room returns its own.
type Records []Record

// The tiers of parameters: 4,096 characters, which cost nothing, and 8,192, which cost $0.05 a
// month (AWS Systems Manager pricing).
const (
	Standard = "Standard"
	Advanced = "Advanced"
)

var maxValue = map[string]int{Standard: knownstate.MaxParameter, Advanced: 2 * knownstate.MaxParameter}

// Parameter is the parameter that stores the hashes of records.
type Parameter struct {
	Name        string // of the Pulumi resource
	At          naming.Named
	Tier        string
	Description string
}

// Store makes the parameter. A preview shows which parts change by its value.
func Store(c component.Context, parent pulumi.Resource, p Parameter, records Records, more ...knownstate.Part) (*ssm.Parameter, error) {
	var all pulumi.Array
	for _, record := range records {
		all = append(all, record.parts())
	}
	value := all.ToArrayOutput().ApplyT(func(all []any) (string, error) {
		parts := slices.Clone(more)
		for _, of := range all {
			some, _ := of.([]knownstate.Part)
			parts = append(parts, some...)
		}
		text, err := knownstate.Hashes(parts)
		if most := maxValue[p.Tier]; err == nil && len(text) > most {
			return "", fmt.Errorf("%s has %d characters, and its tier takes %d", p.At.Name, len(text), most)
		}
		return text, err
	}).(pulumi.StringOutput)
	made, err := ssm.NewParameter(c.Ctx, p.Name, &ssm.ParameterArgs{
		Name:        pulumi.String(p.At.Name),
		Type:        pulumi.String("String"),
		Tier:        pulumi.String(p.Tier),
		Description: pulumi.String(p.Description),
		// A value would be a secret of Pulumi's, and no preview would show it.
		InsecureValue: value,
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("known state: %w", err)
	}
	return made, nil
}

// mostRecords is how many records share a parameter: about 75 characters each.
const mostRecords = 80

// StoreShared stores records about one subject, which all apps share, in as many parameters as they need, and returns
// the parameters' names.
func StoreShared(c component.Context, parent pulumi.Resource, subject string, records Records, more ...knownstate.Part) ([]string, error) {
	var names []string
	for some := range slices.Chunk(records, mostRecords) {
		name := subject
		if len(names) > 0 {
			name += "-" + strconv.Itoa(len(names)+1)
		}
		at := c.Names.SharedState(name)
		if _, err := Store(c, parent, Parameter{
			Name: c.ChildName("known-state-" + name), At: at, Tier: Advanced, Description: "Known state of " + subject + " that all apps share",
		}, some, more...); err != nil {
			return nil, err
		}
		names, more = append(names, at.Name), nil
	}
	return names, nil
}

// parts are what is compared of a record, when its inputs are known.
func (r Record) parts() pulumi.Output {
	return pulumi.ToOutput(r.Inputs).ApplyT(func(inputs any) ([]knownstate.Part, error) {
		plain, _ := plainValue(reflect.ValueOf(inputs)).(map[string]any)
		return r.Kind.Declared(plain)
	})
}

// plainValue is the value of a resource's inputs by the names that the engine has for
// them, without those that are not set.
func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.Struct:
		all := map[string]any{}
		for i := range v.NumField() {
			if name, is := v.Type().Field(i).Tag.Lookup("pulumi"); is {
				all[name] = plainValue(v.Field(i))
			}
		}
		return all
	case reflect.Map:
		all := map[string]any{}
		for _, key := range v.MapKeys() {
			all[key.String()] = plainValue(v.MapIndex(key))
		}
		return all
	case reflect.Slice:
		var all []any
		for i := range v.Len() {
			all = append(all, plainValue(v.Index(i)))
		}
		return all
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int:
		return int(v.Int())
	case reflect.Float64:
		return v.Float()
	default:
		return nil
	}
}
