// Package screen prints a run for a person or a log: without a terminal the engine's progress
// and its problems, and at the end a summary of the stack.
package screen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The first line of progress is printed after interval. Each later one waits longer more than the
// one before, so that even a long run prints about a dozen lines.
const (
	interval = 5 * time.Second
	longer   = 2 * time.Second
)

// Attach runs a command of the CLI on this process's terminal, with the engine's live
// display. The terminal sends Ctrl-C to the engine itself; a second signal from here would
// make the engine stop at once.
func Attach(ctx context.Context, command func(context.Context) *exec.Cmd) error {
	cmd := command(context.WithoutCancel(ctx))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	defer signal.Stop(terminated)
	for {
		select {
		case err := <-ended:
			return err
		case <-terminated: // SIGTERM reaches only this process
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
	}
}

// Follow runs a command of the CLI without a terminal: it prints the engine's progress
// every few seconds, and each problem when it occurs. The engine has its own process
// group, so that it gets only one signal to stop.
func Follow(cmd *exec.Cmd, out io.Writer) error {
	p := &progress{out: out, printed: map[string]bool{}}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(s *grpc.Server) error {
		pulumirpc.RegisterEventsServer(s, p)
		return nil
	}})
	if err != nil {
		return fmt.Errorf("engine's events: %w", err)
	}
	cmd.Args = append(cmd.Args, "--event-log", fmt.Sprintf("tcp://127.0.0.1:%d", handle.Port))
	cmd.Env = append(cmd.Env, "PULUMI_DEBUG_COMMANDS=true") // has --event-log
	var screen bytes.Buffer
	cmd.Stdout, cmd.Stderr = &screen, &screen
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	wait := interval
	tick := time.NewTimer(wait)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil && !p.hasProblems() {
				_, _ = screen.WriteTo(out) // the CLI failed before its engine started
			}
			return err
		case <-tick.C:
			p.report()
			wait += longer
			tick.Reset(wait)
		}
	}
}

// progress is the state of a run, from the engine's events.
type progress struct {
	pulumirpc.UnimplementedEventsServer
	out io.Writer

	mu       sync.Mutex
	phase    string
	read     map[string]bool // by URN: resources that the refresh has read
	done     map[string]bool // by URN: resources whose step has ended
	total    int             // steps, as the preview counted them
	problems int
	printed  map[string]bool // messages that were printed: the preview and the update report the same problems
	last     string
}

// StreamEvents receives the events of a preview or of an update.
func (p *progress) StreamEvents(stream grpc.ClientStreamingServer[pulumirpc.EventRequest, emptypb.Empty]) error {
	p.begin("")
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&emptypb.Empty{})
		}
		if err != nil {
			return err
		}
		var event apitype.EngineEvent
		if err := json.Unmarshal([]byte(request.GetEvent()), &event); err != nil {
			return fmt.Errorf("event: %w", err)
		}
		p.record(event)
	}
}

func (p *progress) begin(phase string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.read, p.done = phase, map[string]bool{}, map[string]bool{}
}

// record updates the progress from an event, and prints problems.
func (p *progress) record(event apitype.EngineEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case event.ResourcePreEvent != nil:
		p.phase = phaseOf(event.ResourcePreEvent.Planning)
	case event.ResOutputsEvent != nil:
		p.phase = phaseOf(event.ResOutputsEvent.Planning)
		step := event.ResOutputsEvent.Metadata
		if step.Op == apitype.OpRefresh {
			p.read[step.URN] = true
		} else {
			p.done[step.URN] = true
		}
	case event.SummaryEvent != nil && event.SummaryEvent.IsPreview:
		p.total = 0
		for _, count := range event.SummaryEvent.ResourceChanges {
			p.total += count
		}
	case event.DiagnosticEvent != nil && !event.DiagnosticEvent.Ephemeral:
		d := event.DiagnosticEvent
		switch d.Severity {
		case "error":
			p.problems++
			p.printOnce("error: " + resourcePrefix(d.URN) + d.Message)
		case "warning":
			p.printOnce("warning: " + resourcePrefix(d.URN) + d.Message)
		case "info", "info#err":
			p.printOnce(resourcePrefix(d.URN) + d.Message)
		}
	case event.PolicyEvent != nil:
		v := event.PolicyEvent
		if v.EnforcementLevel == "mandatory" {
			p.problems++
		}
		p.printOnce(fmt.Sprintf("policy %s (%s): %s%s", v.PolicyName, v.EnforcementLevel, resourcePrefix(v.ResourceURN), v.Message))
	case event.ErrorEvent != nil:
		p.problems++
		p.printOnce("error: " + event.ErrorEvent.Error)
	}
}

func phaseOf(planning bool) string {
	if planning {
		return "preview"
	}
	return "update"
}

// resourcePrefix names the resource that a message is about; it is empty for the stack itself.
func resourcePrefix(urn string) string {
	u := resource.URN(urn)
	if !u.IsValid() || u.QualifiedType() == resource.RootStackType {
		return ""
	}
	return fmt.Sprintf("%s %s: ", u.Type(), u.Name())
}

// printOnce prints a message, unless it was printed before.
func (p *progress) printOnce(text string) {
	text = strings.TrimSpace(colors.Never.Colorize(text))
	if text == "" || p.printed[text] {
		return
	}
	p.printed[text] = true
	_, _ = fmt.Fprintln(p.out, text)
}

func (p *progress) hasProblems() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.problems > 0
}

// report prints the progress if it has changed.
func (p *progress) report() {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := p.line()
	if line != p.last {
		_, _ = fmt.Fprintln(p.out, "  … "+line)
	}
	p.last = line
}

func (p *progress) line() string {
	switch {
	case p.phase == "":
		return "starting the engine"
	case len(p.done) == 0 && len(p.read) > 0:
		return fmt.Sprintf("%s: %d resources read", p.phase, len(p.read))
	case p.phase == "update" && p.total > 0:
		return fmt.Sprintf("%s: %d of %d resources done", p.phase, len(p.done), max(p.total, len(p.done)))
	}
	return fmt.Sprintf("%s: %d resources", p.phase, len(p.done))
}
