package transport

import (
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// tlsConfig returns the TLS configuration, or nil without TLS. challenge answers ACME's HTTP
// challenges; nil without them.
func tlsConfig(o HTTPOptions, log zerolog.Logger) (tc *tls.Config, challenge http.Handler, err error) {
	switch {
	case o.TLSCert != "":
		files := &certificateFiles{cert: o.TLSCert, key: o.TLSKey, every: time.Second, log: log}
		if _, err := files.get(nil); err != nil {
			return nil, nil, err
		}
		warnIfOpen(log, o.TLSKey)
		return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get}, nil, nil
	case len(o.TLSDomains) > 0:
		manager, err := acmeManager(o, log)
		if err != nil {
			return nil, nil, err
		}
		tc := manager.TLSConfig()
		tc.MinVersion = tls.VersionTLS12
		if o.TLSChallenge == noChallenge {
			return tc, nil, nil
		}
		return tc, manager.HTTPHandler(nil), nil
	}
	return nil, nil, nil
}

func acmeManager(o HTTPOptions, log zerolog.Logger) (*autocert.Manager, error) {
	folder := o.TLSCache
	if folder == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, optionError("TLSCache", "is required, because this user has no cache folder: %w", err)
		}
		folder = filepath.Join(user, "wiro-mcp", "acme")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, optionError("TLSCache", "%w", err)
	}
	warnIfOpen(log, folder)
	manager := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(folder),
		HostPolicy: autocert.HostWhitelist(o.TLSDomains...),
	}
	if o.TLSDirectory != "" {
		manager.Client = &acme.Client{DirectoryURL: o.TLSDirectory}
	}
	return manager, nil
}

// warnIfOpen warns the operator about a key file, or a folder of keys, that every user of the
// machine can read. Windows has no such bits.
func warnIfOpen(log zerolog.Logger, path string) {
	info, err := os.Stat(path)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		log.Warn().Str("path", path).Str("mode", info.Mode().Perm().String()).
			Msg("every user of this machine can open this private key or certificate folder; take the rights of others away (chmod o-rwx)")
	}
}

// certificateFiles is a certificate that is read again when its files change. If the new files
// cannot be used, the previous certificate stays in use.
type certificateFiles struct {
	cert, key string
	every     time.Duration // at most so often the files are checked
	log       zerolog.Logger

	mu      sync.Mutex
	checked time.Time
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
	if c.current != nil && time.Since(c.checked) < c.every {
		return c.current, nil
	}
	c.checked = time.Now()
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
		return nil, &OptionError{[]string{"TLSCert", "TLSKey"}, err}
	}
	if err != nil {
		c.log.Warn().Err(err).Msg("the changed certificate cannot be used; the previous one stays in use")
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
