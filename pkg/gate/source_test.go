package gate_test

import (
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

const adopted = "arn:aws:codestar-connections:eu-west-2:111111111111:connection/" + gatetest.UUID

func TestTheConnectionIsCreatedOrAdopted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arn             string
		creates         bool
		status, message string
	}{
		"created, and somebody has to complete it": {"", true, "PENDING", "open https://eu-west-2.console.aws.amazon.com/"},
		"adopted, and complete already":            {adopted, false, "AVAILABLE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config("api")
			if c.arn != "" {
				config["source"].(object)["connectionArn"] = c.arn
			}
			r := built(t, config)
			if r.Has(connectionType) != c.creates {
				t.Errorf("a connection is made: %t", !c.creates)
			}
			used := actions(r.One(t, pipelineType, "gate-api"))[0].configuration["ConnectionArn"]
			if arn := r.Outputs["connectionArn"].Value; arn != used || used == "" || c.arn != "" && arn != c.arn {
				t.Errorf("the pipeline uses %v, the output is %v", used, arn)
			}
			if got := r.Outputs["connectionStatus"].Value; got != c.status {
				t.Errorf("the status is %v", got)
			}
			handshake, _ := r.Outputs["connectionHandshake"].Value.(string)
			if handshake != c.message && (c.message == "" || !strings.Contains(handshake, c.message)) {
				t.Errorf("the message is %q", handshake)
			}
		})
	}
}

func TestAConnectionThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	c := config("api")
	c["source"].(object)["connectionArn"] = adopted
	s := decoded(t, c)
	w := world(s)
	w.Refused = []string{"aws:codestarconnections/getConnection:getConnection"}
	_, err := w.Run(program(s))
	if err == nil || !strings.Contains(err.Error(), `prodgate:source.connectionArn: "`+adopted+`": cannot be read`) {
		t.Errorf("got %v", err)
	}
}

func TestTheProdBranchOfEveryRepositoryIsProtected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repositories []string // of the apps; empty is the common one, web
		want         []string
	}{
		"two apps of one repository":              {[]string{"", ""}, []string{"web"}},
		"two apps of two repositories":            {[]string{"api", ""}, []string{"api", "web"}},
		"three apps of two repositories":          {[]string{"api", "", "api"}, []string{"api", "web"}},
		"none of the common one":                  {[]string{"api"}, []string{"api"}},
		"one repository that is written two ways": {[]string{"Web", "web", "WEB"}, []string{"WEB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config([]string{"a", "b", "c"}[:len(c.repositories)]...)
			for i, repository := range c.repositories {
				if repository != "" {
					config["apps"].([]any)[i].(object)["repository"] = repository
				}
			}
			var got []string
			for _, p := range built(t, config).Of(t, protectionType) {
				got = append(got, p.Text("repositoryId"))
				if want := "gate-" + p.Text("repositoryId") + "-prod"; p.Name != want {
					t.Errorf("is called %s, want %s", p.Name, want)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("protects %v, want %v", got, c.want)
			}
		})
	}
}

func TestNothingGetsToProdButAReviewedAndCheckedPullRequest(t *testing.T) {
	t.Parallel()
	c := config("api")
	c["source"].(object)["reviews"] = 2
	for _, p := range built(t, c).Of(t, protectionType) {
		if p.Text("pattern") != "prod" {
			t.Errorf("%s protects %s", p, p.Text("pattern"))
		}
		for input, want := range map[string]bool{
			"enforceAdmins": true, "allowsDeletions": false, "allowsForcePushes": false,
			"requiredPullRequestReviews.dismissStaleReviews": true, "requiredStatusChecks.strict": true,
		} {
			if got := p.Input(input); !got.IsBool() || got.BoolValue() != want {
				t.Errorf("%s: %s is %v", p, input, got)
			}
		}
		if got := p.Input("requiredPullRequestReviews.requiredApprovingReviewCount").NumberValue(); got != 2 {
			t.Errorf("%s asks for %v reviews", p, got)
		}
		checks := p.Input("requiredStatusChecks.contexts").ArrayValue()
		if len(checks) != 1 || checks[0].StringValue() != "test" {
			t.Errorf("%s asks for the checks %v", p, checks)
		}
	}
}
