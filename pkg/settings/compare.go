package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// compare checks settings against each other. It skips settings that have a problem already.
func (c *checker) compare(s *Settings) {
	c.checkTags(s)
	known := *s
	if c.hasProblem(c.top("account")) {
		known.Account = ""
	}
	if s.Partition() == "" {
		known.Region = ""
	}
	c.checkARN(c.top("source").child("connectionArn"), connectionARN, s.Source.ConnectionArn, &known)
	c.checkRoles(&known)
	c.checkSource(&known)
	c.checkOwners(s)
	c.checkRepository(s)
	c.checkDuplicateApps(s)
	for i := range s.Apps {
		c.checkSecrets(c.top("apps").item(i), s.Apps[i].Secrets, &known)
	}
	c.checkOrganization(&known)
	c.checkWorkflows(s)
	c.checkDetection(s)
	c.checkScans(s)
	c.checkUnusedScans(s)
	c.checkDeployments(&known)
	c.checkHealth(s)
	c.checkChat(s)
}

// MaxContained is the most apps of a stack with containment. One execution handles all of them, and
// has at most 25,000 events (AWS Step Functions Developer Guide, Service quotas): 100 for each app
// leave room for stopping runs and for retries.
const MaxContained = 250

// checkDetection requires a trail where alerts are made from it, and limits the apps of a stack
// with containment.
func (c *checker) checkDetection(s *Settings) {
	at, response := c.top("detection").child("trail"), c.top("detection").child("response")
	if s.Detection.Trail == Off && s.Detection.Response != Ignore && !c.hasProblem(at) && !c.hasProblem(response) {
		c.add(at, show(string(Off)), "leaves no trail for alerts on calls",
			"set it to create, or to adopt where the account has a trail, or detection.response to off")
	}
	if s.Detection.Response == Contain && len(s.Apps) > MaxContained && !c.hasProblem(response) && !c.hasProblem(c.top("apps")) {
		c.add(response, show(string(Contain)), fmt.Sprintf("supports at most %d apps, and there are %d", MaxContained, len(s.Apps)),
			"set it to alert, or give some of the apps a gate of their own")
	}
	severity := c.top("detection").child("severity")
	switch {
	case s.Detection.Response == Ignore:
		c.refuseUnused(severity, "while detection.response is off")
	case s.Detection.GuardDuty == Off:
		c.refuseUnused(severity, "while detection.guardDuty is off")
	}
}

// checkARN checks that an ARN is of the right kind of resource, in this account and region.
func (c *checker) checkARN(at place, shape arnShape, text string, s *Settings) {
	if text == "" || c.hasProblem(at) {
		return
	}
	if what, remedy := shape.findFault(text, s); what != "" {
		c.add(at, show(text), what, remedy)
	}
}

// require adds a problem where a key is left out that another key makes necessary.
func (c *checker) require(at, because place, remedy string) {
	if !c.isSet[at.key] && !c.hasProblem(at) {
		c.add(at, absent, "is required with "+because.name(), remedy)
	}
}

// refuseUnused adds a problem where a key is set that changes nothing.
func (c *checker) refuseUnused(at place, why string) {
	if c.isSet[at.key] && !c.hasProblem(at) {
		c.add(at, present, "has no effect "+why, "leave the key out")
	}
}

// checkTags refuses tags that differ in case only: for IAM, Owner and owner are one key.
func (c *checker) checkTags(s *Settings) {
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Tags)) {
		folded := strings.ToLower(name)
		if earlier, twice := first[folded]; twice {
			c.add(c.top("tags").entry(name), show(s.Tags[name]), "is set under a key that differs from "+show(earlier)+" in case only",
				"leave one of them out, IAM treats both as one key")
			continue
		}
		first[folded] = name
	}
}

// checkRepository requires source.repository if an app has no repository of its own, and refuses
// it if every app has one.
func (c *checker) checkRepository(s *Settings) {
	source := c.top("source")
	at := source.child("repository")
	if c.hasProblem(source) || c.hasProblem(at) {
		return
	}
	needed := len(s.Apps) == 0
	for i := range s.Apps {
		own := c.top("apps").item(i).child("repository")
		needed = needed || !c.isSet[own.key] && !c.hasProblem(own)
	}
	if !needed {
		c.refuseUnused(at, "where every app has a repository of its own")
	}
	if !needed || s.Source.Repository != "" {
		return
	}
	c.add(at, absent, "is required", "name the repository of the apps, or give each app its own")
}

// checkDuplicateApps refuses apps that share a name, an artifact folder or a container.
func (c *checker) checkDuplicateApps(s *Settings) {
	names, folders, targets := map[string]int{}, map[string]int{}, map[string]int{}
	for i, app := range s.Apps {
		at := c.top("apps").item(i)
		if app.Name == "" {
			continue
		}
		if earlier, twice := names[app.Name]; twice {
			c.add(at.child("name"), show(app.Name), fmt.Sprintf("is also the name of apps[%d]", earlier), "give each app a name of its own")
			continue
		}
		names[app.Name] = i
		folder := ArtifactFolder(s.Name, app.Name)
		if earlier, twice := folders[folder]; twice {
			c.add(at.child("name"), show(app.Name), fmt.Sprintf("would store its artifacts in %s, as apps[%d] does",
				folder, earlier), "give the apps names that differ in the first 20 characters")
			continue
		}
		folders[folder] = i
		if app.Cluster == "" {
			continue
		}
		target := strings.Join([]string{app.Cluster, app.Service, app.Container}, "/")
		if earlier, twice := targets[target]; twice {
			c.add(at, show(target), fmt.Sprintf("is also deployed by apps[%d]", earlier), "give each container of a service to one app only")
			continue
		}
		targets[target] = i
	}
}
