package bridge

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// logFilter filters what the bridge logs to the engine. When a function fails, the dynamic bridge
// logs the error and returns it, and an error in the log fails the update. The real plugins only
// return the error, so that a program can continue.
type logFilter struct {
	pulumirpc.UnimplementedEngineServer
	mu   sync.Mutex
	real pulumirpc.EngineClient
}

// connect sends the log to the engine at an address from now on.
func (e *logFilter) connect(address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.real = pulumirpc.NewEngineClient(conn)
	return nil
}

// Log forwards every entry except errors that belong to no resource.
func (e *logFilter) Log(ctx context.Context, entry *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	if entry.GetSeverity() == pulumirpc.LogSeverity_ERROR && entry.GetUrn() == "" {
		return &emptypb.Empty{}, nil
	}
	e.mu.Lock()
	real := e.real
	e.mu.Unlock()
	return real.Log(ctx, entry)
}

// serveLogFilter serves a filter in front of the engine at an address, and returns its address.
func serveLogFilter(address string) (*logFilter, string, error) {
	e := &logFilter{}
	if err := e.connect(address); err != nil {
		return nil, "", err
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(s *grpc.Server) error {
		pulumirpc.RegisterEngineServer(s, e)
		return nil
	}})
	if err != nil {
		return nil, "", err
	}
	return e, fmt.Sprintf("127.0.0.1:%d", handle.Port), nil
}
