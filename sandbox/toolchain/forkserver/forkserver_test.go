package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is the AWS CLI of this package, with an interpreter that counts its plain calls.
var built, plainCalls string

// emulator is the emulator of AWS, built likewise.
var emulator string

func TestMain(m *testing.M) {
	status, err := prepare(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func prepare(m *testing.M) (status int, err error) {
	folder, err := os.MkdirTemp("", "awscli-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	found, err := exec.Command("python3", "-c", "import awscli, sys; print(sys.executable)").Output()
	if err != nil {
		return 0, fmt.Errorf("a python3 with the AWS CLI is needed: %w", err)
	}
	here, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	interpreter := strings.TrimSpace(string(found))
	plainCalls = filepath.Join(folder, "plain-calls")
	python = filepath.Join(folder, "python3")
	script := fmt.Sprintf("#!/bin/sh\n[ \"${1##*/}\" = server.py ] || echo \"$@\" >> %s\nexec %s \"$@\"\n", plainCalls, interpreter)
	if err := os.WriteFile(python, []byte(script), 0o700); err != nil {
		return 0, err
	}
	command = filepath.Join(filepath.Dir(interpreter), "aws")
	built, emulator = filepath.Join(folder, "aws"), filepath.Join(folder, "moto")
	for out, flags := range map[string]string{
		built:    " -X main.program=aws_cli -X main.command=" + command,
		emulator: " -X main.program=emulated_aws -X main.command=" + filepath.Join(here, "..", "..", "emulators", "aws"),
	} {
		flags += " -X main.python=" + python + " -X main.server=" + filepath.Join(here, "server.py")
		if text, err := exec.Command("go", "build", "-o", out, "-ldflags", flags, ".").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("go build: %w\n%s", err, text)
		}
	}
	if err := awaitServer(built, "--version"); err != nil {
		return 0, err
	}
	defer endServer(built)
	if err := awaitServer(emulator); err != nil {
		return 0, err
	}
	defer endServer(emulator)
	return m.Run(), nil
}

// awaitServer makes calls, of which the first starts the server, until it listens.
func awaitServer(program string, arguments ...string) error {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Second) {
		if text, err := exec.Command(program, arguments...).CombinedOutput(); err != nil {
			return fmt.Errorf("a call while the server starts: %w\n%s", err, text)
		}
		if connection, err := net.Dial("unix", socketOf(program)); err == nil {
			return connection.Close()
		}
	}
	return fmt.Errorf("the server of %s does not listen", filepath.Base(program))
}

func socketOf(program string) string {
	sockets, _ := filepath.Glob(program + "-*.socket")
	return strings.Join(sockets, "")
}

// endServer ends the server, by the process that its command line names.
func endServer(program string) {
	lines, _ := exec.Command("ps", "-eo", "pid=,args=", "-ww").Output()
	for line := range strings.Lines(string(lines)) {
		if pid, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.Contains(line, socketOf(program)) {
			_ = exec.Command("kill", "-KILL", pid).Run()
		}
	}
}

// outcome is what a call leaves.
type outcome struct {
	Stdout, Stderr string
	Status         int
}

func run(t testing.TB, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// served runs the program, and fails when the server did not answer the call.
func served(t testing.TB, environment []string, arguments ...string) outcome {
	t.Helper()
	before := countPlainCalls(t)
	got := run(t, callOf(t.Context(), environment, arguments...))
	if after := countPlainCalls(t); after != before {
		t.Fatalf("aws %s was not answered by the server", strings.Join(arguments, " "))
	}
	return got
}

func callOf(ctx context.Context, environment []string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, built, arguments...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environment...)
	return cmd
}

func countPlainCalls(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(plainCalls)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte("\n"))
}

// cloud answers GetCallerIdentity with the access key and the region of the signature.
func cloud(t testing.TB) (endpoint string) {
	t.Helper()
	objects := sync.Map{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		scope := strings.Split(credential, "/")
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method == http.MethodPut:
			objects.Store(r.URL.Path, body)
		case r.Method == http.MethodGet:
			object, _ := objects.Load(r.URL.Path)
			_, _ = w.Write(object.([]byte))
		case strings.Contains(string(body), "Action=AssumeRole"):
			fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
				<AccessKeyId>assumed</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
				<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
		case strings.Contains(string(body), "Action=GetCallerIdentity"):
			fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
				<Arn>arn</Arn><UserId>%s</UserId><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, scope[0], scope[2])
		default:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>Refused</Code><Message>no</Message></Error></ErrorResponse>`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// as is the environment of somebody in a region.
func as(endpoint, key, region string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
}

func TestServer_AnswersAsThePlainCLI(t *testing.T) {
	endpoint := cloud(t)
	for name, test := range map[string]struct {
		environment []string
		arguments   []string
		status      int
	}{
		"version":             {nil, []string{"--version"}, 0},
		"call":                {as(endpoint, "somebody", "eu-west-2"), []string{"sts", "get-caller-identity"}, 0},
		"query as text":       {as(endpoint, "somebody", "eu-west-2"), []string{"sts", "get-caller-identity", "--query", "UserId", "--output", "text"}, 0},
		"error of a service":  {as(endpoint, "somebody", "eu-west-2"), []string{"iam", "list-users"}, 254},
		"no such command":     {nil, []string{"sts", "get-nothing"}, 252},
		"missing parameter":   {nil, []string{"iam", "get-role"}, 252},
		"no credentials":      {as(endpoint, "", "eu-west-2"), []string{"sts", "get-caller-identity"}, 253},
		"no region":           {as(endpoint, "somebody", ""), []string{"codepipeline", "list-pipelines"}, 253},
		"no connection":       {as("http://127.0.0.1:1", "somebody", "eu-west-2"), []string{"sts", "get-caller-identity"}, 255},
		"unbuffered Python":   {append(as(endpoint, "somebody", "eu-west-2"), "PYTHONUNBUFFERED=1"), []string{"sts", "get-caller-identity"}, 0},
		"text beyond ASCII":   {append(as(endpoint, "Zoë", "eu-west-2"), "LANG=C"), []string{"sts", "get-caller-identity"}, 0},
		"output as in config": {append(as(endpoint, "somebody", "eu-west-2"), "AWS_DEFAULT_OUTPUT=text"), []string{"sts", "get-caller-identity"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			want := exec.Command(python, append([]string{command}, test.arguments...)...)
			want.Env = callOf(t.Context(), test.environment).Env
			plain, got := run(t, want), served(t, test.environment, test.arguments...)
			if got != plain {
				t.Errorf("the server answers\n%+v\nand the plain CLI\n%+v", got, plain)
			}
			if (plain.Status == 0) != (test.status == 0) {
				t.Errorf("status %d, want %d", plain.Status, test.status)
			}
		})
	}
}

func TestServer_KeepsCallsApart(t *testing.T) {
	one, other := cloud(t), cloud(t)
	identity := []string{"sts", "get-caller-identity", "--output", "text", "--query", "[UserId,Account]"}
	for _, c := range []struct{ endpoint, key, region string }{
		{one, "first", "eu-west-2"}, {other, "second", "us-east-1"}, {one, "third", "eu-west-1"},
	} {
		if got := served(t, as(c.endpoint, c.key, c.region), identity...); got.Stdout != c.key+"\t"+c.region+"\n" {
			t.Errorf("%s in %s is answered %+v", c.key, c.region, got)
		}
	}
	bare := []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "HOME=" + t.TempDir(), "AWS_DEFAULT_REGION=eu-west-2"}
	if got := served(t, bare, identity...); got.Status == 0 || !strings.Contains(got.Stderr, "Unable to locate credentials") {
		t.Errorf("a call without credentials is answered %+v", got)
	}
}

func TestServer_TakesTheCallsHome(t *testing.T) {
	endpoint := cloud(t)
	homes := []string{t.TempDir(), t.TempDir()}
	for i, home := range homes {
		config := filepath.Join(home, "config")
		text := fmt.Sprintf("[profile source]\naws_access_key_id = key%d\naws_secret_access_key = s\n"+
			"[profile assumed]\nregion = eu-west-%d\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = source\n", i, i+1)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		environment := []string{"HOME=" + home, "AWS_CONFIG_FILE=" + config, "AWS_PROFILE=assumed", "AWS_ENDPOINT_URL=" + endpoint}
		got := served(t, environment, "sts", "get-caller-identity", "--output", "text", "--query", "[UserId,Account]")
		if want := fmt.Sprintf("assumed\teu-west-%d\n", i+1); got.Stdout != want {
			t.Errorf("home %d is answered %+v, want %q", i, got, want)
		}
		cached, err := filepath.Glob(filepath.Join(home, ".aws", "cli", "cache", "*.json"))
		if err != nil || len(cached) != 1 {
			t.Errorf("home %d has the cached credentials %v (%v), want one", i, cached, err)
		}
	}
}

func TestServer_TakesFilesDirectoryAndUmask(t *testing.T) {
	endpoint, folder := cloud(t), t.TempDir()
	environment := as(endpoint, "somebody", "eu-west-2")
	const content = "from standard input\n"
	put := callOf(t.Context(), environment, "s3", "cp", "-", "s3://bucket/object")
	put.Stdin = strings.NewReader(content)
	if got := run(t, put); got.Status != 0 {
		t.Fatalf("s3 cp from standard input: %+v", got)
	}
	get := exec.Command("sh", "-c", `umask 077; exec "$0" s3api get-object --bucket bucket --key object here`, built)
	get.Env, get.Dir = put.Env, folder
	before := countPlainCalls(t)
	if got := run(t, get); got.Status != 0 {
		t.Fatalf("s3api get-object: %+v", got)
	}
	if countPlainCalls(t) != before {
		t.Error("the server did not answer the call")
	}
	text, err := os.ReadFile(filepath.Join(folder, "here"))
	if err != nil || string(text) != content {
		t.Errorf("the object is %q (%v), want %q", text, err, content)
	}
	if info, err := os.Stat(filepath.Join(folder, "here")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v (%v), want 0600", info.Mode(), err)
	}
}

func TestServer_AnswersAtTheSameTime(t *testing.T) {
	endpoint := cloud(t)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			key := fmt.Sprintf("caller%d", i)
			got := run(t, callOf(t.Context(), as(endpoint, key, "eu-west-2"), "sts", "get-caller-identity", "--output", "text", "--query", "UserId"))
			if got.Stdout != key+"\n" {
				t.Errorf("%s is answered %+v", key, got)
			}
		})
	}
	wait.Wait()
}

func TestServer_EndsTheCallOfAKilledClient(t *testing.T) {
	arrived, ended := make(chan struct{}), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the end of a connection shows when the body is read
		close(arrived)
		<-r.Context().Done()
		close(ended)
	}))
	defer silent.Close()
	before := countPlainCalls(t)
	cmd := callOf(t.Context(), as(silent.URL, "somebody", "eu-west-2"), "sts", "get-caller-identity")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the call goes on without its client")
	}
	if countPlainCalls(t) != before {
		t.Error("the server did not answer the call")
	}
}

func TestClient_RunsThePlainCLIWhereTheServerCannot(t *testing.T) {
	for _, variable := range []string{"PYTHONWARNINGS=error::ImportWarning", "AWS_DATA_PATH=/nowhere", "LC_ALL=en_GB.ISO-8859-1"} {
		before := countPlainCalls(t)
		if got := run(t, callOf(t.Context(), []string{variable}, "--version")); got.Status != 0 {
			t.Errorf("with %s: %+v", variable, got)
		}
		if countPlainCalls(t) != before+1 {
			t.Errorf("with %s the server answers", variable)
		}
	}
}

func TestClient_StartsANewServerAfterOneThatEnded(t *testing.T) {
	endServer(built)
	before := countPlainCalls(t)
	if err := awaitServer(built, "--version"); err != nil {
		t.Fatal(err)
	}
	if countPlainCalls(t) == before {
		t.Error("a server answered that had been ended")
	}
	if got := served(t, nil, "--version"); got.Status != 0 {
		t.Errorf("the new server answers %+v", got)
	}
}

func TestEmulators_ShareNothingButTheirStart(t *testing.T) {
	before := countPlainCalls(t)
	keys, folder := map[string]bool{}, t.TempDir()
	key := func(account string, arguments ...string) string {
		t.Helper()
		stdin, url, cmd := startEmulator(t, account, filepath.Join(folder, account))
		got := served(t, as(url, "somebody", "eu-west-2"), append(arguments, "--output", "text")...)
		if got.Status != 0 {
			t.Fatalf("%s: %s", account, got.Stderr)
		}
		// The emulator saves its state and ends when its standard input does.
		if err := errors.Join(stdin.Close(), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(got.Stdout)
	}
	for _, account := range []string{"111111111111", "222222222222"} {
		made := key(account, "kms", "create-key", "--query", "KeyMetadata.Arn")
		if !strings.Contains(made, ":"+account+":") {
			t.Errorf("account %s has the key %s", account, made)
		}
		_, id, _ := strings.Cut(made, "/")
		keys[id] = true
		if listed := key(account, "kms", "list-keys", "--query", "Keys[].KeyArn"); listed != made {
			t.Errorf("account %s has the keys %q after a restart, want %q", account, listed, made)
		}
	}
	if len(keys) != 2 {
		t.Errorf("two emulators draw the same key: %v", keys)
	}
	if countPlainCalls(t) != before {
		t.Error("an emulator was not forked")
	}
}

func startEmulator(t *testing.T, account, state string) (stdin io.Closer, url string, cmd *exec.Cmd) {
	t.Helper()
	cmd = exec.Command(emulator, "--state", state)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "MOTO_ACCOUNT_ID=" + account}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("the emulator prints %q (%v)", line, err)
	}
	return stdin, url, cmd
}

func BenchmarkPlain(b *testing.B) {
	endpoint := cloud(b)
	for b.Loop() {
		cmd := exec.Command(python, command, "sts", "get-caller-identity")
		cmd.Env = as(endpoint, "somebody", "eu-west-2")
		run(b, cmd)
	}
}

func BenchmarkServed(b *testing.B) {
	endpoint := cloud(b)
	for b.Loop() {
		served(b, as(endpoint, "somebody", "eu-west-2"), "sts", "get-caller-identity")
	}
}
