package settings

import (
	"fmt"
	"strings"

	"github.com/go-viper/mapstructure/v2"
)

// Decode makes the settings of a stack from its configuration, whose keys are
// those of Pulumi (prodgate:account, aws:region) and whose lists and objects are
// JSON. It ignores keys of other namespaces, and takes chatWebhook for a secret. The error is of type
// Problems and names everything that is wrong.
func Decode(project string, config map[string]string) (*Settings, error) {
	return DecodeSecret(project, config, func(key string) bool { return key == project+":"+chatWebhook })
}

// DecodeSecret is Decode for a configuration in which isSecret tells the secret keys; their values are in no message.
func DecodeSecret(project string, config map[string]string, isSecret func(key string) bool) (*Settings, error) {
	c := &checker{namespace: project, secret: isSecret, written: map[string]bool{}}
	values := map[string]any{}
	for key, written := range config {
		if name, ours := strings.CutPrefix(key, project+":"); ours {
			values[name] = settingOf[name].kind.parse(written)
		}
	}
	c.checkAll(values)
	region := c.checkRegion(config)

	// mapstructure only fills the struct: as a judge (v2.5.0) it cuts fractions, takes
	// null for absent and forgets unknown keys beside another error.
	apps, _ := values["apps"].([]any)
	s, err := defaults(len(apps))
	if err != nil {
		return nil, fmt.Errorf("defaults of the settings: %w", err)
	}
	s.Region = region
	mismatch := fill(&s, values)
	s.derive()
	c.compare(&s)

	if len(c.problems) > 0 {
		c.problems.sort()
		return nil, c.problems
	}
	if mismatch != nil {
		return nil, fmt.Errorf("the table of the settings differs from their types: %w", mismatch)
	}
	return &s, nil
}

// Keys are the keys of the top level, as Pulumi names them.
func Keys(project string) []string {
	keys := []string{regionSetting.key}
	for _, name := range children[""] {
		keys = append(keys, project+":"+name)
	}
	return keys
}

// checkRegion checks the one key that the provider reads too.
func (c *checker) checkRegion(config map[string]string) string {
	at := place{regionSetting.key, regionSetting.key, regionSetting.key}
	region, there := config[regionSetting.key]
	if !there {
		c.add(at, absent, "is required", regionSetting.remedy)
	} else {
		c.checkValue(at, regionSetting, region)
	}
	return region
}

// fill writes the values over the defaults of a struct. Only what is set is touched, so
// that a 0 differs from a key left out.
func fill(into any, values map[string]any) error {
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:       into,
		ErrorUnused:  true,
		MapFieldName: keyOf,
		MatchName:    func(key, field string) bool { return key == field },
	})
	if err != nil {
		return err
	}
	return decoder.Decode(values)
}

// keyOf is the key of a field: executionRoleArn of ExecutionRoleArn.
func keyOf(field string) string { return strings.ToLower(field[:1]) + field[1:] }
