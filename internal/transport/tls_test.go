package transport

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// certificate makes a self-signed one, as PEM.
func certificate(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(60 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	encoded, err := x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
}

func writeAll(t *testing.T, files map[string][]byte, changed time.Time) {
	t.Helper()
	for name, content := range files {
		require.NoError(t, os.WriteFile(name, content, 0o600))
		require.NoError(t, os.Chtimes(name, changed, changed))
	}
}

func TestAChangedCertificateIsServedWithoutARestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	files := &certificateFiles{cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem"), log: zerolog.Nop()}
	name := func() string {
		pair, err := files.get(nil)
		require.NoError(t, err)
		parsed, err := x509.ParseCertificate(pair.Certificate[0])
		require.NoError(t, err)
		return parsed.Subject.CommonName
	}
	_, err := files.get(nil)
	require.ErrorContains(t, err, "HTTPOptions.TLSCert")

	now := time.Now()
	cert, key := certificate(t, "one.example")
	writeAll(t, map[string][]byte{files.cert: cert, files.key: key}, now)
	require.Equal(t, "one.example", name())

	cert, key = certificate(t, "two.example")
	writeAll(t, map[string][]byte{files.cert: cert}, now.Add(time.Second))
	require.Equal(t, "one.example", name(), "half of a change does not fit")
	writeAll(t, map[string][]byte{files.key: key}, now.Add(time.Second))
	require.Equal(t, "two.example", name())

	require.NoError(t, os.Remove(files.key))
	require.Equal(t, "two.example", name(), "what is gone serves on")

	files.every = time.Hour
	cert, key = certificate(t, "three.example")
	writeAll(t, map[string][]byte{files.cert: cert, files.key: key}, now.Add(2*time.Second))
	require.Equal(t, "two.example", name(), "the files are not looked at all the time")
}

func TestTheServerSpeaksTLSAndHTTP2(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cert, key := certificate(t, "localhost")
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writeAll(t, map[string][]byte{certFile: cert, keyFile: key}, time.Now())
	r := start(t, func(s *setup) {
		s.settings.TLSCert, s.settings.TLSKey = certFile, keyFile
		s.timeouts.heartbeat = 20 * time.Millisecond
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	send := func(body string) (*http.Response, answer) {
		q := r.request(body)
		q.URL.Scheme = "https"
		response, err := client.Do(q)
		require.NoError(t, err)
		return response, read(t, response)
	}
	response, a := send(listTools)
	require.Equal(t, 2, response.ProtoMajor)
	require.NotEmpty(t, a.rpc(t).Result.Tools)
	go func() { // lets the run end once it is waited for
		if token, err := r.wiro.Launched(t.Context(), 1); err == nil && r.wiro.Subscribed(t.Context(), token) == nil {
			r.wiro.Release(token)
		}
	}()
	_, a = send(call(1, "run_model", map[string]any{"model": "sandbox/run-forever", "params": map[string]any{"prompt": "x"}}))
	require.Equal(t, "completed", a.rpc(t).Result.StructuredContent["state"], a.body)
}

func TestADomainsCertificateComesFromACMEAndIsKept(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 100)
	directory := listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		w.WriteHeader(http.StatusForbidden) // an authority that gives nothing
	}))
	folder := filepath.Join(t.TempDir(), "acme")
	settings := HTTPOptions{TLSDomains: []string{"mcp.example.com", "kept.example.com"}, TLSCache: folder, TLSDirectory: directory, TLSChallenge: ":80"}
	tc, challenge, err := tlsConfig(settings, zerolog.Nop())
	require.NoError(t, err)
	hello := func(name string) (*tls.Certificate, error) {
		ours, theirs := net.Pipe()
		defer func() { _ = ours.Close(); _ = theirs.Close() }()
		got := make(chan *tls.Certificate, 1)
		watched := tc.Clone()
		watched.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			c, err := tc.GetCertificate(h)
			got <- c
			return c, err
		}
		failed := make(chan error, 1)
		go func() {
			failed <- tls.Server(theirs, watched).HandshakeContext(t.Context())
			_ = theirs.Close()
		}()
		client := tls.Client(ours, &tls.Config{ServerName: name, InsecureSkipVerify: true}) //nolint:gosec // only who is asked matters
		_ = client.HandshakeContext(t.Context())
		return <-got, <-failed
	}

	_, err = hello("stranger.example.com")
	require.Error(t, err)
	require.Empty(t, asked, "nobody is asked for other people's domains")

	_, err = hello("mcp.example.com")
	require.Error(t, err)
	require.NotEmpty(t, asked)

	cert, key := certificate(t, "kept.example.com")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "kept.example.com"), append(key, cert...), 0o600))
	kept, err := hello("kept.example.com")
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(kept.Certificate[0])
	require.NoError(t, err)
	require.Equal(t, "kept.example.com", parsed.Subject.CommonName)

	address := listen(t, challenge)
	for path, want := range map[string]int{"/.well-known/acme-challenge/unknown": 404, "/anything": 302} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+path, nil)
		require.NoError(t, err)
		q.Host = "mcp.example.com"
		response, err := clientOf(t).Do(q)
		require.NoError(t, err)
		require.Equal(t, want, read(t, response).status, path)
	}
}

func TestAnAddressThatIsTakenIsNamed(t *testing.T) {
	t.Parallel()
	r := start(t)
	h, err := NewHTTP(Backend{Tools: r.Tools}, HTTPOptions{Listen: r.url[len("http://"):]})
	require.NoError(t, err)
	require.ErrorContains(t, h.Serve(context.Background()), "HTTPOptions.Listen")
}
