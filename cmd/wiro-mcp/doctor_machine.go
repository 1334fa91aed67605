package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// examineNetwork looks at what the environment says of proxies and certificates.
func examineNetwork() finding {
	f := finding{About: "proxy and certificates", OK: true}
	var set []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"} {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" {
			u, err = url.Parse("http://" + value)
		}
		switch {
		case strings.EqualFold(name, "NO_PROXY"):
		case err != nil || u.Hostname() == "":
			f.OK, f.Fix = false, name+" is not an address, such as http://proxy.example.com:8080, and is not used"
			value = "(not an address)" // and may hold a password
		default:
			value = u.Redacted()
		}
		set = append(set, name+"="+value)
	}
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		set = append(set, "SSL_CERT_FILE="+file)
		certificates, err := os.ReadFile(file) //nolint:gosec // the user names it
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(certificates) {
			err = fmt.Errorf("%s holds no certificate in PEM form", file)
		}
		if err != nil {
			f.OK, f.Fix = false, fmt.Sprintf("Let SSL_CERT_FILE name the certificates of your network, or take it out of the environment: %v", err)
		}
	}
	f.Found = strings.Join(set, ", ")
	if set == nil {
		f.Found = "none are set"
	}
	return f
}

// examineFolders looks at where outputs are saved and local files are read from.
func (a *app) examineFolders() finding {
	f := finding{About: "folders", OK: true}
	outputs := a.config.Outputs()
	if outputs == "" {
		f.OK, f.Found, f.Fix = false, "there is no folder for saved outputs", "Set WIRO_OUTPUT_DIR"
		return f
	}
	f.Found = fmt.Sprintf("outputs are saved in %s; files are read from %s", outputs, strings.Join(a.config.ReadableFolders(), ", "))
	if err := writable(outputs); err != nil {
		f.OK, f.Fix = false, fmt.Sprintf("Set WIRO_OUTPUT_DIR to a folder that can be written: %v", err)
	}
	return f
}

// examineStore looks at where submitted runs are remembered.
func (a *app) examineStore(ctx context.Context) finding {
	f := finding{About: "store", OK: true}
	address := a.config.Store
	if folder := stateFolder(runtime.GOOS, a.environ); address == "" && folder != "" {
		address = "file:" + filepath.Join(folder, "wiro-mcp")
	}
	kind, rest, _ := strings.Cut(address, ":")
	switch {
	case address == "" || kind == "memory":
		f.Found = "memory: a run is forgotten when the process ends"
	case kind == "file":
		f.Found = rest
		if err := writable(rest); err != nil {
			f.OK, f.Fix = false, fmt.Sprintf("Runs are remembered in memory only. Let WIRO_STORE=file:FOLDER name a folder that can be written: %v", err)
		}
	default:
		u, err := url.Parse(address)
		if err == nil && u.Host == "" {
			f.Found, err = address, errors.New("it names no host")
		}
		if err == nil {
			f.Found = u.Redacted()
			var connection net.Conn
			if connection, err = (&net.Dialer{Timeout: doctorTimeout}).DialContext(ctx, "tcp", hostAndPort(u, "6379")); err == nil {
				_ = connection.Close()
			}
		}
		if err != nil {
			f.OK, f.Fix = false, fmt.Sprintf("Check WIRO_STORE, and that Redis runs: %v", err)
		}
	}
	return f
}

func hostAndPort(u *url.URL, port string) string {
	if u.Port() != "" {
		port = u.Port()
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// writable checks that files can be made in a folder, or in the closest one above it that exists.
// It leaves nothing behind.
func writable(folder string) error {
	for {
		_, err := os.Stat(folder)
		if err == nil || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	file, err := os.CreateTemp(folder, ".wiro-*.tmp")
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", folder, fault.Err)
	}
	if err != nil {
		return err
	}
	_ = file.Close()
	return os.Remove(file.Name())
}

// isThisBinary reports whether a command is the running program.
func isThisBinary(command string) bool {
	own, err := os.Executable()
	if err != nil {
		return false
	}
	this, err := os.Stat(own)
	if err != nil {
		return false
	}
	other, err := os.Stat(command)
	return err == nil && os.SameFile(this, other)
}
