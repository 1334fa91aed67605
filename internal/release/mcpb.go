package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
)

// bundleFolder writes what the bundle holds. Hosts choose by system alone, not by processor: macOS
// gets a universal binary, Windows the one for x64, which runs on ARM too, and Linux a script.
func bundleFolder(ctx context.Context, p *project, root, binaries, out string) error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	files := []struct{ path, goos, goarch, name string }{
		{"server/darwin/wiro-mcp", "darwin", "all", "wiro-mcp"},
		{"server/win32/wiro-mcp.exe", "windows", "amd64", "wiro-mcp.exe"},
		{"server/linux/x64/wiro-mcp", "linux", "amd64", "wiro-mcp"},
		{"server/linux/arm64/wiro-mcp", "linux", "arm64", "wiro-mcp"},
	}
	for _, f := range files {
		binary, err := findBinary(binaries, f.goos, f.goarch, f.name)
		if err != nil {
			return err
		}
		if err := writeExecutable(filepath.Join(out, f.path), binary); err != nil {
			return err
		}
	}
	launcher, err := os.ReadFile(filepath.Join(root, "deploy", "mcpb", "launch.sh"))
	if err != nil {
		return err
	}
	if err := writeExecutable(filepath.Join(out, "server/linux/launch.sh"), launcher); err != nil {
		return err
	}
	here := slices.IndexFunc(p.Platforms, func(t platform) bool { return t.GOOS == runtime.GOOS && t.GOARCH == runtime.GOARCH })
	if here < 0 {
		return errors.New("no binary is built for this machine, which could list the tools")
	}
	own, err := filepath.Glob(filepath.Join(binaries, "*_"+runtime.GOOS+"_"+runtime.GOARCH+"*", p.Platforms[here].executable()))
	if err != nil || len(own) != 1 {
		return fmt.Errorf("no binary of this machine in %s: %w", binaries, err)
	}
	tools, prompts, err := offered(ctx, own[0])
	if err != nil {
		return fmt.Errorf("listing the tools of %s: %w", own[0], err)
	}
	manifest, err := render("mcpb.json", struct {
		*project
		Tools   []bundleTool
		Prompts []bundlePrompt
	}{p, tools, prompts})
	if err != nil {
		return err
	}
	content := map[string][]byte{"manifest.json": manifest}
	for _, name := range []string{"LICENSE", noticesFile} {
		if content[name], err = os.ReadFile(filepath.Join(root, name)); err != nil {
			return err
		}
	}
	return writeFiles(out, content)
}

func writeExecutable(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o755)
}

type bundleTool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type bundlePrompt struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Arguments   []string `json:"arguments,omitempty"`
	Text        string   `json:"text"`
}

// offered asks a binary for its tools and prompts, so that the bundle announces what is there.
func offered(ctx context.Context, binary string) ([]bundleTool, []bundlePrompt, error) {
	c, err := client.NewStdioMCPClient(binary, []string{"WIRO_API_KEY=x"})
	if err != nil {
		return nil, nil, err
	}
	defer c.Close() //nolint:errcheck // it ends with its input
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "release", Version: "1"}
	if _, err := c.Initialize(ctx, hello); err != nil {
		return nil, nil, err
	}
	list, err := c.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return nil, nil, err
	}
	var tools []bundleTool
	for _, tool := range list.Tools {
		summary, _, _ := strings.Cut(tool.Description, "\n")
		tools = append(tools, bundleTool{tool.Name, summary})
	}
	found, err := c.ListPrompts(ctx, mcp.ListPromptsRequest{})
	if err != nil {
		return nil, nil, err
	}
	var prompts []bundlePrompt
	for _, prompt := range found.Prompts {
		get := mcp.GetPromptRequest{}
		get.Params.Name = prompt.Name
		get.Params.Arguments = map[string]string{}
		p := bundlePrompt{Name: prompt.Name, Description: prompt.Description}
		for _, argument := range prompt.Arguments {
			p.Arguments = append(p.Arguments, argument.Name)
			get.Params.Arguments[argument.Name] = "${arguments." + argument.Name + "}" // hosts fill it in
		}
		filled, err := c.GetPrompt(ctx, get)
		if err != nil {
			return nil, nil, err
		}
		for _, message := range filled.Messages {
			if text, ok := message.Content.(mcp.TextContent); ok {
				p.Text += text.Text
			}
		}
		prompts = append(prompts, p)
	}
	return tools, prompts, nil
}

// normalize sets the dates in a packed bundle, which its packer takes from the clock, so that the
// same content gives the same bytes.
func normalize(bundle string) error {
	packed, err := os.ReadFile(bundle)
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range archive.File {
		header := f.FileHeader
		header.Extra, header.ModifiedTime, header.ModifiedDate = nil, 0, 1<<5|1 //nolint:staticcheck // January 1, 1980; CreateRaw does not write Modified
		raw, err := f.OpenRaw()
		if err != nil {
			return err
		}
		entry, err := w.CreateRaw(&header)
		if err != nil {
			return err
		}
		if _, err := io.Copy(entry, raw); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(bundle, b.Bytes(), 0o644)
}
