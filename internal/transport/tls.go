package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/wiroai/wiro-mcp-go/internal/config"
)

// none as TLSChallenge leaves HTTP challenges out.
const none = "none"

// tlsConfig returns how connections are encrypted; nil where they are not. Challenge answers
// ACME's HTTP challenges; nil where there are none.
func tlsConfig(s config.HTTP, log zerolog.Logger) (tc *tls.Config, challenge http.Handler, err error) {
	switch {
	case s.TLSCert != "":
		files := &certificateFiles{cert: s.TLSCert, key: s.TLSKey, every: time.Second, log: log}
		if _, err := files.get(nil); err != nil {
			return nil, nil, err
		}
		return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get}, nil, nil
	case s.TLSDomain != "":
		manager, err := acmeManager(s)
		if err != nil {
			return nil, nil, err
		}
		tc := manager.TLSConfig()
		tc.MinVersion = tls.VersionTLS12
		if s.TLSChallenge == none {
			return tc, nil, nil
		}
		return tc, manager.HTTPHandler(nil), nil
	}
	return nil, nil, nil
}

func acmeManager(s config.HTTP) (*autocert.Manager, error) {
	folder := s.TLSCache
	if folder == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("WIRO_TLS_CACHE is needed: there is no cache folder of the user: %w", err)
		}
		folder = filepath.Join(user, "wiro-mcp", "acme")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("WIRO_TLS_CACHE: %w", err)
	}
	manager := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(folder),
		HostPolicy: autocert.HostWhitelist(domains(s)...),
	}
	if s.TLSDirectory != "" {
		manager.Client = &acme.Client{DirectoryURL: s.TLSDirectory}
	}
	return manager, nil
}

// domains are those of TLSDomain, which may name several.
func domains(s config.HTTP) []string {
	var list []string
	for domain := range strings.SplitSeq(s.TLSDomain, ",") {
		if domain = strings.TrimSpace(domain); domain != "" {
			list = append(list, domain)
		}
	}
	return list
}

// certificateFiles is a certificate that is read again when its files change. While what is
// there cannot be used, the one before serves on.
type certificateFiles struct {
	cert, key string
	every     time.Duration // at most so often the files are looked at
	log       zerolog.Logger

	mu      sync.Mutex
	looked  time.Time
	state   [2]fileState
	current *tls.Certificate
}

type fileState struct {
	changed time.Time
	size    int64
}

// get is a tls.Config's GetCertificate.
func (c *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil && time.Since(c.looked) < c.every {
		return c.current, nil
	}
	c.looked = time.Now()
	state, err := c.stat()
	if err == nil && (c.current == nil || state != c.state) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.cert, c.key); err == nil {
			reloaded := c.current != nil
			c.current = &pair
			if reloaded {
				c.log.Info().Msg("read the certificate again")
			}
		}
		c.state = state
	}
	if c.current == nil {
		return nil, fmt.Errorf("WIRO_TLS_CERT, WIRO_TLS_KEY: %w", err)
	}
	if err != nil {
		c.log.Warn().Err(err).Msg("the changed certificate cannot be used, the one before serves on")
	}
	return c.current, nil
}

func (c *certificateFiles) stat() (state [2]fileState, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, statErr := os.Stat(name)
		if statErr != nil {
			err = errors.Join(err, statErr)
			continue
		}
		state[i] = fileState{info.ModTime(), info.Size()}
	}
	return state, err
}
