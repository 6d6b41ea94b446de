package settings

import (
	"cmp"
	"slices"
	"strings"
)

// defaults are the settings of a stack that sets none. Defaults that follow from other
// settings are in derive.
func defaults(apps int) (Settings, error) {
	var s Settings
	var app App
	if err := fill(&s, presets("")); err != nil {
		return s, err
	}
	if err := fill(&app, presets("apps[].")); err != nil {
		return s, err
	}
	s.Apps = slices.Repeat([]App{app}, apps)
	return s, nil
}

// presets are the table's defaults below a prefix, as an object. Items of lists have no
// defaults.
func presets(prefix string) map[string]any {
	all := map[string]any{}
	for _, one := range table {
		rest, below := strings.CutPrefix(one.key, prefix)
		if !below || one.preset == nil || strings.Contains(rest, "[]") {
			continue
		}
		object, names := all, strings.Split(rest, ".")
		for _, name := range names[:len(names)-1] {
			inner, there := object[name].(map[string]any)
			if !there {
				inner = map[string]any{}
				object[name] = inner
			}
			object = inner
		}
		object[names[len(names)-1]] = one.preset
	}
	return all
}

// derive fills in defaults that follow from other settings. An empty text is a missing
// key: the checks refuse a text that is set and empty.
func (s *Settings) derive() {
	if s.Source.Mergers == nil {
		s.Source.Mergers = s.Source.CodeOwners
	}
	if s.Source.CodeOwners == nil {
		s.Source.CodeOwners = s.Source.Mergers
	}
	if s.Source.MergerArns == nil {
		s.Source.MergerArns = s.Source.ReviewerArns
	}
	if s.Workflows.Repository != "" && s.Workflows.Reviewers == nil && len(s.Source.Mergers) <= maxReviewers {
		s.Workflows.Reviewers = s.Source.Mergers
	}
	if s.Organization.Regions == nil {
		s.Organization.Regions = []string{s.Region}
	}
	for i := range s.Apps {
		s.Apps[i].derive(s)
	}
}

// derive fills in the app's defaults that follow from the stack's settings and from its name.
func (a *App) derive(s *Settings) {
	a.Repository = cmp.Or(a.Repository, s.Source.Repository)
	a.Folder = cmp.Or(a.Folder, a.Name)
	a.Service = cmp.Or(a.Service, a.Name)
	a.Container = cmp.Or(a.Container, a.Name)
	if a.Paths == nil {
		a.Paths = []string{strings.TrimPrefix(a.Folder+"/**", "./")}
	}
	a.Scan = a.Scan.withDefaults(s.Scan)
	for i := range a.Secrets {
		days, _ := settingOf["apps[].secrets[].rotationDays"].preset.(int)
		a.Secrets[i].RotationDays = cmp.Or(a.Secrets[i].RotationDays, days)
	}
}
