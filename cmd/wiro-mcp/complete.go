package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const noFiles = cobra.ShellCompDirectiveNoFileComp

// completionCommand prints the script that makes a shell complete commands.
func completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands, tools, arguments and models",
		Long:  "Print the script that makes a shell complete commands, tools, their arguments, and models.",
		Example: "  source <(wiro-mcp completion bash)\n" +
			"  wiro-mcp completion zsh > \"${fpath[1]}/_wiro-mcp\"\n" +
			"  wiro-mcp completion fish > ~/.config/fish/completions/wiro-mcp.fish",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return errors.New("name a shell: wiro-mcp completion bash, zsh, fish or powershell")
			}
			return nil
		},
		ValidArgs:         shells,
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil }, // also with invalid settings
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return root.GenBashCompletionV2(out, true)
		},
	}
}

// completeFlags completes the values of flags that have few.
func completeFlags(root *cobra.Command) {
	for flag, values := range map[string][]string{
		"log-level": {"trace", "debug", "info", "warn", "error", "disabled"}, "log-format": {"console", "json"},
		"on-abandon": {"leave", "stop"}, "inline-images": {"auto", "always", "never"}, "store": {"memory", "file:", "redis://"},
	} {
		_ = root.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, noFiles)) // the flags are there
	}
	_ = root.RegisterFlagCompletionFunc("toolsets", func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		var lists []string
		all, _ := wiromcp.ParseToolsets("all") // it is known
		for _, set := range append(all, "default", "all") {
			if !slices.Contains(strings.Split(before, ","), string(set)) {
				lists = append(lists, before+string(set))
			}
		}
		return lists, noFiles | cobra.ShellCompDirectiveNoSpace
	})
}

// completeTools completes the names of tools.
func (a *app) completeTools(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || a.load(cmd.Flags(), cmd.Name()) != nil {
		return nil, noFiles
	}
	var names []string
	for _, t := range a.server(a.client(nil), nil).Tools() {
		if !t.ForViews() {
			names = append(names, t.Name+"\t"+t.Title)
		}
	}
	return names, noFiles
}

// completeCall completes the tool, then its arguments, and their values where they are few.
func (a *app) completeCall(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeTools(cmd, args, typed)
	}
	if a.load(cmd.Flags(), cmd.Name()) != nil {
		return nil, noFiles
	}
	tool, err := a.findTool(args[0])
	if err != nil {
		return nil, noFiles
	}
	properties := schemaOf(tool).Properties
	if name, _, started := strings.Cut(typed, "="); started {
		values := properties[name].values()
		if name == "model" {
			values = a.models(cmd.Context())
		}
		for i, value := range values {
			values[i] = name + "=" + value
		}
		return values, noFiles
	}
	var words []string
	for name, p := range properties {
		if slices.ContainsFunc(args[1:], func(arg string) bool { return strings.HasPrefix(arg, name+"=") }) {
			continue
		}
		if p.Type == "object" {
			name += "."
		} else {
			name += "="
		}
		words = append(words, name+"\t"+p.Description)
	}
	slices.Sort(words)
	return words, noFiles | cobra.ShellCompDirectiveNoSpace
}

// values are those that an argument takes, where they are few.
func (p property) values() []string {
	if p.Type == "boolean" {
		return []string{"true", "false"}
	}
	values := make([]string, len(p.Enum))
	for i, value := range p.Enum {
		values[i] = fmt.Sprint(value)
	}
	return values
}

// completeModel completes the model of a command that takes one first.
func (a *app) completeModel(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || a.load(cmd.Flags(), cmd.Name()) != nil {
		return nil, noFiles
	}
	return a.models(cmd.Context()), noFiles
}

const (
	modelsMaxAge  = 24 * time.Hour
	modelsTimeout = 3 * time.Second // that somebody waits who pressed Tab
	maxModels     = 2000
)

// models are the models of the catalog with their titles, for completion: from a file in the
// user's cache folder that is a day old at most, else from Wiro. Without either there are none.
func (a *app) models(ctx context.Context) []string {
	path := a.modelsCache()
	var models []string
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) < modelsMaxAge {
		if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &models) == nil { //nolint:gosec // in the user's cache folder
			return models
		}
	}
	if a.authenticate() != nil || !a.credentials.Set() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, modelsTimeout)
	defer cancel()
	for model, err := range a.client(nil).Models.All(ctx, wiro.ModelQuery{}) {
		if err != nil {
			return models // as far as they came, and not to be kept
		}
		models = append(models, model.Slug().String()+"\t"+model.Title)
		if len(models) == maxModels {
			break
		}
	}
	if data, err := json.Marshal(models); err == nil && path != "" && os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = os.WriteFile(path, data, 0o600) // without it the next Tab takes as long
	}
	return models
}

// modelsCache is the file that keeps the models of this API; "" if there is none.
func (a *app) modelsCache() string {
	folder, home := a.env("XDG_CACHE_HOME"), a.env("HOME")
	switch {
	case a.useSandbox:
		return ""
	case runtime.GOOS == "windows":
		folder = a.env("LOCALAPPDATA")
	case folder == "" && home != "" && runtime.GOOS == "darwin":
		folder = filepath.Join(home, "Library", "Caches")
	case folder == "" && home != "":
		folder = filepath.Join(home, ".cache")
	}
	if !filepath.IsAbs(folder) {
		return ""
	}
	sum := sha256.Sum256([]byte(a.config.BaseURL))
	return filepath.Join(folder, "wiro-mcp", "models-"+hex.EncodeToString(sum[:4])+".json")
}
