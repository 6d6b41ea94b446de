package bridge

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"
)

// proxy forwards the calls of an AWS provider to the emulator of the stack that uses the provider.
type proxy struct {
	url      string
	emulator atomic.Pointer[url.URL]
	server   *http.Server
}

// newProxy serves a proxy for the emulator at an address.
func newProxy(emulator string) (*proxy, error) {
	p := &proxy{}
	if err := p.point(emulator); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p.url = "http://" + listener.Addr().String()
	p.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			to := p.emulator.Load()
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = to.Scheme, to.Host, to.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // unchanged, without re-encoding
		},
		// When the emulator closes a connection, the proxy closes the client's too.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

// point sends the calls to the emulator at an address from now on.
func (p *proxy) point(emulator string) error {
	to, err := url.Parse(emulator)
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	p.emulator.Store(to)
	return nil
}

func (p *proxy) target() string { return p.emulator.Load().String() }

func (p *proxy) close() error {
	if err := p.server.Close(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
