// Package languagehost replaces pulumi-language-go, which is not available as a Go
// module: it builds a Pulumi program and runs it as the real host does, so that
// `pulumi up` works on the unchanged program.
package languagehost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Serve serves the engine until it closes the connection. args are the arguments of the
// process; the last one is the engine's address.
func Serve(args []string) error {
	if len(args) == 0 {
		return errors.New("language host: no engine address; the engine starts this program, not a person")
	}
	h := &host{engine: args[len(args)-1]}
	over := make(chan bool, 1) // the engine was killed: the program ends too
	if err := rpcutil.Healthcheck(context.Background(), h.engine, time.Second, func() { over <- true }); err != nil {
		return fmt.Errorf("language host: %w", err)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: over,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, h)
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("language host: %w", err)
	}
	fmt.Println(handle.Port) // the engine reads the port from the first line
	return <-handle.Done
}

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

// Handshake negotiates nothing.
func (*host) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetRequiredPackages names no packages: the sandbox's providers are on PATH, and the
// engine would try to download a package that is named here.
func (*host) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (*host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "0.0.0"}, nil
}

func (*host) InstallDependencies(*pulumirpc.InstallDependenciesRequest, grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse]) error {
	return nil // go build fetches them
}

// Run builds the program and runs it to its end. Its output reaches the engine
// through this process's own.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	binary, err := build(ctx, req.GetInfo().GetProgramDirectory())
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	env, err := h.environment(req)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir = req.GetPwd()
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() > 0 {
			return &pulumirpc.RunResponse{Bail: true}, nil // the program has printed the reason
		}
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program: %v", err)}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// Programs and Built are environment variables: the folder of compiled programs, and whether
// these are up to date, so that a run does not start go build.
const (
	Programs = "SANDBOX_PROGRAMS"
	Built    = "SANDBOX_PROGRAMS_BUILT"
)

// build returns the binary of the program in dir, and compiles it if it may be out of date.
func build(ctx context.Context, dir string) (string, error) {
	if out := binaryPath(os.Getenv(Programs), dir); os.Getenv(Built) != "" {
		return out, nil
	}
	return Build(ctx, os.Getenv(Programs), dir)
}

// binaryPath is the path of the binary of the program in dir.
func binaryPath(programs, dir string) string {
	return filepath.Join(programs, strings.ReplaceAll(strings.Trim(dir, "/"), "/", "-"))
}

// Build compiles the program in dir into a folder of programs. The next go build finds the binary
// there, up to date.
func Build(ctx context.Context, programs, dir string) (string, error) {
	out := binaryPath(programs, dir)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, ".")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", dir, err, text)
	}
	return out, nil
}

// environment are the variables from which the Go SDK reads its RunInfo.
func (h *host) environment(req *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(req.GetConfig())
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	secrets, err := json.Marshal(req.GetConfigSecretKeys())
	if err != nil {
		return nil, fmt.Errorf("config secret keys: %w", err)
	}
	return []string{
		pulumi.EnvOrganization + "=" + req.GetOrganization(),
		pulumi.EnvProject + "=" + req.GetProject(),
		pulumi.EnvPulumiRootDirectory + "=" + req.GetInfo().GetRootDirectory(),
		pulumi.EnvStack + "=" + req.GetStack(),
		pulumi.EnvConfig + "=" + string(config),
		pulumi.EnvConfigSecretKeys + "=" + string(secrets),
		pulumi.EnvParallel + "=" + strconv.Itoa(int(req.GetParallel())),
		pulumi.EnvDryRun + "=" + strconv.FormatBool(req.GetDryRun()),
		pulumi.EnvMonitor + "=" + req.GetMonitorAddress(),
		pulumi.EnvEngine + "=" + h.engine,
	}, nil
}
