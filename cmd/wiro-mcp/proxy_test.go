package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A name that no resolver knows, so that only a proxy reaches it.
const beyond = "api.wiro.invalid"

// beyondProxy serves the emulator at https://api.wiro.invalid, and a proxy that alone knows the way.
type beyondProxy struct {
	certificate string // file of the authority
	url         string // of the proxy
	host        string
	password    string // that it wants; "" for none
	refuses     bool

	mu    sync.Mutex
	asked []string // hosts that CONNECT named
}

func startBeyondProxy(t *testing.T, wiro string) *beyondProxy {
	t.Helper()
	origin, err := url.Parse(wiro)
	require.NoError(t, err)
	origin.Path = ""
	reverse := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(origin) },
		ModifyResponse: func(r *http.Response) error {
			if !strings.Contains(r.Header.Get("Content-Type"), "json") {
				return nil
			}
			body, err := io.ReadAll(r.Body) // files are beyond the proxy, too
			body = bytes.ReplaceAll(body, []byte(origin.String()), []byte("https://"+beyond))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	}
	server := httptest.NewUnstartedServer(reverse)
	certificate, authority := certificateFor(t, beyond)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	p := &beyondProxy{certificate: authority}
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, server.Listener.Addr().String()) }))
	t.Cleanup(gate.Close)
	p.url, p.host = gate.URL, strings.TrimPrefix(gate.URL, "http://")
	return p
}

func (p *beyondProxy) serve(w http.ResponseWriter, r *http.Request, to string) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Host)
	p.mu.Unlock()
	switch {
	case p.password != "" && r.Header.Get("Proxy-Authorization") == "", p.password == "wrong":
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	case p.refuses:
		w.WriteHeader(http.StatusForbidden)
		return
	}
	there, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	w.WriteHeader(http.StatusOK)
	here, unread, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(there, unread) // net/http may have read the first byte
		_ = there.Close()
	}()
	_, _ = io.Copy(here, there)
	_ = here.Close()
}

func (p *beyondProxy) hosts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// line is the answer to a request as it came.
func (p *process) line(id int) string {
	p.t.Helper()
	for p.out.Scan() {
		if bytes.Contains(p.out.Bytes(), fmt.Appendf(nil, `"id":%d,`, id)) {
			return p.out.Text()
		}
	}
	require.Fail(p.t, "no answer")
	return ""
}

// beyondOf is an address of the emulator's as it is behind the proxy.
func beyondOf(t *testing.T, address, scheme string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	u.Scheme, u.Host = scheme, beyond
	return u.String()
}

// certificateFor returns a certificate for a name, which is its own authority, and its file.
func certificateFor(t *testing.T, name string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "authority.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestEverythingThatWiroNamesGoesThroughTheProxy(t *testing.T) {
	t.Parallel()
	s, environ := newEmulator(t)
	p := startBeyondProxy(t, s.APIURL())
	environ = append(environ, "WIRO_API_BASE_URL="+beyondOf(t, s.APIURL(), "https"), "WIRO_SOCKET_URL="+beyondOf(t, s.SocketURL(), "wss"),
		"SSL_CERT_FILE="+p.certificate, `HTTPS_PROXY= "`+p.url+"\"\r", "HOME="+t.TempDir())
	run := startProcess(t, append(environ, "WIRO_OUTPUT_DIR="+t.TempDir()))
	run.send(call(1))
	told := toldIn(t, []byte(run.line(1)))
	require.Equal(t, "completed", told.State)
	run.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"save_output","arguments":{"tasktoken":"` + told.Task.Token + `"}}}`)
	require.Contains(t, run.line(2), "Saved 1 file", "the file that Wiro names comes that way, too")
	require.NotEmpty(t, p.hosts())
	for _, host := range p.hosts() {
		require.Equal(t, beyond+":443", host)
	}
}

func TestErrorsOfTheNetworkNameTheProxyAndTheCertificates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit    func(p *beyondProxy)
		environ func(p *beyondProxy) []string
		says    []string
	}{
		"407": {func(p *beyondProxy) { p.password = "wrong" }, nil, []string{"the proxy ", "407", "USER:PASSWORD"}},
		"403": {func(p *beyondProxy) { p.refuses = true }, nil, []string{"the proxy ", "403"}},
		"an unknown certificate": {nil, func(*beyondProxy) []string { return []string{"SSL_CERT_FILE=" + os.DevNull} },
			[]string{"the proxy ", "SSL_CERT_FILE"}},
		"no proxy for it": {nil, func(*beyondProxy) []string { return []string{`NO_PROXY=" .wiro.invalid "`} }, []string{"lookup " + beyond}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, environ := newEmulator(t)
			p := startBeyondProxy(t, s.APIURL())
			if test.edit != nil {
				test.edit(p)
			}
			environ = append(environ, "WIRO_API_BASE_URL="+beyondOf(t, s.APIURL(), "https"), "SSL_CERT_FILE="+p.certificate,
				"HTTPS_PROXY="+strings.Replace(p.url, "//", "//ada:hunter2@", 1), "HOME="+t.TempDir())
			if test.environ != nil {
				environ = append(environ, test.environ(p)...)
			}
			run := startProcess(t, environ)
			run.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_tasks"}}`)
			answer := run.line(1)
			require.Contains(t, answer, "Wiro cannot be reached")
			for _, text := range test.says {
				require.Contains(t, answer, text)
			}
			require.NotContains(t, answer, "hunter2")
			require.Equal(t, name != "no proxy for it", strings.Contains(answer, p.host), answer)
			require.Equal(t, name == "no proxy for it", len(p.hosts()) == 0)
		})
	}
}

func TestOperatorsAddressesGoThroughTheProxyAndCallersIfTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ []string
		call    string
		asked   string // host; "" for none
		says    string
	}{
		"documentation": {[]string{"WIRO_DOCS_URL=https://docs.wiro.invalid/x.md"}, `{"name":"search_docs","arguments":{"query":"price"}}`, "docs.wiro.invalid:443", ""},
		"an upload":     {nil, `{"name":"upload_file","arguments":{"url":"https://files.wiro.invalid/x.png"}}`, "", "WIRO_FETCH_PROXY=true"},
		"an upload, by the proxy": {[]string{"WIRO_FETCH_PROXY=true", "WIRO_ALLOW_PRIVATE_URLS=true"},
			`{"name":"upload_file","arguments":{"url":"https://files.wiro.invalid/x.png"}}`, "files.wiro.invalid:443", "the proxy "},
		"an upload that cannot be checked": {[]string{"WIRO_FETCH_PROXY=true"},
			`{"name":"upload_file","arguments":{"url":"https://files.wiro.invalid/x.png"}}`, "", "WIRO_ALLOW_PRIVATE_URLS=true"},
		"a private address": {[]string{"WIRO_FETCH_PROXY=true"}, `{"name":"upload_file","arguments":{"url":"https://10.0.0.1/x.png"}}`, "", "not on the public internet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, environ := newEmulator(t)
			p := startBeyondProxy(t, s.APIURL())
			run := startProcess(t, append(append(environ, "HTTPS_PROXY="+p.url, "HOME="+t.TempDir()), test.environ...))
			run.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + test.call + `}`)
			answer := run.line(1)
			require.Contains(t, answer, test.says)
			if test.asked == "" {
				require.Empty(t, p.hosts())
				return
			}
			require.Eventually(t, func() bool { return len(p.hosts()) > 0 }, time.Minute, 2*time.Millisecond)
			require.Equal(t, test.asked, p.hosts()[0])
		})
	}
}
