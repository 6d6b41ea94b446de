package catalogue

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// refusal is a statement of a guardrail as AWS reads it.
type refusal struct {
	document                    string
	Sid, Effect                 string
	Action, NotAction, Resource []string
	Condition                   map[string]map[string][]string
}

// refusals are the statements of all guardrails of a stack.
func refusals(t *testing.T, s *settings.Settings) []refusal {
	t.Helper()
	documents, err := Guardrails(s)
	if err != nil {
		t.Fatal(err)
	}
	var all []refusal
	for _, d := range documents {
		var document struct {
			Version   string
			Statement []refusal
		}
		decoder := json.NewDecoder(strings.NewReader(d.JSON))
		decoder.DisallowUnknownFields() // no Principal, no NotPrincipal, no NotResource
		if err := decoder.Decode(&document); err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
		sids := map[string]bool{}
		for _, st := range document.Statement {
			if st.Effect != "Deny" || sids[st.Sid] || document.Version != "2012-10-17" {
				t.Errorf("%s: %s, %s", d.Name, st.Sid, st.Effect)
			}
			sids[st.Sid] = true
			st.document = d.Name
			all = append(all, st)
		}
	}
	return all
}

func numbered(n int, name string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", name, i)
	}
	return all
}

// longest is a stack whose names are as long as settings allow, and whose deployers
// and approvers, as many of either, are roles of AWS's single sign-on: the longest in use.
func longest(clusters, roles int) *settings.Settings {
	s := account(numbered(clusters, "cluster")...)
	s.Region, s.Name = "ap-northeast-1", strings.Repeat("n", 20)
	s.Organization.Regions = []string{s.Region, "ap-northeast-2", "ap-northeast-3"}
	role := func(i int) string {
		return fmt.Sprintf("arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/ap-northeast-1/AWSReservedSSO_%s_%016d", strings.Repeat("n", 32), i)
	}
	s.Access.DeployerArns, s.Access.ApproverArns = nil, nil
	for i := range roles {
		s.Access.DeployerArns = append(s.Access.DeployerArns, role(i))
	}
	for i := range roles {
		s.Access.ApproverArns = append(s.Access.ApproverArns, role(10+i))
	}
	s.Access.BreakGlassArn = role(20)
	return s
}

func TestGuardrails_DenyEveryCallOnce(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*settings.Settings{
		"one cluster": account("web"), "five clusters": account("a", "b", "c", "d", "e"), "twenty clusters": account(numbered(20, "cluster")...), "CodeCommit": committed("web"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := refusals(t, s)
			p := naming.New(s)
			checked := 0
			for _, c := range deniedBy(Guardrail, every()...) {
				at := c.On.scope()
				values := []string{""}
				if at.operator != "" {
					values = at.values(p, s)
				}
				for _, resource := range c.On.Resources(s) {
					for _, value := range values {
						checked++
						var in []string
						for _, st := range all {
							if isClosed(c) {
								if st.Sid == onlyTheGate && (slices.Contains(st.Resource, resource) || isCovered(resource, st.Resource)) && !leftOpen(st.NotAction, c.Action) {
									in = append(in, st.document+" "+st.Sid)
								}
								continue
							}
							if slices.Contains(st.Action, c.Action) && slices.Contains(st.Resource, resource) && conditioned(st, at, value) {
								in = append(in, st.document+" "+st.Sid)
								if got, want := st.Condition["ArnNotLike"]["aws:PrincipalArn"], authorizedARNs(s, "", exemptDuties(s, c), nil); !slices.Equal(got, want) {
									t.Errorf("%s on %s: left to %v, want %v", c.Action, c.On, got, want)
								}
							}
						}
						if len(in) != 1 {
							t.Errorf("%s on %s %s is refused in %v", c.Action, resource, value, in)
						}
					}
				}
			}
			if checked < 150 {
				t.Errorf("looked at %d only", checked)
			}
		})
	}
}

func every() []Target {
	var all []Target
	for _, at := range scopes {
		all = append(all, at.target)
	}
	return all
}

// conditioned is whether a statement holds on a target's condition, and on no other.
func conditioned(st refusal, at scope, value string) bool {
	if at.operator == "" {
		return len(st.Condition) == 1
	}
	return len(st.Condition) == 2 && slices.Contains(st.Condition[at.operator][at.key], value)
}

// typeOf is the type of a resource, as far as actions tell types apart.
func typeOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	service, name := parts[2], parts[5]
	switch service {
	case "codepipeline": // a pipeline, a stage or an action
		return fmt.Sprint(service, strings.Count(name, "/"))
	case "s3": // a bucket or an object
		return fmt.Sprint(service, strings.Contains(name, "/"))
	case "iam", "kms", "ecs", "config", "events", "states", "codeconnections", "codestar-connections":
		kind, _, _ := strings.Cut(strings.ReplaceAll(name, ":", "/"), "/")
		return service + kind
	}
	return service
}

// Statements are products of actions and resources: none may refuse more than the
// table does.
func TestGuardrails_DenyNothingElse(t *testing.T) {
	t.Parallel()
	s := account("a", "b", "c")
	checked := 0
	for _, st := range refusals(t, s) {
		for _, action := range st.Action {
			var types, resources []string
			for _, c := range Calls {
				if at := c.On.scope(); c.Action == action && slices.Contains(c.Denied, Guardrail) && (at.operator == "" || st.Condition[at.operator] != nil) &&
					slices.Equal(authorizedARNs(s, "", exemptDuties(s, c), nil), st.Condition["ArnNotLike"]["aws:PrincipalArn"]) {
					for _, resource := range c.On.Resources(s) {
						types, resources = append(types, typeOf(resource)), append(resources, resource)
					}
				}
			}
			for _, resource := range st.Resource {
				if !slices.Contains(types, typeOf(resource)) {
					continue // of another type than the action is made on
				}
				checked++
				if !slices.Contains(resources, resource) {
					t.Errorf("%s %s refuses %s on %s, which no row does", st.document, st.Sid, action, resource)
				}
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d actions checked", checked)
	}
}

func TestGuardrails_MergeFragments(t *testing.T) {
	t.Parallel()
	of := func(kind, action, resource string) []denial {
		return []denial{{kind, []string{action}, []string{resource}}}
	}
	base := fragment{sid: "OnlyDeployers", denials: of("role", "a", "r")}
	key := base
	key.operator, key.key, key.values = "ArnEquals", "k", []string{"v"}
	for name, c := range map[string]struct {
		to     fragment
		change func(*fragment)
		want   bool
	}{
		"the same":                              {base, func(*fragment) {}, true},
		"another kind":                          {base, func(p *fragment) { p.denials = of("key", "b", "q") }, true},
		"another resource":                      {base, func(p *fragment) { p.denials = of("role", "a", "q") }, true},
		"another action":                        {base, func(p *fragment) { p.denials = of("role", "b", "r") }, true},
		"another action on another resource":    {base, func(p *fragment) { p.denials = of("role", "b", "q") }, false},
		"left to others":                        {base, func(p *fragment) { p.sid = "OnlyBuild" }, false},
		"on a condition":                        {base, func(p *fragment) { *p = key }, false},
		"another value":                         {key, func(p *fragment) { p.values = []string{"w"} }, true},
		"another value and another action":      {key, func(p *fragment) { p.values, p.denials = []string{"w"}, of("role", "b", "r") }, false},
		"another value and another resource":    {key, func(p *fragment) { p.values, p.denials = []string{"w"}, of("role", "a", "q") }, false},
		"another value and another kind":        {key, func(p *fragment) { p.values, p.denials = []string{"w"}, of("key", "a", "r") }, false},
		"the same value and another key of it":  {key, func(p *fragment) { p.key = "l" }, false},
		"the same value and another comparison": {key, func(p *fragment) { p.operator = "ArnLike" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.to
			c.change(&p)
			to := c.to
			if got := to.merge(p); got != c.want {
				t.Errorf("took it: %t", got)
			}
		})
	}
}

// like is whether an ARN is of a pattern: IAM's * and ?.
func like(pattern, arn string) bool {
	escaped := regexp.QuoteMeta(pattern)
	escaped = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(escaped)
	return regexp.MustCompile("^" + escaped + "$").MatchString(arn)
}

// The property that must never break: who deploys can put everything right, and
// who does a duty can do it.
func TestGuardrails_AuthorizedPrincipals(t *testing.T) {
	t.Parallel()
	shifting := account("web")
	shift(shifting)
	for name, s := range map[string]*settings.Settings{"one": account("web"), "shifting": shifting, "many": account(numbered(20, "cluster")...), "long": longest(1, 2), "CodeCommit": committed("web")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := naming.New(s)
			refused := func(st refusal, role string) bool {
				return !slices.ContainsFunc(st.Condition["ArnNotLike"]["aws:PrincipalArn"], func(pattern string) bool { return like(pattern, role) })
			}
			always := append(slices.Clone(s.Access.DeployerArns), s.Access.BreakGlassArn, p.Role("", naming.Deploy).ARN)
			for _, st := range refusals(t, s) {
				for _, role := range always {
					if refused(st, role) {
						t.Errorf("%s %s locks %s out", st.document, st.Sid, role)
					}
				}
				// An outsider is refused, or the statement would be good for nothing.
				if !refused(st, "arn:aws:iam::111111111111:role/admin") || !refused(st, "arn:aws:iam::111111111111:root") {
					t.Errorf("%s %s refuses nobody", st.document, st.Sid)
				}
				for _, c := range deniedBy(Guardrail, every()...) {
					if !slices.Contains(st.Action, c.Action) || !slices.Contains(st.Resource, c.On.Resources(s)[0]) {
						continue
					}
					for _, duty := range presentDuties(s, c.Authorized) {
						roles := s.Access.ApproverArns
						switch {
						case duty == Mergers:
							roles = s.Source.MergerArns
						case duty == Trigger:
							roles = []string{p.Role("", naming.Dispatcher).ARN}
						case naming.PerApp(duty):
							roles = []string{p.Role(s.Apps[0].Name, duty).ARN}
						case duty != Approvers:
							roles = []string{p.Role("", duty).ARN}
						}
						for _, role := range roles {
							if refused(st, role) {
								t.Errorf("%s %s keeps %s from %s", st.document, st.Sid, role, c.Action)
							}
						}
					}
				}
			}
		})
	}
}

func TestGuardrails_Length(t *testing.T) {
	t.Parallel()
	many := account(numbered(200, "app")...)
	for i := range many.Apps {
		many.Apps[i].Cluster = "web"
	}
	shifting := account("web")
	shift(shifting)
	for name, c := range map[string]struct {
		s    *settings.Settings
		want int
	}{
		"one app":                 {account("web"), 3},
		"200 apps in one cluster": {many, 3},
		"five clusters":           {account("a", "b", "c", "d", "e"), 3},
		"30 clusters":             {account(numbered(30, "cluster")...), 3},
		"a deployer and an approver of the longest names": {longest(1, 1), 3},
		"five, which are only exported":                   {longest(1, 5), 5},
		"an app whose traffic is shifted":                 {shifting, 3},
		"an app whose source is CodeCommit":               {committed("web"), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			documents, err := Guardrails(c.s)
			if err != nil {
				t.Fatal(err)
			}
			if len(documents) != c.want {
				t.Errorf("%d documents, want %d", len(documents), c.want)
			}
			if !slices.IsSortedFunc(documents, func(a, b Document) int { return strings.Compare(a.Name, b.Name) }) {
				t.Error("the documents are not in the order of their names")
			}
			for _, d := range documents {
				// AWS Organizations, quotas; API reference, CreatePolicy.
				if n := len(d.JSON); n > 5120 || n == 0 {
					t.Errorf("%s has %d characters", d.Name, n)
				}
				if n := len(d.Name); n > 128 || n == 0 {
					t.Errorf("%s: the name has %d characters", d.Name, n)
				}
				if n := len(d.Description); n > 512 || n == 0 {
					t.Errorf("%s: the description has %d characters", d.Name, n)
				}
				t.Logf("%s: %d characters", d.Name, len(d.JSON))
			}
		})
	}
}

// TestGuardrails_LoadBalancerOfRollingDeployment: an app's load balancer is closed however ECS deploys to it.
func TestGuardrails_LoadBalancerOfRollingDeployment(t *testing.T) {
	t.Parallel()
	s := account("web")
	s.Apps[0].Deployment = settings.Deployment{
		Kind: settings.Rolling, TargetGroups: []string{"web"},
		ListenerArn: "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef",
	}
	const arn = "arn:aws:elasticloadbalancing:eu-west-2:111111111111:"
	all := refusals(t, s)
	for action, resource := range map[string]string{
		"elasticloadbalancing:RegisterTargets":   arn + "targetgroup/web/*",
		"elasticloadbalancing:ModifyListener":    s.Apps[0].Deployment.ListenerArn,
		"elasticloadbalancing:ModifyRule":        naming.RulesOf(s.Apps[0].Deployment.ListenerArn),
		"elasticloadbalancing:SetRulePriorities": naming.RulesOf(s.Apps[0].Deployment.ListenerArn),
		"elasticloadbalancing:CreateListener":    arn + "loadbalancer/app/web/0123456789abcdef",
	} {
		if !slices.ContainsFunc(all, func(st refusal) bool {
			return slices.Contains(st.Action, action) && slices.Contains(st.Resource, resource)
		}) {
			t.Errorf("%s on %s is not denied", action, resource)
		}
	}
}

// TestGuardrails_Room holds room for parts to come: twenty clusters need three documents, and a fifth of them is free.
func TestGuardrails_Room(t *testing.T) {
	t.Parallel()
	documents, err := Guardrails(account(numbered(20, "cluster")...))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, d := range documents {
		total += len(d.JSON)
	}
	if most := 3 * maxDocument * 4 / 5; len(documents) > 3 || total > most {
		t.Errorf("%d documents of %d characters, want 3 of at most %d", len(documents), total, most)
	}
}

// roomFor are the most clusters that a number of documents has room for; ../gate/README.md says them.
var roomFor = map[int]int{3: 36, 4: 79}

// TestGuardrails_Clusters holds how many documents a number of clusters needs.
func TestGuardrails_Clusters(t *testing.T) {
	t.Parallel()
	for documents, clusters := range roomFor {
		for n, want := range map[int]int{clusters: documents, clusters + 1: documents + 1} {
			if got, err := Guardrails(account(numbered(n, "cluster")...)); err != nil || len(got) != want {
				t.Errorf("%d clusters need %d documents, want %d: %v", n, len(got), want, err)
			}
		}
	}
}

// TestGuardrails_ClosedParts asserts that what is closed has the gate's name in its ARN, so that nobody else's resources are
// closed, and that a part whose ARN has the name is closed.
func TestGuardrails_ClosedParts(t *testing.T) {
	t.Parallel()
	s := everything(settings.GitHub)
	s.Name = "nameofthegate"
	for _, at := range scopes {
		resources := at.target.Resources(s)
		named := len(resources) > 0
		for _, resource := range resources {
			named = named && strings.Contains(resource, s.Name)
		}
		_, reason := openParts[at.target]
		if at.closed && !named {
			t.Errorf("%s are closed: %v", at.target, resources)
		}
		if named && at.closed == reason {
			t.Errorf("%s are named: closed %t, and a reason why not %t", at.target, at.closed, reason)
		}
	}
}

// openParts are parts with the gate's name that are not closed, with the reason.
var openParts = map[Target]string{
	ServiceRoles:    "They are among Roles.",
	ApproverRoles:   "They are among Roles.",
	ArtifactObjects: "One pattern closes the objects of all buckets.",
	RecordObjects:   "One pattern closes the objects of all buckets.",
	CallObjects:     "One pattern closes the objects of all buckets.",
	Remedies:        "AWS Config's service-linked role makes remediations; rows deny the rest.",
}

func TestGuardrails_TooMany(t *testing.T) {
	t.Parallel()
	crowded := account("web")
	crowded.Access.DeployerArns = []string{"arn:aws:iam::111111111111:role/" + strings.Repeat("n", 5000) + "/deployer"}
	clustered, named := account(numbered(90, "cluster")...), longest(1, 5)
	for _, s := range []*settings.Settings{clustered, named} {
		s.Organization.TargetId = "ou-ab12-34567890"
	}
	for name, c := range map[string]struct {
		s    *settings.Settings
		want string
	}{
		"many clusters": {clustered, `prodgate:organization.targetId: "ou-ab12-34567890": 90 clusters and 3 roles under prodgate:access need 5 service control policies, ` +
			"and a target takes 4 beside FullAWSAccess; deploy to fewer clusters, name fewer roles, or name roles of shorter paths"},
		"many roles": {named, `prodgate:organization.targetId: "ou-ab12-34567890": 1 clusters and 11 roles under prodgate:access need 5 service control policies, ` +
			"and a target takes 4 beside FullAWSAccess; deploy to fewer clusters, name fewer roles, or name roles of shorter paths"},
		"a role of an endless path": {crowded,
			"prodgate:access: 3 roles make a service control policy of 6057 characters, and AWS takes 5120; name fewer roles, or roles of shorter paths"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			documents, err := Guardrails(c.s)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if documents != nil {
				t.Errorf("%d documents all the same", len(documents))
			}
		})
	}
}

func TestGuardrails_NewAppChangesLittle(t *testing.T) {
	t.Parallel()
	before, err := Guardrails(account("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	same := account("a", "b")
	same.Apps = append(same.Apps, settings.App{Name: "more", Cluster: "b"})
	after, err := Guardrails(same)
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("an app in a cluster that is known changes the guardrails: %v", err)
	}
	before, err = Guardrails(account("a", "b", "c", "d", "e"))
	if err != nil {
		t.Fatal(err)
	}
	after, err = Guardrails(account("a", "b", "c", "d", "e", "f"))
	if err != nil || len(after) != len(before) {
		t.Fatalf("%d documents, %v", len(after), err)
	}
	for i := range after {
		if changes := after[i] != before[i]; changes != (i == len(after)-1) {
			t.Errorf("a new cluster changes %s: %t", after[i].Name, changes)
		}
	}
}

func TestGuardrails_Regions(t *testing.T) {
	t.Parallel()
	s := account("web")
	s.Organization.Regions = []string{"eu-west-2", "eu-west-1"}
	all := refusals(t, s)
	first := all[0]
	if first.Sid != "OnlyInRegions" || len(first.Action) != 0 || !slices.Equal(first.Resource, []string{"*"}) {
		t.Fatalf("%+v", first)
	}
	want := map[string]map[string][]string{
		"StringNotEquals": {"aws:RequestedRegion": {"eu-west-2", "eu-west-1"}},
		"StringEquals":    {"aws:PrincipalAccount": {"111111111111"}},
		"ArnNotLike":      {"aws:PrincipalArn": authorizedARNs(s, "", nil, nil)},
	}
	if fmt.Sprint(first.Condition) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", first.Condition, want)
	}
	for _, service := range []string{"iam:*", "sts:*", "organizations:*", "support:*", "health:*", "cloudfront:*", "route53:*"} {
		if !slices.Contains(first.NotAction, service) {
			t.Errorf("%s has one region for the whole world, and is refused", service)
		}
	}
}
