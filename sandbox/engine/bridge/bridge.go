// Package bridge makes a Pulumi provider plugin from the binary of a Terraform
// provider: it starts Pulumi's dynamic bridge in front of the binary and forwards
// every call, and replaces the SDK's type tokens by the bridge's.
package bridge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Serve runs the plugin of one package ("aws", "github") in one version. The
// bridge and the Terraform provider must be in folder.
func Serve(pkg, version, folder string, args []string) error {
	if len(args) == 0 {
		return errors.New("bridge: no engine address; the engine starts this program, not a person")
	}
	say := func(string) {}
	var port string
	var err error
	if address := os.Getenv(PoolVariable); address != "" && pkg == "aws" {
		var pool net.Conn
		port, pool, err = borrow(address, folder, pkg, args)
		say = func(what string) { _, _ = pool.Write([]byte(what)) }
	} else {
		program := filepath.Join(folder, "pulumi-resource-terraform-provider")
		if _, port, _, err = start(program, args, os.Environ()); err == nil {
			err = loadProvider(context.Background(), folder, pkg, port)
		}
	}
	if err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	conn, err := dial(port)
	if err != nil {
		return fmt.Errorf("bridge: %w", err)
	}

	over := make(chan bool, 1) // a killed engine does not close the plugin
	err = rpcutil.Healthcheck(context.Background(), args[len(args)-1], time.Second, func() { over <- true })
	if err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: over,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(s, pulumirpc.UnimplementedResourceProviderServer{})
			return nil
		},
		Options: []grpc.ServerOption{
			grpc.UnaryInterceptor(forward(conn, version, say)),
			grpc.MaxRecvMsgSize(1 << 28),
		},
	})
	if err != nil {
		return fmt.Errorf("bridge: serve: %w", err)
	}
	fmt.Println(handle.Port) // the engine reads the port from the first line
	return <-handle.Done
}

// loadProvider loads the Terraform provider of a package into the bridge at a port.
func loadProvider(ctx context.Context, folder, pkg, port string) error {
	conn, err := dial(port)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	params := []string{filepath.Join(folder, "terraform-provider-"+pkg)}
	for _, name := range includes(pkg) {
		params = append(params, "--include", name)
	}
	_, err = pulumirpc.NewResourceProviderClient(conn).Parameterize(ctx, &pulumirpc.ParameterizeRequest{
		Parameters: &pulumirpc.ParameterizeRequest_Args{Args: &pulumirpc.ParameterizeRequest_ParametersArgs{Args: params}},
	})
	if err != nil {
		return fmt.Errorf("load %s: %w", params[0], err)
	}
	return nil
}

// noLogs turns the logs of a Terraform provider off. Otherwise the provider writes and the bridge
// reads every trace, which takes a tenth of their processor time. Errors are in the responses.
var noLogs = []string{
	"TF_LOG_SDK=OFF", "TF_LOG_SDK_PROTO=OFF", "TF_LOG_SDK_MUX=OFF", "TF_LOG_SDK_FRAMEWORK=OFF",
	"TF_LOG_SDK_HELPER_SCHEMA=OFF", "TF_LOG_PROVIDER=OFF", "TF_LOG_PROVIDER_AWS=OFF", "TF_LOG_PROVIDER_GITHUB=OFF",
}

// start runs the bridge and returns its port. The bridge of a plugin is on a leash, so that it ends
// with the plugin. Killing only the leash would leave the bridge running.
func start(program string, args, env []string) (bridge *exec.Cmd, port string, log *logFilter, err error) {
	last := len(args) - 1
	log, address, err := serveLogFilter(args[last])
	if err != nil {
		return nil, "", nil, err
	}
	bridge = exec.Command(program, append(slices.Clone(args[:last]), address)...)
	bridge.Env = append(slices.Clone(env), noLogs...)
	bridge.Stderr = os.Stderr
	stdout, err := bridge.StdoutPipe()
	if err != nil {
		return nil, "", nil, err
	}
	if err := bridge.Start(); err != nil {
		return nil, "", nil, err
	}
	lines := bufio.NewReader(stdout)
	port, err = lines.ReadString('\n')
	if err != nil {
		return nil, "", nil, fmt.Errorf("read the port: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return bridge, strings.TrimSpace(port), log, nil
}

func dial(port string) (*grpc.ClientConn, error) {
	return grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
}

// forward forwards every call with translated tokens. It reports when a call begins and ends, and
// when the engine cancels. The engine also cancels each provider at the end of a run, when no call
// is running. forward does not pass this on, because a bridge that was canceled accepts no more
// calls, and a pool lends bridges again.
func forward(conn *grpc.ClientConn, version string, say func(string)) grpc.UnaryServerInterceptor {
	var underWay atomic.Int64
	return func(ctx context.Context, req any, call *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
		message, ok := req.(proto.Message)
		if !ok {
			return nil, fmt.Errorf("%s: %T is not a message", call.FullMethod, req)
		}
		reply, err := newReply(call.FullMethod)
		if err != nil {
			return nil, err
		}
		// The SDK's token, before the translation.
		token := resourceType(message)
		if strings.HasSuffix(call.FullMethod, "Config") || strings.HasSuffix(call.FullMethod, "/Configure") {
			token = provider
		}
		if strings.HasSuffix(call.FullMethod, "/Cancel") {
			if underWay.Load() == 0 {
				return reply, nil
			}
			say(engineCancels)
		}
		renameRequest(token, req)
		if err := translate(message.ProtoReflect()); err != nil {
			return nil, err
		}
		say(callBegins)
		underWay.Add(1)
		defer func() {
			underWay.Add(-1)
			say(callEnds)
		}()
		if err := conn.Invoke(ctx, call.FullMethod, message, reply); err != nil {
			return nil, err
		}
		if read, ok := reply.(*pulumirpc.ReadResponse); ok {
			restoreUnchanged(token, message.(*pulumirpc.ReadRequest), read)
		}
		renameResponse(token, reply)
		if info, ok := reply.(*pulumirpc.PluginInfo); ok {
			info.Version = version // the SDK requires its own version, not the bridge's
		}
		return reply, nil
	}
}

// newReply makes an empty reply for a method such as /pulumirpc.ResourceProvider/Check.
func newReply(method string) (proto.Message, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.Trim(method, "/"), "/", "."))
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	m, ok := d.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, errors.New(method + " is not a method")
	}
	t, err := protoregistry.GlobalTypes.FindMessageByName(m.Output().FullName())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return t.New().Interface(), nil
}

// translate replaces the tokens in a message: a resource's urn and type, a function's
// tok.
func translate(m protoreflect.Message) error {
	fields := m.Descriptor().Fields()
	for name, change := range map[protoreflect.Name]func(string) (string, error){
		"urn": bridgeURN, "type": bridgeToken, "tok": bridgeToken,
	} {
		f := fields.ByName(name)
		if f == nil || f.Kind() != protoreflect.StringKind || m.Get(f).String() == "" {
			continue
		}
		changed, err := change(m.Get(f).String())
		if err != nil {
			return err
		}
		m.Set(f, protoreflect.ValueOfString(changed))
	}
	return nil
}

// resourceType is the type of a request's resource, from its URN.
func resourceType(m proto.Message) string {
	r, ok := m.(interface{ GetUrn() string })
	if !ok || !resource.URN(r.GetUrn()).IsValid() {
		return ""
	}
	return string(resource.URN(r.GetUrn()).Type())
}
