package check

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// call is a request of the SDK: the operation, its input as it was sent, and the region that it is signed for.
type call struct{ operation, input, region string }

// server answers the SDK's calls, each after latency.
type server struct {
	latency time.Duration
	// answer is the body of a call's answer; a number in front of it, and a space, are another status.
	answer func(call) string

	lock  sync.Mutex
	calls []call
}

// operation is what a request asks for, in whichever protocol.
func operation(r *http.Request, body string) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" { // AWS JSON
		return target[strings.LastIndex(target, ".")+1:]
	}
	if form, err := url.ParseQuery(body); err == nil && form.Get("Action") != "" { // AWS Query
		return form.Get("Action")
	}
	switch {
	case r.URL.Query().Has("policy"):
		return "GetBucketPolicy"
	case strings.HasSuffix(r.URL.Path, "/configuration"):
		return "GetFunctionConfiguration"
	case strings.HasSuffix(r.URL.Path, "/policy"):
		return "GetPolicy"
	}
	return r.Method + " " + r.URL.Path
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	body := string(text)
	asked := call{operation(r, body), body, ""}
	if _, scope, is := strings.Cut(r.Header.Get("Authorization"), "Credential="); is { // key, date, region
		asked.region = strings.Split(scope, "/")[2]
	}
	if r.URL.Path != "/" {
		asked.input = r.URL.Path
	}
	s.lock.Lock()
	s.calls = append(s.calls, asked)
	s.lock.Unlock()
	time.Sleep(s.latency)
	answer := s.answer(asked)
	if len(answer) > 4 && answer[0] >= '4' && answer[0] <= '5' && answer[3] == ' ' {
		w.WriteHeader(int(answer[0]-'0')*100 + int(answer[1]-'0')*10 + int(answer[2]-'0'))
		answer = answer[4:]
	}
	_, _ = io.WriteString(w, answer)
}

// start serves answers, and returns the configuration that leads the SDK to them.
func (s *server) start(t testing.TB) aws.Config {
	t.Helper()
	at := httptest.NewServer(s)
	t.Cleanup(at.Close)
	return aws.Config{
		Region: "eu-west-2", BaseEndpoint: &at.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}
}

// count is how often an operation was called.
func (s *server) count(operation string) int {
	s.lock.Lock()
	defer s.lock.Unlock()
	n := 0
	for _, c := range s.calls {
		if c.operation == operation {
			n++
		}
	}
	return n
}

// result is an answer in AWS's Query protocol.
func result(operation, body string) string {
	return "<" + operation + "Response><" + operation + "Result>" + body + "</" + operation + "Result></" + operation + "Response>"
}
