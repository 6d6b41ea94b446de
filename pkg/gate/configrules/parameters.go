package configrules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// value is the value of a parameter: parts, which AWS Config takes with commas between. A
// parameter without parts is left out.
type value func(subject) []pulumi.StringInput

// is is a value that is the same for every gate.
func is(text string) value {
	return func(subject) []pulumi.StringInput { return []pulumi.StringInput{pulumi.String(text)} }
}

// eachOf is a value with a name for each of some things of the gate.
func eachOf(names func(subject) []string) value {
	return func(s subject) []pulumi.StringInput {
		var parts []pulumi.StringInput
		for _, name := range names(s) {
			parts = append(parts, pulumi.String(name))
		}
		return parts
	}
}

// keys are the ARNs of those keys of the gate that are for these purposes.
func keys(purposes ...string) value {
	return func(s subject) []pulumi.StringInput { return s.Keys.Of(purposes...) }
}

// maxParameters is the limit of PutConfigRule's InputParameters, in characters.
const maxParameters = 1024

// parameters are those of a rule, every value a string as AWS Config wants it. A
// list that is too long for many apps is left out, and the rule with it that needs it.
func (s subject) parameters(rule configRule) (parameters pulumi.Map, told bool, err error) {
	parts := map[string][]pulumi.StringInput{}
	for name, value := range rule.parameters {
		if list := value(s); len(list) > 0 {
			parts[name] = list
		}
	}
	for size := lengthOfParameters(parts); size > maxParameters; size = lengthOfParameters(parts) {
		longest := slices.MaxFunc(slices.Sorted(maps.Keys(parts)), func(x, y string) int { return len(parts[x]) - len(parts[y]) })
		what, told := "is made without "+longest, longest != rule.needs
		if !told {
			what = "is left out"
		}
		if err := s.Ctx.Log.Warn(fmt.Sprintf("AWS Config rule %s %s: its parameters need %d characters for this many apps, AWS takes %d",
			rule.identifier, what, size, maxParameters), nil); err != nil || !told {
			return nil, false, err
		}
		delete(parts, longest)
	}
	parameters = pulumi.Map{}
	for name, list := range parts {
		parameters[name] = pulumi.StringArray(list).ToStringArrayOutput().ApplyT(func(list []string) string {
			return strings.Join(list, ",")
		})
	}
	return parameters, true, nil
}

// lengthOfParameters is how long parameters are as JSON.
func lengthOfParameters(parts map[string][]pulumi.StringInput) int {
	arn := strings.Repeat("x", 87) // the longest that a key's ARN is: of GovCloud
	texts := map[string]string{}
	for name, list := range parts {
		all := make([]string, len(list))
		for i, part := range list {
			all[i] = arn // a key's, which is not known before it is made
			if text, known := part.(pulumi.String); known {
				all[i] = string(text)
			}
		}
		texts[name] = strings.Join(all, ",")
	}
	text, _ := json.Marshal(texts) // of strings
	return len(text)
}
