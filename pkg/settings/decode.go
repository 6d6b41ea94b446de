package settings

import (
	"fmt"
	"strings"

	"github.com/go-viper/mapstructure/v2"
)

// Decode makes the settings of a stack from its configuration. Keys are written as in
// Pulumi (prodgate:account, aws:region), lists and objects are JSON. Decode ignores keys of other
// namespaces, and treats chatWebhook as a secret. Its error has the type Problems and names every
// problem.
func Decode(project string, config map[string]string) (*Settings, error) {
	return DecodeSecret(project, config, func(key string) bool { return key == project+":"+chatWebhook })
}

// DecodeSecret is Decode for a configuration whose secret keys isSecret names. No message shows their values.
func DecodeSecret(project string, config map[string]string, isSecret func(key string) bool) (*Settings, error) {
	c := &checker{namespace: project, secret: isSecret, isSet: map[string]bool{}}
	values := map[string]any{}
	for key, written := range config {
		if name, ours := strings.CutPrefix(key, project+":"); ours {
			values[name] = settingOf[name].kind.parse(written)
		}
	}
	c.checkAll(values)
	region := c.checkRegion(config)

	// mapstructure only fills the struct. It is not strict enough to check the values (v2.5.0): it
	// truncates fractions, treats null as absent, and omits unknown keys beside another error.
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

// Keys are the top-level keys, as Pulumi names them.
func Keys(project string) []string {
	keys := []string{regionSetting.key}
	for _, name := range children[""] {
		keys = append(keys, project+":"+name)
	}
	return keys
}

// checkRegion checks aws:region, the only key that the AWS provider reads too.
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

// fill writes the values over the defaults of a struct. It changes only what is set, so
// that 0 differs from a missing key.
func fill(into any, values map[string]any) error {
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:       into,
		ErrorUnused:  true,
		MapFieldName: fieldKey,
		MatchName:    func(key, field string) bool { return key == field },
	})
	if err != nil {
		return err
	}
	return decoder.Decode(values)
}

// fieldKey is the key of a field: executionRoleArn for ExecutionRoleArn.
func fieldKey(field string) string { return strings.ToLower(field[:1]) + field[1:] }
