package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// PoolVariable is the environment variable with the address of a pool of bridges to the AWS
// provider. Without it a plugin starts a bridge for itself.
const PoolVariable = "SANDBOX_BRIDGES"

// The messages of a plugin to the pool: a call begins, a call ends, the engine cancels.
const (
	callBegins    = "+"
	callEnds      = "-"
	engineCancels = "x"
)

// Pool keeps bridges, and the Terraform providers behind them, for the next runs of the
// engine. A start takes 1.4 seconds of processor time, a run needs four bridges, and a provider
// can be configured again. The pool lends an AWS provider to stacks on different emulators: the
// provider calls a proxy, which points at the stack's emulator.
type Pool struct {
	listener net.Listener
	folder   string

	mu      sync.Mutex
	closed  bool
	idle    map[string][]*pooled // by credentials
	running []*pooled
	lent    int
	started int
}

// pooled is a bridge in a pool.
type pooled struct {
	cmd    *exec.Cmd
	port   string
	engine *logFilter
	proxy  *proxy
}

// lease is a plugin's request to the pool.
type lease struct {
	Package, Folder string
	Args, Env       []string
}

// leaseResponse is the pool's response to a lease.
type leaseResponse struct{ Port, Error string }

// NewPool serves a pool until Close. Its socket is in a new folder in dir, whose path is
// short because a socket's path has at most 108 characters.
func NewPool(dir string) (*Pool, error) {
	folder, err := os.MkdirTemp(dir, "bridges-")
	if err != nil {
		return nil, fmt.Errorf("bridges: %w", err)
	}
	listener, err := net.Listen("unix", filepath.Join(folder, "socket"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bridges: %w", err), os.RemoveAll(folder))
	}
	p := &Pool{listener: listener, folder: folder, idle: map[string][]*pooled{}}
	go p.serve()
	return p, nil
}

// Address is the value of PoolVariable.
func (p *Pool) Address() string { return p.listener.Addr().String() }

// Close ends the bridges.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	running := p.running
	p.running = nil
	p.mu.Unlock()
	err := p.listener.Close()
	for _, b := range running {
		b.end()
	}
	return errors.Join(err, os.RemoveAll(p.folder))
}

// Emulator is the address of the emulator behind the proxy at an address.
func (p *Pool) Emulator(address string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.running {
		if b.proxy.url == address {
			return b.proxy.target()
		}
	}
	return ""
}

func (p *Pool) serve() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		go p.lend(conn)
	}
}

// lend lends a bridge for as long as the connection of the plugin stays open.
func (p *Pool) lend(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	var asked lease
	if err := json.NewDecoder(conn).Decode(&asked); err != nil {
		return
	}
	key := asked.key()
	b, err := p.take(key, asked)
	if err != nil {
		_ = json.NewEncoder(conn).Encode(leaseResponse{Error: err.Error()})
		return
	}
	_ = json.NewEncoder(conn).Encode(leaseResponse{Port: b.port})
	// A provider that was canceled accepts no more calls. A provider that was returned during a
	// call would continue the call in the next stack.
	text, _ := io.ReadAll(conn)
	said := string(text)
	p.giveBack(key, b, strings.Contains(said, engineCancels) || strings.Count(said, callBegins) != strings.Count(said, callEnds))
}

// endpointPrefix begins the names of the variables with the address of the AWS emulator.
const endpointPrefix = "AWS_ENDPOINT_URL"

// key identifies bridges that a plugin can use: a provider reads credentials from its environment.
func (l lease) key() string {
	var words []string
	for _, variable := range l.Env {
		if strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, endpointPrefix) {
			words = append(words, variable)
		}
	}
	slices.Sort(words)
	return strings.Join(words, "\n")
}

// emulator is the address of the AWS emulator of the stack.
func (l lease) emulator() string {
	for _, variable := range l.Env {
		if address, is := strings.CutPrefix(variable, endpointPrefix+"="); is {
			return address
		}
	}
	return ""
}

// environment is the environment of the bridge, whose provider calls a proxy.
func (l lease) environment(p *proxy) []string {
	env := slices.Clone(l.Env)
	for i, variable := range env {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, endpointPrefix) {
			env[i] = name + "=" + p.url
		}
	}
	return env
}

// Count is how many times bridges were lent, and how many bridges were started.
func (p *Pool) Count() (lent, started int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lent, p.started
}

func (p *Pool) take(key string, asked lease) (*pooled, error) {
	address := asked.Args[len(asked.Args)-1]
	p.mu.Lock()
	p.lent++
	if last := len(p.idle[key]) - 1; last >= 0 {
		b := p.idle[key][last]
		p.idle[key] = p.idle[key][:last]
		p.mu.Unlock()
		return b, errors.Join(b.engine.connect(address), b.proxy.point(asked.emulator()))
	}
	p.mu.Unlock()

	// This bridge has no leash: when the pool's process is killed, the bridge loses its engine and ends.
	program := filepath.Join(asked.Folder, "leashed", "pulumi-resource-terraform-provider")
	proxy, err := newProxy(asked.emulator())
	if err != nil {
		return nil, err
	}
	cmd, port, engine, err := start(program, asked.Args, asked.environment(proxy))
	if err != nil {
		return nil, errors.Join(err, proxy.close())
	}
	b := &pooled{cmd: cmd, port: port, engine: engine, proxy: proxy}
	p.mu.Lock()
	closed := p.closed
	p.started++
	p.running = append(p.running, b)
	p.mu.Unlock()
	if err := loadProvider(context.Background(), asked.Folder, asked.Package, port); err != nil || closed {
		b.end()
		return nil, errors.Join(err, map[bool]error{true: errors.New("the pool is closed")}[closed])
	}
	return b, nil
}

func (p *Pool) giveBack(key string, b *pooled, spoiled bool) {
	p.mu.Lock()
	if !spoiled && !p.closed {
		p.idle[key] = append(p.idle[key], b)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	b.end()
}

// end ends the bridge. The Terraform provider below is on a leash, and ends with it.
func (b *pooled) end() {
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait()
	_ = b.proxy.close()
}

// borrow asks a pool for a bridge, and returns its port. The plugin keeps the connection open.
func borrow(address, folder, pkg string, args []string) (port string, pool net.Conn, err error) {
	pool, err = net.Dial("unix", address)
	if err != nil {
		return "", nil, err
	}
	var answer leaseResponse
	err = errors.Join(
		json.NewEncoder(pool).Encode(lease{Package: pkg, Folder: folder, Args: args, Env: os.Environ()}),
		json.NewDecoder(pool).Decode(&answer),
	)
	if err == nil && answer.Error != "" {
		err = errors.New(answer.Error)
	}
	return answer.Port, pool, err
}
