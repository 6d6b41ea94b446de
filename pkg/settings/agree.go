package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// agree checks what no setting can be blamed for alone. It sees settings that
// may be wrong already, and is silent about those.
func (c *checker) agree(s *Settings) {
	c.tags(s)
	known := *s
	if c.wrong(c.top("account")) {
		known.Account = ""
	}
	if s.Partition() == "" {
		known.Region = ""
	}
	c.arn(c.top("source").child("connectionArn"), connectionARN, s.Source.ConnectionArn, &known)
	c.roles(&known)
	c.source(&known)
	c.owners(s)
	c.repository(s)
	c.twins(s)
	for i := range s.Apps {
		c.secrets(c.top("apps").item(i), s.Apps[i].Secrets, &known)
	}
	c.organization(&known)
	c.workflows(s)
	c.detection(s)
	c.scans(s)
	c.deployments(&known)
	c.health(s)
	c.chat(s)
}

// MaxContained is how many apps containment can hold back. All that is done to them is in
// one execution, of at most 25,000 events (AWS Step Functions Developer Guide, Service
// quotas): 100 for each leave room for runs to stop and calls to try again.
const MaxContained = 250

// detection has a trail where alerts are made from what it logs, and contains no more
// than it can.
func (c *checker) detection(s *Settings) {
	at, response := c.top("detection").child("trail"), c.top("detection").child("response")
	if s.Detection.Trail == Off && s.Detection.Response != Ignore && !c.wrong(at) && !c.wrong(response) {
		c.add(at, show(string(Off)), "leaves nothing that alerts on calls could be made from",
			"set it to create, or to adopt where the account has a trail, or detection.response to off")
	}
	if s.Detection.Response == Contain && len(s.Apps) > MaxContained && !c.wrong(response) && !c.wrong(c.top("apps")) {
		c.add(response, show(string(Contain)), fmt.Sprintf("is for %d apps at most, and there are %d", MaxContained, len(s.Apps)),
			"set it to alert, or give some of the apps a gate of their own")
	}
}

// arn checks that an ARN is of the right thing in this account and region.
func (c *checker) arn(at place, shape arnShape, text string, s *Settings) {
	if text == "" || c.wrong(at) {
		return
	}
	if what, remedy := shape.fault(text, s); what != "" {
		c.add(at, show(text), what, remedy)
	}
}

// needs is that one key is there because another is.
func (c *checker) needs(at, because place, remedy string) {
	if !c.written[at.key] && !c.wrong(at) {
		c.add(at, absent, "is required with "+because.name(), remedy)
	}
}

// tags differ by more than case: IAM takes Owner and owner for one key.
func (c *checker) tags(s *Settings) {
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Tags)) {
		folded := strings.ToLower(name)
		if earlier, twice := first[folded]; twice {
			c.add(c.top("tags").entry(name), show(s.Tags[name]), "is under a key that differs from "+show(earlier)+" in case only",
				"leave one of them out, IAM takes them for one")
			continue
		}
		first[folded] = name
	}
}

// repository is required where an app has none of its own.
func (c *checker) repository(s *Settings) {
	source := c.top("source")
	at := source.child("repository")
	lacks := func(app App) bool { return app.Repository == "" }
	if s.Source.Repository != "" || c.wrong(source) || c.wrong(at) ||
		len(s.Apps) > 0 && !slices.ContainsFunc(s.Apps, lacks) {
		return
	}
	c.add(at, absent, "is required", "name the repository of the apps, or give each app its own")
}

// twins are apps that would be taken for each other, or deploy over each other.
func (c *checker) twins(s *Settings) {
	names, folders, targets := map[string]int{}, map[string]int{}, map[string]int{}
	for i, app := range s.Apps {
		at := c.top("apps").item(i)
		if app.Name == "" {
			continue
		}
		if earlier, twice := names[app.Name]; twice {
			c.add(at.child("name"), show(app.Name), fmt.Sprintf("is the name of apps[%d] too", earlier), "give each app a name of its own")
			continue
		}
		names[app.Name] = i
		folder := ArtifactFolder(s.Name, app.Name)
		if earlier, twice := folders[folder]; twice {
			c.add(at.child("name"), show(app.Name), fmt.Sprintf("would keep its artifacts in %s, where CodePipeline keeps those of apps[%d] too",
				folder, earlier), "give the apps names that differ in the first 20 characters")
			continue
		}
		folders[folder] = i
		if app.Cluster == "" {
			continue
		}
		target := strings.Join([]string{app.Cluster, app.Service, app.Container}, "/")
		if earlier, twice := targets[target]; twice {
			c.add(at, show(target), fmt.Sprintf("is deployed by apps[%d] too", earlier), "let one app alone deploy a container of a service")
			continue
		}
		targets[target] = i
	}
}
