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

// engine stands between the bridge and the engine's log. The dynamic bridge logs
// what a function fails with, beside answering it, and an error in its log fails
// the update. The real plugins only answer it, so that a program may go on.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	mu   sync.Mutex
	real pulumirpc.EngineClient
}

// connect hands the log on to the engine at an address from now on.
func (e *engine) connect(address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.real = pulumirpc.NewEngineClient(conn)
	return nil
}

// Log hands on all but the errors that are of no resource.
func (e *engine) Log(ctx context.Context, entry *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	if entry.GetSeverity() == pulumirpc.LogSeverity_ERROR && entry.GetUrn() == "" {
		return &emptypb.Empty{}, nil
	}
	e.mu.Lock()
	real := e.real
	e.mu.Unlock()
	return real.Log(ctx, entry)
}

// between serves it in front of the engine at an address, and returns its own address.
func between(address string) (*engine, string, error) {
	e := &engine{}
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
