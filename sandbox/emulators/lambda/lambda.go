// Package lambda runs the function that checks the known state as AWS Lambda does: a process of its own that asks
// Lambda's runtime API for an event and gives the answer back. The emulator of AWS keeps functions and runs none.
//
// What runs is built from the same source as the deployed archive, for this machine: the archive is for arm64.
package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"prodgate/pkg/knownstate/archive"
)

// Function is a function that can be invoked.
type Function struct {
	// Name and ARN are the deployed function's.
	Name, ARN string
	// Variables are its environment variables.
	Variables map[string]string
	// Timeout is the time that an invocation has.
	Timeout time.Duration
	// LogGroup is where it logs.
	LogGroup string
	// Env is added to the environment: the credentials of the function's role, and where AWS is.
	Env []string
	// Logs gets what the function logs, as it logs it; nil for nobody.
	Logs io.Writer
	// program is the file that runs.
	program string
}

// Program is the function's program for this machine, built from the module in root into folder.
func Program(ctx context.Context, root, folder string) (string, error) {
	built, err := archive.BuildFor(ctx, root, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	files, err := zip.OpenReader(built.Path)
	if err != nil {
		return "", err
	}
	defer func() { _ = files.Close() }()
	if len(files.File) != 1 || files.File[0].Name != archive.Handler || files.File[0].Mode() != 0o755 {
		return "", fmt.Errorf("the archive of the function has %d files, the first %s", len(files.File), files.File[0].Name)
	}
	from, err := files.File[0].Open()
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, archive.Handler)
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o700)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return path, errors.Join(err, to.Close())
}

// With is the function that runs a program.
func (f Function) With(program string) Function {
	f.program = program
	return f
}

// Result is how an invocation ended.
type Result struct {
	// Error is what the function failed with; empty where it did not.
	Error string
	// Log is what it has logged.
	Log string
	// Jobs are the results that it has reported to CodePipeline, by job: success, or the message of a failure.
	Jobs map[string]string
	// Stream is the log stream that the function was told.
	Stream string
}

// Succeeded is what a job's result is where the function reports no failure.
const Succeeded = "success"

// Invoke runs the function with an event.
func (f Function) Invoke(ctx context.Context, event []byte) (*Result, error) {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	host := &host{function: f, event: event, deadline: time.Now().Add(f.Timeout), ended: make(chan string, 1), jobs: map[string]string{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: host, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	var log bytes.Buffer
	var to io.Writer = &log
	if f.Logs != nil {
		to = io.MultiWriter(&log, f.Logs)
	}
	cmd := exec.CommandContext(ctx, f.program)
	cmd.Stdout, cmd.Stderr = to, to
	const stream = "2026/12/01/[$LATEST]0123456789abcdef0123456789abcdef"
	address := listener.Addr().String()
	cmd.Env = append(append([]string{"PATH=" + os.Getenv("PATH")}, f.Env...),
		"AWS_LAMBDA_RUNTIME_API="+address, "AWS_LAMBDA_FUNCTION_NAME="+f.Name, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_LOG_GROUP_NAME="+f.LogGroup, "AWS_LAMBDA_LOG_STREAM_NAME="+stream,
		// Jobs are CodePipeline's, and the emulator of AWS has none.
		"AWS_ENDPOINT_URL_CODEPIPELINE=http://"+address+"/codepipeline")
	for name, value := range f.Variables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var exit error
	exited := make(chan struct{})
	go func() { exit = cmd.Wait(); close(exited) }()
	result := &Result{Stream: stream}
	select {
	case result.Error = <-host.ended:
		_ = cmd.Process.Kill() // Lambda freezes it
		<-exited
	case <-exited:
		select { // it may have answered before
		case result.Error = <-host.ended:
		default:
			result.Error = fmt.Sprintf("the function exited: %v", exit)
		}
	}
	host.lock.Lock()
	defer host.lock.Unlock()
	result.Log, result.Jobs = log.String(), host.jobs
	return result, nil
}

// host is Lambda's runtime API for one invocation, and CodePipeline's for one job.
type host struct {
	function Function
	event    []byte
	deadline time.Time
	ended    chan string // the error, or nothing

	lock  sync.Mutex
	given bool
	jobs  map[string]string
}

const request = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

// ServeHTTP answers as AWS Lambda Developer Guide, Lambda runtime API, has it.
func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch path := strings.TrimPrefix(r.URL.Path, "/2018-06-01/runtime"); {
	case strings.HasPrefix(r.URL.Path, "/codepipeline"):
		h.codePipeline(w, r, body)
	case path == "/invocation/next":
		h.lock.Lock()
		given := h.given
		h.given = true
		h.lock.Unlock()
		if given {
			<-r.Context().Done() // there is no other event
			return
		}
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", request)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(h.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", h.function.ARN)
		_, _ = w.Write(h.event)
	case path == "/invocation/"+request+"/response":
		w.WriteHeader(http.StatusAccepted)
		h.ended <- ""
	case path == "/invocation/"+request+"/error", path == "/init/error":
		w.WriteHeader(http.StatusAccepted)
		h.ended <- string(body)
	default:
		http.NotFound(w, r)
	}
}

// codePipeline keeps the results of jobs, and passes every other call on.
func (h *host) codePipeline(w http.ResponseWriter, r *http.Request, body []byte) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if operation != "PutJobSuccessResult" && operation != "PutJobFailureResult" {
		h.forward(w, r, body)
		return
	}
	var result struct {
		JobID          string `json:"jobId"`
		FailureDetails struct{ Message string }
	}
	if err := json.Unmarshal(body, &result); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.jobs[result.JobID] = Succeeded; operation == "PutJobFailureResult" {
		h.jobs[result.JobID] = result.FailureDetails.Message
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = w.Write([]byte("{}"))
}

// forward sends a call to the emulator of AWS, as it was signed.
func (h *host) forward(w http.ResponseWriter, r *http.Request, body []byte) {
	endpoint := ""
	for _, variable := range h.function.Env {
		if value, is := strings.CutPrefix(variable, "AWS_ENDPOINT_URL="); is {
			endpoint = value
		}
	}
	call, err := http.NewRequestWithContext(r.Context(), r.Method, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	call.Header = r.Header.Clone()
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}
