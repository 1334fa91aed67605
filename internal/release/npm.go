package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// entry is a file of a package.
type entry struct {
	path    string
	mode    int64
	content []byte
}

// npmPackages writes the tarballs: one for each platform, and the one that people install, which
// comes last in the order in which they must be published.
func npmPackages(p *project, root, binaries, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	license, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		return err
	}
	notices, err := os.ReadFile(filepath.Join(root, noticesFile))
	if err != nil {
		return err
	}
	for _, target := range p.Platforms {
		binary, err := findBinary(binaries, target.GOOS, target.GOARCH, target.executable())
		if err != nil {
			return err
		}
		manifest, err := render("npm-platform.json", struct {
			*project
			Platform platform
		}{p, target})
		if err != nil {
			return err
		}
		err = writeTarball(filepath.Join(out, tarballName(p.Package+"-"+target.String(), p.Version)), []entry{
			{"package.json", 0o644, manifest},
			{"LICENSE", 0o644, license},
			{noticesFile, 0o644, notices},
			{"bin/" + target.executable(), 0o755, binary},
		})
		if err != nil {
			return err
		}
	}
	manifest, err := render("npm.json", p)
	if err != nil {
		return err
	}
	shim, err := os.ReadFile(filepath.Join(root, "npm", "bin", "wiro-mcp.js"))
	if err != nil {
		return err
	}
	readme, err := os.ReadFile(filepath.Join(root, "npm", "README.md"))
	if err != nil {
		return err
	}
	return writeTarball(filepath.Join(out, tarballName(p.Package, p.Version)), []entry{
		{"package.json", 0o644, manifest},
		{"LICENSE", 0o644, license},
		{"README.md", 0o644, readme},
		{"bin/wiro-mcp.js", 0o755, shim},
	})
}

// tarballName is the name that npm pack gives.
func tarballName(name, version string) string {
	return strings.ReplaceAll(strings.TrimPrefix(name, "@"), "/", "-") + "-" + version + ".tgz"
}

// findBinary reads a built binary. GoReleaser puts it into a folder that is named after the build,
// the platform and, for some, its variant, such as wiro-mcp_linux_amd64_v1.
func findBinary(dir, goos, goarch, name string) ([]byte, error) {
	pattern := filepath.Join(dir, "*_"+goos+"_"+goarch+"*", name)
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d files match %s, one must", len(found), pattern)
	}
	return os.ReadFile(found[0])
}

// writeTarball writes a package such that the same content gives the same bytes.
func writeTarball(path string, entries []entry) error {
	var b bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	for _, e := range entries {
		header := &tar.Header{
			Name: "package/" + e.path, Mode: e.mode, Size: int64(len(e.content)),
			ModTime: time.Date(1985, time.October, 26, 8, 15, 0, 0, time.UTC), // as npm pack does
			Format:  tar.FormatUSTAR,
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(e.content); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := compressed.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
