package codebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/sandbox/emulators/internet"
)

// deployGate is a build that checks an image or a deployment, with its variables.
type deployGate struct {
	Build
	endpoint string
}

// newDeployGate creates a build with these variables. It reaches PATH, the internet, and the emulator
// if there is an endpoint.
func newDeployGate(t *testing.T, spec, endpoint string, net *internet.Internet, variables map[string]string) *deployGate {
	t.Helper()
	g := &deployGate{endpoint: endpoint, Build: Build{
		Project: Project{
			Name:        "prodgate-gate",
			Arn:         "arn:aws:codebuild:eu-west-2:123456789012:project/prodgate-gate",
			Source:      Source{Buildspec: spec},
			Environment: Environment{Image: "aws/codebuild/standard:7.0"},
		},
		Source: t.TempDir(), Commit: commit, Initiator: "codepipeline/prodgate-app",
		Env: []string{
			"PATH=" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + endpoint,
			"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_MAX_ATTEMPTS=1",
		},
	}}
	if net != nil {
		g.Env = append(g.Env, net.Env()...)
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		g.Project.Environment.Variables = append(g.Project.Environment.Variables, Variable{Name: name, Value: variables[name]})
	}
	return g
}

// set changes a variable, or removes it if the value is empty.
func (g *deployGate) set(name, value string) {
	others := slices.DeleteFunc(g.Project.Environment.Variables, func(v Variable) bool { return v.Name == name })
	if value != "" {
		others = append(others, Variable{Name: name, Value: value})
	}
	g.Project.Environment.Variables = others
}

// onPath puts a script on PATH, before a program of the same name.
func (g *deployGate) onPath(t *testing.T, name, script string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/usr/bin/env bash\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	g.Env[0] = "PATH=" + folder + ":" + strings.TrimPrefix(g.Env[0], "PATH=")
}

// passes asserts that the build succeeds, its exported summary and its output.
func (g *deployGate) passes(t *testing.T, summary string, words ...string) {
	t.Helper()
	result := g.done(t, words)
	if !result.Succeeded {
		t.Fatalf("the gate refuses:\n%s", g.output(result))
	}
	if got := result.Exported[buildspec.Summary]; got != summary || len(got) > 120 {
		t.Errorf("%s is %q, want %q", buildspec.Summary, got, summary)
	}
}

// refuses asserts that the build fails, and the reason in its output.
func (g *deployGate) refuses(t *testing.T, words ...string) {
	t.Helper()
	if result := g.done(t, words); result.Succeeded {
		t.Errorf("the gate lets it through:\n%s", g.output(result))
	}
}

func (g *deployGate) done(t *testing.T, words []string) *Result {
	t.Helper()
	if len(words) == 0 {
		t.Fatal("nothing says why")
	}
	result, err := g.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if !strings.Contains(g.output(result), word) {
			t.Errorf("the log does not say %q:\n%s", word, g.output(result))
		}
	}
	return result
}

// output is the output of the commands, without the logged commands themselves.
func (g *deployGate) output(r *Result) string {
	spec, err := parse(g.Project.Source.Buildspec)
	if err != nil {
		return err.Error()
	}
	text := r.Log
	for _, phase := range []*phaseSpec{spec.Phases.PreBuild, spec.Phases.Build} {
		if phase != nil {
			for _, command := range phase.Commands {
				text = strings.ReplaceAll(text, command, "")
			}
		}
	}
	return text
}

// missing asserts that each of the variables is required.
func (g *deployGate) missing(t *testing.T, names []string) {
	t.Helper()
	for _, name := range names {
		was := ""
		for _, v := range g.Project.Environment.Variables {
			if v.Name == name {
				was = v.Value
			}
		}
		if was == "" {
			t.Errorf("%s is not set anyway", name)
		}
		g.set(name, "")
		g.refuses(t, name+": is not set by the ")
		g.set(name, was)
	}
}

// postToEmulator calls one of the emulator's own paths.
func postToEmulator(t *testing.T, endpoint, what string, body any) {
	t.Helper()
	sendToEmulator(t, endpoint+"/sandbox/"+what, nil, body)
}

// callEmulator calls an operation of a service with a JSON protocol.
func callEmulator(t *testing.T, endpoint, service, target string, body any) map[string]any {
	t.Helper()
	return sendToEmulator(t, endpoint, map[string]string{
		"Authorization": "AWS4-HMAC-SHA256 Credential=test/20261125/eu-west-2/" + service + "/aws4_request, SignedHeaders=host, Signature=x",
		"X-Amz-Target":  target,
		"Content-Type":  "application/x-amz-json-1.1",
	}, body)
}

func sendToEmulator(t *testing.T, url string, headers map[string]string, body any) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s: %s %v\n%s", url, answer.Status, err, read)
	}
	found := map[string]any{}
	if len(read) > 0 {
		if err := json.Unmarshal(read, &found); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// pushedImage pushes a new image to a repository that scans it, and returns its digest.
func pushedImage(t *testing.T, endpoint, repository string) string {
	t.Helper()
	const ecr = "AmazonEC2ContainerRegistry_V20150921."
	callEmulator(t, endpoint, "ecr", ecr+"CreateRepository", map[string]any{"repositoryName": repository})
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"digest":"sha256:%064x"},"layers":[]}`, 12)
	answer := callEmulator(t, endpoint, "ecr", ecr+"PutImage", map[string]any{
		"repositoryName": repository, "imageTag": commit, "imageManifest": manifest,
	})
	return answer["image"].(map[string]any)["imageId"].(map[string]any)["imageDigest"].(string)
}

// testName is a unique name for a test's resources in the shared emulator.
func testName(t *testing.T) string {
	return notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-")
}
