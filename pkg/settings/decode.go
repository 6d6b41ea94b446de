package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
)

// defaults are the settings that a stack leaves out, but for those that follow
// from others: see derive.
func defaults(apps int) Settings {
	return Settings{
		Name:   "prodgate",
		Source: Source{Provider: GitHub, Repositories: Create, Reviews: 1, Protection: Create, CodeOwnersFile: Create},
		Apps: slices.Repeat([]App{{
			Dockerfile: "Dockerfile", DeployTimeout: 20,
			Deployment: Deployment{Kind: Rolling, Config: "CodeDeployDefault.ECSCanary10Percent5Minutes", TerminationMinutes: 60},
			Health:     Health{Seconds: 300},
		}}, apps),
		Build:     Build{Image: "aws/codebuild/standard:7.0", ComputeType: "BUILD_GENERAL1_SMALL", Timeout: 30, QueuedTimeout: 60, ConcurrentBuilds: 1},
		Scan:      Scan{Secrets: "gitleaks", Code: "bandit", Dependencies: "grype", Image: "ecr", Severity: "high"},
		Sign:      SignSigner,
		Retention: Retention{LogDays: 365, ArtifactDays: 90, Images: 50, KeyDays: 30},
		Detection: Detection{
			Response: Alert, Trail: Create, GuardDuty: Create, Config: Create, AccessAnalyzer: Create, SecurityHub: Off,
			Severity: "medium", CheckMinutes: 60,
		},
		Workflows: Workflows{OidcProvider: Create},
	}
}

// derive fills in what follows from another setting. Empty means left out: the
// rules refuse a text that is written and empty.
func (s *Settings) derive() {
	if s.Source.Mergers == nil {
		s.Source.Mergers = s.Source.CodeOwners
	}
	if s.Source.MergerArns == nil {
		s.Source.MergerArns = s.Source.ReviewerArns
	}
	if s.Organization.Regions == nil {
		s.Organization.Regions = []string{s.Region}
	}
	for i := range s.Apps {
		app := &s.Apps[i]
		app.Repository = cmp.Or(app.Repository, s.Source.Repository)
		app.Folder = cmp.Or(app.Folder, app.Name)
		app.Service = cmp.Or(app.Service, app.Name)
		app.Container = cmp.Or(app.Container, app.Name)
		if app.Paths == nil {
			app.Paths = []string{strings.TrimPrefix(app.Folder+"/**", "./")}
		}
		app.Scan.Secrets = cmp.Or(app.Scan.Secrets, s.Scan.Secrets)
		app.Scan.Code = cmp.Or(app.Scan.Code, s.Scan.Code)
		app.Scan.Dependencies = cmp.Or(app.Scan.Dependencies, s.Scan.Dependencies)
		app.Scan.Image = cmp.Or(app.Scan.Image, s.Scan.Image)
		app.Scan.Severity = cmp.Or(app.Scan.Severity, s.Scan.Severity)
		app.Scan.Accepted = slices.Concat(s.Scan.Accepted, app.Scan.Accepted)
		for j := range app.Secrets {
			app.Secrets[j].RotationDays = cmp.Or(app.Secrets[j].RotationDays, 30)
		}
	}
}

// Decode makes the settings of a stack from its configuration, whose keys are
// those of Pulumi (prodgate:account, aws:region) and whose lists and objects are
// JSON. Keys of other namespaces are not its business, nor is what was written as a secret. The error is of type
// Problems and names everything that is wrong.
func Decode(project string, config map[string]string) (*Settings, error) {
	return decode(project, config, func(key string) bool { return key == project+":"+chatWebhook })
}

// decode is Decode that keeps the values of secret keys out of messages.
func decode(project string, config map[string]string, secret func(key string) bool) (*Settings, error) {
	c := &checker{namespace: project, secret: secret, written: map[string]bool{}}
	values := map[string]any{}
	for key, written := range config {
		if name, ours := strings.CutPrefix(key, project+":"); ours {
			values[name] = ruleOf[name].kind.parse(written)
		}
	}
	c.tree(values)
	region := c.region(config)

	// mapstructure only fills the struct: as a judge (v2.5.0) it cuts fractions, takes
	// null for absent and forgets unknown keys beside another error.
	apps, _ := values["apps"].([]any)
	s := defaults(len(apps))
	s.Region = region
	mismatch := fill(&s, values)
	s.derive()
	c.agree(&s)

	if len(c.problems) > 0 {
		c.problems.sort()
		return nil, c.problems
	}
	if mismatch != nil {
		return nil, fmt.Errorf("the rules of the settings differ from their types: %w", mismatch)
	}
	return &s, nil
}

// region checks the one key that is the provider's and the gate's.
func (c *checker) region(config map[string]string) string {
	at := place{regionRule.key, regionRule.key, regionRule.key}
	region, there := config[regionRule.key]
	if !there {
		c.add(at, absent, "is required", regionRule.remedy)
	} else {
		c.value(at, regionRule, region)
	}
	return region
}

// fill writes the values over the defaults. Only what is written is touched, so
// that a 0 differs from a key left out.
func fill(s *Settings, values map[string]any) error {
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:       s,
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
