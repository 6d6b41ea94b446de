package codebuild

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/sandbox/emulators/internet"
)

const ecsTarget = "AmazonEC2ContainerServiceV20141113."

var (
	builtDigest = "sha256:" + strings.Repeat("b", 64)
	otherDigest = "sha256:" + strings.Repeat("0", 64)
)

// ecsService is a service of one test in the shared cluster, which runs an image by digest.
type ecsService struct {
	*deployGate
	name string
}

func newECSService(t *testing.T, endpoint string, net *internet.Internet, more object) *ecsService {
	t.Helper()
	name := testName(t)
	name = name[max(0, len(name)-100):]
	s := &ecsService{name: name}
	s.deployGate = newDeployGate(t, buildspec.Text("verify"), endpoint, net, map[string]string{
		buildspec.App: "backend", buildspec.Cluster: "prod", buildspec.Service: name, buildspec.ContainerName: "backend",
		buildspec.ImageDigest: builtDigest, buildspec.Pause: "0.1",
	})
	s.released(t, builtDigest)
	s.define(t, builtDigest)
	service := object{"cluster": "prod", "serviceName": name, "taskDefinition": name, "desiredCount": 2}
	for key, value := range more {
		service[key] = value
	}
	callEmulator(t, endpoint, "ecs", ecsTarget+"CreateService", service)
	return s
}

func (s *ecsService) image(digest string) string {
	return registry + "/prodgate/backend@" + digest
}

// released writes the artifact of the release.
func (s *ecsService) released(t *testing.T, digest string) {
	t.Helper()
	text := fmt.Sprintf(`[{"name":"sidecar","imageUri":"x@y"},{"name":"backend","imageUri":%q}]`, s.image(digest))
	if err := os.WriteFile(filepath.Join(s.Source, buildspec.ImageDefinitions), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// define registers the next revision of the service's task definition.
func (s *ecsService) define(t *testing.T, digest string) {
	t.Helper()
	callEmulator(t, s.endpoint, "ecs", ecsTarget+"RegisterTaskDefinition", object{"family": s.name, "containerDefinitions": []object{
		{"name": "sidecar", "image": "sidecar:1", "memory": 128}, {"name": "backend", "image": s.image(digest), "memory": 128},
	}})
}

func (s *ecsService) update(t *testing.T, change object) {
	t.Helper()
	change["cluster"], change["service"] = "prod", s.name
	callEmulator(t, s.endpoint, "ecs", ecsTarget+"UpdateService", change)
}

// runs sets the tasks of the service.
func (s *ecsService) runs(t *testing.T, rollout string, tasks ...object) {
	t.Helper()
	postToEmulator(t, s.endpoint, "run", object{
		"region": "eu-west-2", "cluster": "prod", "service": s.name, "tasks": append([]object{}, tasks...), "rollout": rollout,
	})
}

// TestVerify runs the real buildspec against an emulator, with the real AWS CLI and
// curl.
func TestVerify(t *testing.T) {
	t.Parallel()
	need(t, "aws", "pipx install awscli")
	need(t, "jq", "apt-get install jq")
	need(t, "curl", "apt-get install curl")
	endpoint := emulator(t)
	net := online(t)
	net.Handle("well.example.com", says(200, `{"success": true, "ver": 1}`))
	callEmulator(t, endpoint, "ecs", ecsTarget+"CreateCluster", object{"clusterName": "prod"})

	const unchecked = "backend runs sha256:bbbbbbbbbbbb, no health check is set"
	for name, test := range map[string]func(t *testing.T, s *ecsService){
		"a service that runs what was built passes": func(t *testing.T, s *ecsService) { s.passes(t, unchecked, unchecked) },
		"a deployment that was rolled back fails": func(t *testing.T, s *ecsService) {
			s.atOnce()
			s.define(t, otherDigest)
			s.update(t, object{"taskDefinition": s.name})
			s.refuses(t, "task-definition/"+s.name+":2 has "+s.image(otherDigest)+", not "+s.image(builtDigest),
				"runs "+otherDigest+", not "+builtDigest, "does not run what was built of backend after 1 seconds")
		},
		"one task of an older image fails": func(t *testing.T, s *ecsService) {
			s.atOnce()
			s.runs(t, "", object{}, object{"imageDigest": otherDigest})
			s.refuses(t, "runs "+otherDigest+", not "+builtDigest)
		},
		"the hundred and first task is looked at": func(t *testing.T, s *ecsService) {
			s.atOnce()
			s.update(t, object{"desiredCount": 101})
			s.runs(t, "", append(slices.Repeat([]object{{}}, 100), object{"imageDigest": otherDigest})...)
			s.refuses(t, "runs "+otherDigest+", not "+builtDigest)
		},
		"fewer tasks than there shall be fail": func(t *testing.T, s *ecsService) {
			s.atOnce()
			s.runs(t, "", object{}, object{"lastStatus": "PENDING"})
			s.refuses(t, "1 of 2 tasks run", "the deployment is IN_PROGRESS")
		},
		"no task at all fails": func(t *testing.T, s *ecsService) {
			s.atOnce()
			s.runs(t, "")
			s.refuses(t, "no task runs", "0 of 2 tasks run")
		},
		"a desired count of nothing fails": func(t *testing.T, s *ecsService) {
			s.atOnce()
			s.update(t, object{"desiredCount": 0})
			s.refuses(t, "nothing shall run: the desired count is 0")
		},
		"a deployment that failed fails": func(t *testing.T, s *ecsService) {
			s.atOnce()
			s.runs(t, "FAILED", object{}, object{})
			s.refuses(t, "the deployment is FAILED")
		},
		"a container of another name fails": func(t *testing.T, s *ecsService) {
			s.set(buildspec.ContainerName, "front")
			s.refuses(t, "no container front")
		},
		"what was released is what was built": func(t *testing.T, s *ecsService) {
			s.released(t, otherDigest)
			s.refuses(t, "the released image is "+s.image(otherDigest)+", the built one is "+builtDigest)
		},
		"a release without its file fails": func(t *testing.T, s *ecsService) {
			if err := os.Remove(filepath.Join(s.Source, buildspec.ImageDefinitions)); err != nil {
				t.Fatal(err)
			}
			s.refuses(t, "imagedefinitions.json")
		},
		"a service that is not there fails": func(t *testing.T, s *ecsService) {
			s.set(buildspec.Service, "gone")
			s.refuses(t, "there is no service gone")
		},
		"a cluster that is not there fails": func(t *testing.T, s *ecsService) {
			s.set(buildspec.Cluster, "gone")
			s.refuses(t, "ClusterNotFoundException")
		},
		"a deployment that is over while it waits passes": func(t *testing.T, s *ecsService) {
			s.runs(t, "", object{}, object{"lastStatus": "PENDING"})
			s.onPath(t, "sleep", `exec curl --silent --show-error --fail --data '{"region":"eu-west-2","cluster":"prod","service":"`+s.name+`"}' "$AWS_ENDPOINT_URL/sandbox/run"`)
			s.passes(t, unchecked, "1 of 2 tasks run")
		},
		"a health check of other fields than it knows fails": func(t *testing.T, s *ecsService) {
			for _, health := range []string{`{"uri":"https://well.example.com"}`, `{"url":"http://well.example.com"}`, `{"url":"https://well.example.com","expects":{}}`, `{"url":"https://well.example.com","seconds":"1"}`, `x`} {
				s.set(buildspec.Health, health)
				s.refuses(t, "HEALTH is not an object of url")
			}
		},
		"an app that answers as it shall passes": func(t *testing.T, s *ecsService) {
			s.set(buildspec.Health, `{"url":"https://well.example.com/api/health-check","expect":{"success":true,"ver":1}}`)
			s.passes(t, "backend runs sha256:bbbbbbbbbbbb and answers as expected", "answers as expected")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newECSService(t, endpoint, net, nil))
		})
	}

	t.Run("blue and green: the primary task set counts", func(t *testing.T) {
		t.Parallel()
		s := newECSService(t, endpoint, net, object{"deploymentController": object{"type": "CODE_DEPLOY"}})
		s.passes(t, unchecked, unchecked)
		s.atOnce()
		s.runs(t, "IN_PROGRESS", object{}, object{})
		s.refuses(t, "the primary task set is STABILIZING")
		s.runs(t, "")
		s.define(t, otherDigest)
		made := callEmulator(t, endpoint, "ecs", ecsTarget+"CreateTaskSet", object{"cluster": "prod", "service": s.name, "taskDefinition": s.name})
		callEmulator(t, endpoint, "ecs", ecsTarget+"UpdateServicePrimaryTaskSet", object{
			"cluster": "prod", "service": s.name, "primaryTaskSet": made["taskSet"].(object)["taskSetArn"],
		})
		s.refuses(t, "has "+s.image(otherDigest)+", not "+s.image(builtDigest))
	})
}

// atOnce makes the verification not wait.
func (s *ecsService) atOnce() {
	s.set(buildspec.Health, `{"url":"https://well.example.com/","seconds":1}`)
}

func TestVerify_RequireVariables(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	g := newDeployGate(t, buildspec.Text("verify"), "http://127.0.0.1:1", nil, map[string]string{
		buildspec.App: "backend", buildspec.Cluster: "prod", buildspec.Service: "backend", buildspec.ContainerName: "backend",
		buildspec.ImageDigest: builtDigest, buildspec.Pause: "0",
	})
	g.missing(t, buildspec.Required("verify"))
	(&ecsService{deployGate: g}).released(t, builtDigest)
	g.refuses(t, "Could not connect to the endpoint")
}

// says is an app with a constant response.
func says(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status >= 300 && status < 400 {
			w.Header().Set("Location", body)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

// TestVerify_HealthChecks runs only the health check: ECS reports a complete deployment at once.
func TestVerify_HealthChecks(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	need(t, "curl", "apt-get install curl")
	net := online(t)
	const well = `{"success": true, "ver": 1, "more": [1]}`
	for name, c := range map[string]struct {
		host   http.Handler
		change func(g *deployGate)
		words  []string
	}{
		"success is false": {host: says(200, `{"success": false, "ver": 1}`), words: []string{`success is false, not true: {"success": false, "ver": 1}`, "does not answer as"}},
		"another version":  {host: says(200, `{"success": true, "ver": 2}`), words: []string{"ver is 2, not 1"}},
		"a version as a string, and nothing else": {
			host: says(200, `{"ver": "1"}`), words: []string{`success is null, not true; ver is "1", not 1`},
		},
		"status 500":               {host: says(500, strings.Repeat("x", 2000)), words: []string{"answers with status 500, not 200: " + strings.Repeat("x", 500) + "\n"}},
		"status 204":               {host: says(204, ""), words: []string{"answers with status 204, not 200"}},
		"no JSON":                  {host: says(200, "<html>"), words: []string{"answers with no JSON object: <html>"}},
		"nothing":                  {host: says(200, ""), words: []string{"answers with no JSON object"}},
		"two objects":              {host: says(200, well+well), words: []string{"answers with no JSON object"}},
		"a list":                   {host: says(200, "["+well+"]"), words: []string{"answers with no JSON object"}},
		"a redirect elsewhere":     {host: says(302, "https://well.example.com/"), words: []string{"redirects to https://well.example.com/"}},
		"a host that is not there": {words: []string{"cannot be reached"}},
		"a certificate that nobody trusts": {host: says(200, well), words: []string{"has a certificate that is not trusted"}, change: func(g *deployGate) {
			g.Env = slices.DeleteFunc(g.Env, func(v string) bool {
				return strings.HasPrefix(v, "CURL_CA_BUNDLE=") || strings.HasPrefix(v, "SSL_CERT_FILE=")
			})
		}},
		"no answer": {
			host: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), words: []string{"does not answer within 10 seconds"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := testName(t)
			host = strings.Trim(host[max(0, len(host)-40):], "-") + ".example.com"
			if c.host != nil {
				net.Handle(host, c.host)
			}
			g := healthGate(t, net, host)
			if c.change != nil {
				c.change(g)
			}
			g.refuses(t, append(c.words, host, "after 1 seconds")...)
		})
	}

	t.Run("an app that needs a moment passes", func(t *testing.T) {
		t.Parallel()
		answers := []http.Handler{says(502, "not yet"), says(200, `{"success": true, "ver": 0}`), says(200, well)}
		net.Handle("slow.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answers[0].ServeHTTP(w, r)
			answers = answers[1:]
		}))
		g := healthGate(t, net, "slow.example.com")
		g.set(buildspec.Health, `{"url":"https://slow.example.com/","expect":{"success":true,"ver":1},"seconds":60}`)
		g.passes(t, "backend runs sha256:bbbbbbbbbbbb and answers as expected", "status 502", "ver is 0, not 1")
	})
}

// healthGate is a check of a service that runs the built image.
func healthGate(t *testing.T, net *internet.Internet, host string) *deployGate {
	t.Helper()
	g := newDeployGate(t, buildspec.Text("verify"), "http://127.0.0.1:1", net, map[string]string{
		buildspec.App: "backend", buildspec.Cluster: "prod", buildspec.Service: "backend", buildspec.ContainerName: "backend",
		buildspec.ImageDigest: builtDigest, buildspec.Pause: "0.1",
		buildspec.Health: `{"url":"https://` + host + `/health","expect":{"success":true,"ver":1},"seconds":1}`,
	})
	s := &ecsService{deployGate: g}
	s.released(t, builtDigest)
	g.onPath(t, "aws", `case $2 in
describe-services) echo '{"services":[{"status":"ACTIVE","desiredCount":1,"runningCount":1,"deployments":[{"status":"PRIMARY","rolloutState":"COMPLETED","taskDefinition":"t"}]}]}' ;;
describe-task-definition) echo '{"taskDefinition":{"taskDefinitionArn":"t","containerDefinitions":[{"name":"backend","image":"`+s.image(builtDigest)+`"}]}}' ;;
list-tasks) echo '{"taskArns":["a"]}' ;;
describe-tasks) echo '{"tasks":[{"taskArn":"a","lastStatus":"RUNNING","containers":[{"name":"backend","imageDigest":"`+builtDigest+`"}]}]}' ;;
esac`)
	return g
}
