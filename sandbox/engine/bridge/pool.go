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

// What a plugin writes to the pool: a call begins, has ended, or the engine has canceled.
const (
	begun    = "+"
	ended    = "-"
	canceled = "x"
)

// Pool keeps bridges, and the Terraform providers behind them, for the next runs of the
// engine: a start takes 1.4 seconds of a processor, a run of the engine needs four of them, and
// a provider may be configured again. An AWS provider is lent to stacks on different
// emulators: it calls a proxy, which knows the emulator of the stack.
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
	engine *engine
	proxy  *proxy
}

// lease is what a plugin asks a pool for.
type lease struct {
	Package, Folder string
	Args, Env       []string
}

// leased is the answer.
type leased struct{ Port, Error string }

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

// Emulator is the address of the emulator that a provider works for, by that of its proxy.
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
		_ = json.NewEncoder(conn).Encode(leased{Error: err.Error()})
		return
	}
	_ = json.NewEncoder(conn).Encode(leased{Port: b.port})
	// A provider that was canceled takes no calls any more, and one that was left in the
	// middle of a call would go on with it in the next stack.
	text, _ := io.ReadAll(conn)
	said := string(text)
	p.give(key, b, strings.Contains(said, canceled) || strings.Count(said, begun) != strings.Count(said, ended))
}

// endpoints begin the names of the variables with the address of the AWS emulator.
const endpoints = "AWS_ENDPOINT_URL"

// key tells bridges apart: a provider reads credentials from its environment.
func (l lease) key() string {
	var words []string
	for _, variable := range l.Env {
		if strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, endpoints) {
			words = append(words, variable)
		}
	}
	slices.Sort(words)
	return strings.Join(words, "\n")
}

// emulator is the address of the AWS emulator of the stack.
func (l lease) emulator() string {
	for _, variable := range l.Env {
		if address, is := strings.CutPrefix(variable, endpoints+"="); is {
			return address
		}
	}
	return ""
}

// behind is the environment of a bridge whose provider calls a proxy.
func (l lease) behind(p *proxy) []string {
	env := slices.Clone(l.Env)
	for i, variable := range env {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, endpoints) {
			env[i] = name + "=" + p.url
		}
	}
	return env
}

// Count is how often bridges were lent, and how many were started for that.
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

	// Without the leash: where the pool's process is killed the bridge misses its engine, and ends.
	program := filepath.Join(asked.Folder, "leashed", "pulumi-resource-terraform-provider")
	proxy, err := newProxy(asked.emulator())
	if err != nil {
		return nil, err
	}
	cmd, port, engine, err := start(program, asked.Args, asked.behind(proxy))
	if err != nil {
		return nil, errors.Join(err, proxy.close())
	}
	b := &pooled{cmd: cmd, port: port, engine: engine, proxy: proxy}
	p.mu.Lock()
	closed := p.closed
	p.started++
	p.running = append(p.running, b)
	p.mu.Unlock()
	if err := load(context.Background(), asked.Folder, asked.Package, port); err != nil || closed {
		b.end()
		return nil, errors.Join(err, map[bool]error{true: errors.New("the pool is closed")}[closed])
	}
	return b, nil
}

func (p *Pool) give(key string, b *pooled, spoiled bool) {
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
	var answer leased
	err = errors.Join(
		json.NewEncoder(pool).Encode(lease{Package: pkg, Folder: folder, Args: args, Env: os.Environ()}),
		json.NewDecoder(pool).Decode(&answer),
	)
	if err == nil && answer.Error != "" {
		err = errors.New(answer.Error)
	}
	return answer.Port, pool, err
}
