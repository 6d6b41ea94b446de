package codebuild

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// buildSpec is the supported part of CodeBuild's format.
type buildSpec struct {
	Version string
	Env     struct {
		Shell             string
		Variables         map[string]string
		ExportedVariables []string `yaml:"exported-variables"`
	}
	Phases struct {
		Install   *phaseSpec
		PreBuild  *phaseSpec `yaml:"pre_build"`
		Build     *phaseSpec
		PostBuild *phaseSpec `yaml:"post_build"`
	}
	Artifacts struct {
		BaseDirectory string `yaml:"base-directory"`
		Files         []string
	}
}

type phaseSpec struct {
	OnFailure string `yaml:"on-failure"`
	Commands  []string
}

// parse reads a buildspec and rejects what Run does not support, because an ignored key could
// matter at AWS.
func parse(text string) (*buildSpec, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	var spec buildSpec
	if err := decoder.Decode(&spec); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("is empty")
		}
		return nil, fmt.Errorf("buildspec: %w", err)
	}
	if err := spec.check(); err != nil {
		return nil, fmt.Errorf("buildspec: %w", err)
	}
	return &spec, nil
}

func (s *buildSpec) check() error {
	var problems []error
	if s.Version != "0.2" {
		problems = append(problems, fmt.Errorf("version %q is not run here, only 0.2", s.Version))
	}
	if s.Env.Shell != "bash" {
		problems = append(problems, fmt.Errorf("shell %q is not run here, only bash", s.Env.Shell))
	}
	for _, name := range s.Env.ExportedVariables {
		if !variableName.MatchString(name) {
			problems = append(problems, fmt.Errorf("exported variable %q has no variable's name", name))
		}
		if strings.HasPrefix(name, "AWS_") {
			problems = append(problems, fmt.Errorf("CodeBuild does not export %s: it begins with AWS_", name))
		}
	}
	if base := s.Artifacts.BaseDirectory; base != "" && !fs.ValidPath(base) {
		problems = append(problems, fmt.Errorf("base-directory %q is not run here, only a folder of the source by its name", base))
	}
	phases := []*phaseSpec{s.Phases.Install, s.Phases.PreBuild, s.Phases.Build, s.Phases.PostBuild}
	if !slices.ContainsFunc(phases, func(p *phaseSpec) bool { return p != nil }) {
		problems = append(problems, errors.New("has no phases"))
	}
	for _, p := range phases {
		if p != nil && p.OnFailure != "" && p.OnFailure != abort {
			problems = append(problems, fmt.Errorf("on-failure %q is not run here, only ABORT", p.OnFailure))
		}
	}
	return errors.Join(problems...)
}

// abort ends the build when the phase fails.
const abort = "ABORT"

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
