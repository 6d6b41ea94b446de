package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/policydoc"
)

// texts are values that are known before anything is made.
func texts(t *testing.T, inputs []pulumi.StringInput) []string {
	t.Helper()
	var all []string
	for _, input := range inputs {
		text, known := input.(pulumi.String)
		if !known {
			t.Fatalf("%v is not known in a preview", input)
		}
		all = append(all, string(text))
	}
	return all
}

func TestResourcePolicies_DenyEveryCall(t *testing.T) {
	t.Parallel()
	s := account("web", "api")
	const rotation = "arn:aws:iam::111111111111:role/rotation"
	for target, control := range resourcePolicyOf {
		t.Run(string(target), func(t *testing.T) {
			t.Parallel()
			document := DenyStatements(target, s, "app-api", "arn", rotation)
			plain := DenyPlainHTTP(target, "arn")
			sids := map[string]bool{plain.Sid: true}
			of := map[string]policydoc.Statement{}
			for _, st := range document {
				if sids[st.Sid] {
					t.Errorf("two statements are called %s", st.Sid)
				}
				sids[st.Sid] = true
				if !st.Deny || st.Principals["AWS"][0] != "*" || !slices.Equal(texts(t, st.Resources), []string{"arn"}) {
					t.Errorf("%+v", st)
				}
				for _, action := range st.Actions {
					of[action] = st
				}
			}
			rows := 0
			for _, c := range Calls {
				if c.On != target || !slices.Contains(c.Denied, control) {
					continue
				}
				rows++
				st, refused := of[c.Action]
				if !refused || !slices.Contains(plain.Actions, c.Action) {
					t.Errorf("nothing refuses %s", c.Action)
					continue
				}
				if got, want := texts(t, st.Conditions[0].Values), authorizedARNs(s, "app-api", c.Authorized, []string{rotation}); !slices.Equal(got, want) {
					t.Errorf("%s is left to %v, want %v", c.Action, got, want)
				}
			}
			if rows == 0 || rows != len(of) || rows != len(plain.Actions) {
				t.Errorf("%d rows, %d actions", rows, len(of))
			}
		})
	}
}

func TestCatalogue_AuthorizedARNs(t *testing.T) {
	t.Parallel()
	s := account("web", "api")
	const role = "arn:aws:iam::111111111111:role/"
	always := []string{role + "deployer", role + "prodgate/deploy/prodgate-deploy", role + "break-glass"}
	for name, c := range map[string]struct {
		app  string
		by   []string
		want []string
	}{
		"nobody but who always may":   {"", nil, nil},
		"a duty of every app":         {"", []string{"build"}, []string{role + "prodgate/build/*"}},
		"a duty of one app":           {"app-api", []string{"build"}, []string{role + "prodgate/build/prodgate-app-api-build"}},
		"the recorder, of no app":     {"app-api", []string{"recorder"}, []string{role + "prodgate/recorder/prodgate-recorder"}},
		"who runs one app":            {"app-api", []string{Execution}, []string{role + "api-execution"}},
		"who runs every app":          {"", []string{Execution}, []string{role + "web-execution", role + "api-execution"}},
		"approvers":                   {"", []string{Approvers}, []string{role + "release-manager"}},
		"who rotates, each once":      {"", []string{Rotation, Rotation}, []string{role + "rotation"}},
		"AWS's own roles":             {"", []string{ServiceLinked}, []string{role + "aws-service-role/*"}},
		"several, in the row's order": {"app-web", []string{"pipeline", "build"}, []string{role + "prodgate/pipeline/prodgate-app-web-pipeline", role + "prodgate/build/prodgate-app-web-build"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, want := authorizedARNs(s, c.app, c.by, []string{role + "rotation"}), slices.Concat(always, c.want); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// A policy of ECR names no resource.
func TestResourcePolicies_WithoutResource(t *testing.T) {
	t.Parallel()
	s := account("web")
	for _, st := range append(DenyStatements(Repositories, s, "app-web", ""), DenyPlainHTTP(Repositories, "")) {
		if st.Resources != nil || !strings.HasPrefix(st.Actions[0], "ecr:") {
			t.Errorf("%+v", st)
		}
	}
}
