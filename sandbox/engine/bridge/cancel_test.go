package bridge

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// slowProvider is a provider whose Diff runs until it is canceled.
type slowProvider struct {
	pulumirpc.UnimplementedResourceProviderServer
	started, canceled chan bool
}

func (p *slowProvider) Diff(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	p.started <- true
	<-p.canceled
	return &pulumirpc.DiffResponse{}, nil
}

func (p *slowProvider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	close(p.canceled)
	return &emptypb.Empty{}, nil
}

// TestForward_CancelsOnlyCallsUnderWay: a bridge that gets the cancellation at the end of each run
// could not be lent again.
func TestForward_CancelsOnlyCallsUnderWay(t *testing.T) {
	t.Parallel()
	provider := &slowProvider{started: make(chan bool, 1), canceled: make(chan bool)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(server, provider)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })

	var lock sync.Mutex
	said := ""
	plugin := forward(conn, "1.0.0", func(what string) {
		lock.Lock()
		defer lock.Unlock()
		said += what
	})
	invoke := func(method string, request any) {
		if _, err := plugin(t.Context(), request, &grpc.UnaryServerInfo{FullMethod: "/pulumirpc.ResourceProvider/" + method}, nil); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
	invoke("Cancel", &emptypb.Empty{})
	if said != "" {
		t.Errorf("a cancellation while nothing is under way: %q", said)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		invoke("Diff", &pulumirpc.DiffRequest{Urn: "urn:pulumi:dev::prodgate::aws:iam/role:Role::a", Type: "aws:iam/role:Role"})
	})
	<-provider.started
	invoke("Cancel", &emptypb.Empty{})
	wait.Wait()
	if !strings.Contains(said, engineCancels) {
		t.Errorf("a cancellation while a call is under way: %q", said)
	}
}
