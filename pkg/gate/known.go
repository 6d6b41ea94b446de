package gate

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
)

// known is what is kept of parts of the gate: made of the same inputs as they are.
type known struct{ parts pulumi.Array }

// ofAll is a builder of what all apps share.
func (b builder) ofAll() builder {
	b.known = b.shared
	return b
}

// knows adds a resource to what is kept, where something is.
func (b builder) knows(kind knownstate.Kind, args pulumi.Input) {
	if b.known == nil {
		return
	}
	b.known.parts = append(b.known.parts, pulumi.ToOutput(args).ApplyT(func(inputs any) ([]knownstate.Part, error) {
		plain, _ := plainly(reflect.ValueOf(inputs)).(map[string]any)
		return kind(plain)
	}))
}

// The tiers of parameters: 4,096 characters, which cost nothing, and 8,192, which cost $0.05 a
// month (AWS Systems Manager pricing).
const (
	standard = "Standard"
	advanced = "Advanced"
)

// keep makes the parameter of what is known. In a preview a person sees which parts
// change by it.
func (b builder) keep(parent pulumi.Resource, name string, at naming.Named, tier, description string, more ...knownstate.Part) (*ssm.Parameter, error) {
	value := b.known.parts.ToArrayOutput().ApplyT(func(all []any) (string, error) {
		parts := slices.Clone(more)
		for _, of := range all {
			some, _ := of.([]knownstate.Part)
			parts = append(parts, some...)
		}
		return knownstate.Hashes(parts)
	}).(pulumi.StringOutput)
	made, err := ssm.NewParameter(b.ctx, name, &ssm.ParameterArgs{
		Name:        pulumi.String(at.Name),
		Type:        pulumi.String("String"),
		Tier:        pulumi.String(tier),
		Description: pulumi.String(description),
		// A value would be a secret of Pulumi's, and no preview would show it.
		InsecureValue: value,
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("known state: %w", err)
	}
	return made, nil
}

// plainly is the value of a resource's inputs by the names that the engine has for
// them, less what is not set.
func plainly(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainly(v.Elem())
	case reflect.Struct:
		all := map[string]any{}
		for i := range v.NumField() {
			if name, is := v.Type().Field(i).Tag.Lookup("pulumi"); is {
				all[name] = plainly(v.Field(i))
			}
		}
		return all
	case reflect.Map:
		all := map[string]any{}
		for _, key := range v.MapKeys() {
			all[key.String()] = plainly(v.MapIndex(key))
		}
		return all
	case reflect.Slice:
		var all []any
		for i := range v.Len() {
			all = append(all, plainly(v.Index(i)))
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
