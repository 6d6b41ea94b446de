// Package internet is the internet of a build: a proxy that serves hosts that cannot be reached
// from this machine, with its own TLS certificates. A buildspec runs unchanged: its tools take
// the proxy and the certificates from the environment, as in a company's network.
package internet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Internet is the proxy and the hosts that it serves.
type Internet struct {
	proxy   *http.Server
	address string
	bundle  string
	issuer  *x509.Certificate
	key     *ecdsa.PrivateKey

	mu       sync.Mutex
	hosts    map[string]http.Handler
	files    map[string]string
	leaves   map[string]*tls.Certificate
	requests []string
}

// Start starts the proxy on the loopback interface, until Close, and writes its root
// certificate to the folder.
func Start(folder string) (*Internet, error) {
	i := &Internet{
		bundle: filepath.Join(folder, "internet.pem"), hosts: map[string]http.Handler{}, files: map[string]string{}, leaves: map[string]*tls.Certificate{},
	}
	if err := i.authority(); err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	i.address = listener.Addr().String()
	i.proxy = &http.Server{Handler: http.HandlerFunc(i.connect), ReadHeaderTimeout: time.Minute}
	go func() { _ = i.proxy.Serve(listener) }() // ends when the listener is closed
	return i, nil
}

// Close ends the proxy.
func (i *Internet) Close() error { return i.proxy.Close() }

// Handle sets the handler of a host, for HTTPS requests.
func (i *Internet) Handle(host string, handler http.Handler) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.hosts[host] = handler
}

// Serve serves a file at a URL. The host serves all such URLs, and 404 for every other.
func (i *Internet) Serve(address, file string) error {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "https" || at.RawQuery != "" {
		return fmt.Errorf("%s is not the https address of a file", address)
	}
	i.mu.Lock()
	i.files["https://"+at.Hostname()+at.Path] = file
	i.mu.Unlock()
	i.Handle(at.Hostname(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		file, exists := i.files["https://"+at.Hostname()+r.URL.Path]
		i.mu.Unlock()
		if !exists {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, file)
	}))
	return nil
}

// Requests lists the requested URLs, in order.
func (i *Internet) Requests() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.requests...)
}

// Env is the proxy's part of a build's environment, as KEY=value. Loopback addresses, such as the
// emulator of AWS, are not proxied.
func (i *Internet) Env() []string {
	var env []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		env = append(env, name+"=http://"+i.address)
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		env = append(env, name+"=127.0.0.1,localhost")
	}
	for _, name := range []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"} {
		env = append(env, name+"="+i.bundle)
	}
	return env
}

// connect serves a CONNECT request to a host.
func (i *Internet) connect(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	i.mu.Lock()
	handler := i.hosts[host]
	i.mu.Unlock()
	if r.Method != http.MethodConnect || handler == nil {
		http.Error(w, fmt.Sprintf("the sandbox has no host %s", r.Host), http.StatusBadGateway)
		return
	}
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	secured := tls.Server(connection, &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return i.leaf(host) },
		NextProtos:     []string{"http/1.1"},
	})
	ended := make(chan struct{})
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			i.mu.Lock()
			i.requests = append(i.requests, "https://"+host+r.URL.RequestURI())
			i.mu.Unlock()
			handler.ServeHTTP(w, r)
		}),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				close(ended)
			}
		},
	}
	_ = server.Serve(&singleListener{connection: secured, ended: ended})
}

// singleListener is a listener with one connection.
type singleListener struct {
	connection net.Conn
	ended      chan struct{}
	accepted   bool
}

func (o *singleListener) Accept() (net.Conn, error) {
	if !o.accepted {
		o.accepted = true
		return o.connection, nil
	}
	<-o.ended
	return nil, io.EOF
}
func (o *singleListener) Close() error   { return nil }
func (o *singleListener) Addr() net.Addr { return o.connection.LocalAddr() }

// authority creates the root certificate, which signs the hosts' certificates.
func (i *Internet) authority() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "prodgate sandbox"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	if i.issuer, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	i.key = key
	return os.WriteFile(i.bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

// leaf is the certificate of a host.
func (i *Internet) leaf(host string) (*tls.Certificate, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if made := i.leaves[host]; made != nil {
		return made, nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(i.leaves)) + 2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: i.issuer.NotBefore, NotAfter: i.issuer.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.issuer, i.key.Public(), i.key)
	if err != nil {
		return nil, err
	}
	i.leaves[host] = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: i.key}
	return i.leaves[host], nil
}

// Files is a handler that serves files by the path of their URLs, and 404 for every other.
func Files(byPath map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, exists := byPath[r.URL.Path]
		if !exists {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, file)
	})
}
