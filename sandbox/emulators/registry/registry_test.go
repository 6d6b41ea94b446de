package registry_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"prodgate/sandbox/emulators/registry"
)

const digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" // of {}

// api is an ECR with one image, in the repository app.
func api(t *testing.T) *registry.Registry {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch {
		case strings.Contains(string(body), `"broken"`):
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"__type": "AccessDeniedException"}`)
		case !strings.Contains(string(body), `"app"`):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type": "RepositoryNotFoundException"}`)
		default:
			_, _ = io.WriteString(w, `{"images": [{"imageManifest": "{}", "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"}]}`)
		}
	}))
	t.Cleanup(server.Close)
	return registry.New(ecr.New(ecr.Options{
		Region: "eu-west-2", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
	}))
}

func TestRegistry_Serve(t *testing.T) {
	t.Parallel()
	registry := api(t)
	for name, test := range map[string]struct {
		user, method, path, body string
		want                     int
		subject                  string
	}{
		"nobody":                        {"", "GET", "/v2/", "", 401, ""},
		"ECR's user":                    {"AWS", "GET", "/v2/", "", 200, ""},
		"an image of ECR":               {"AWS", "GET", "/v2/app/manifests/" + digest, "", 200, ""},
		"a repository that is not":      {"AWS", "GET", "/v2/gone/manifests/" + digest, "", 404, ""},
		"an ECR that does not response": {"AWS", "GET", "/v2/broken/manifests/" + digest, "", 502, ""},
		"a tag, which may not change":   {"AWS", "PUT", "/v2/app/manifests/sha256-44", "{}", 400, ""},
		"a referrer": {
			"AWS", "PUT", "/v2/app/manifests/sha256:0f9f7ac90a5ac6b3b7e4aa71a3dcd2fc9c1b31cfb85d0b7ae4b9e6ba32c20dd7",
			`{"subject": {"digest": "` + digest + `"}}`, 0, digest,
		},
	} {
		request := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		request.Header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		if test.user != "" {
			request.SetBasicAuth(test.user, "password")
		}
		response := httptest.NewRecorder()
		registry.ServeHTTP(response, request)
		if test.want != 0 && response.Code != test.want {
			t.Errorf("%s: %d, want %d: %s", name, response.Code, test.want, response.Body)
		}
		if got := response.Header().Get("OCI-Subject"); got != test.subject {
			t.Errorf("%s: the subject is %q, want %q", name, got, test.subject)
		}
	}
}
