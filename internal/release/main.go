// Command release makes what a release publishes beside the binaries: npm packages, the bundle
// for Claude Desktop, the entry in the MCP registry, and the manifests of plugins.
//
//	release manifests                                        the files that are kept in the repository
//	release notices                                          THIRD_PARTY_NOTICES.md, for what the binary links
//	release npm -version V -binaries DIR -out DIR            npm tarballs
//	release mcpb -version V -binaries DIR -out DIR           what the bundle for Claude Desktop holds
//	release normalize -bundle FILE                           fixed dates in the packed bundle
//	release server -version V -bundle FILE -out FILE         server.json with the bundle's hash
//
// It is run in the root of the repository.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(context.Background(), ".", os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, args []string) error {
	if len(args) == 0 {
		return errors.New("name a command: manifests, notices, npm, mcpb, normalize or server")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	version := flags.String("version", "", "version without v; the newest of CHANGELOG.md where empty")
	binaries := flags.String("binaries", "dist", "folder of the built binaries, as GoReleaser lays it out")
	out := flags.String("out", "", "where to write")
	bundle := flags.String("bundle", "", "the packed bundle")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	p, err := newProject(root, *version)
	if err != nil {
		return err
	}
	switch args[0] {
	case "manifests":
		files, err := manifests(p)
		if err != nil {
			return err
		}
		return writeFiles(root, files)
	case "notices":
		text, err := notices(ctx, root)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(root, noticesFile), text, 0o644)
	case "npm":
		return npmPackages(p, root, *binaries, *out)
	case "mcpb":
		return bundleFolder(ctx, p, root, *binaries, *out)
	case "normalize":
		return normalize(*bundle)
	case "server":
		text, err := serverJSON(p, *bundle)
		if err != nil {
			return err
		}
		return os.WriteFile(*out, text, 0o644)
	}
	return fmt.Errorf("there is no command %q", args[0])
}

// writeFiles writes files by their paths below a folder.
func writeFiles(root string, files map[string][]byte) error {
	for path, content := range files {
		path = filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
