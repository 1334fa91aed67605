package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/install"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// installation is what the install command was asked to do.
type installation struct {
	remote                             string
	project, dryRun, show, remove, yes bool
}

func (a *app) installCommand() *cobra.Command {
	var in installation
	cmd := &cobra.Command{
		Use:   "install [CLIENT…]",
		Short: "Add this server to MCP clients, or remove it",
		Long: "Write this server into the configuration of MCP clients: of those named, or of all that are\n" +
			"found on this machine. The change is shown before it is made; everything else in the file stays\n" +
			"as it is, and --remove takes the entry out again. For any other client --print shows what to paste.\n\n" +
			"The API key is read from WIRO_API_KEY, or asked for without echo, and checked with a free call.\n\n" +
			"Clients: " + strings.Join(clientIDs(), ", ") + ".",
		Example: "  wiro-mcp install\n" +
			"  wiro-mcp install cursor claude-desktop --yes\n" +
			"  wiro-mcp install vscode --project\n" +
			"  wiro-mcp install claude-code --remote https://mcp.example.com/mcp\n" +
			"  wiro-mcp install codex --print\n" +
			"  wiro-mcp install --remove",
		ValidArgs: clientIDs(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.install(cmd.Context(), in, args)
		},
	}
	cmd.Flags().StringVar(&in.remote, "remote", "", "connect to this hosted server instead of launching the binary")
	cmd.Flags().BoolVar(&in.project, "project", false, "write the configuration of the project in this folder, which is shared: keys become references to the environment")
	cmd.Flags().BoolVar(&in.dryRun, "dry-run", false, "show the change without making it")
	cmd.Flags().BoolVar(&in.show, "print", false, "print the entry, for a configuration that you edit yourself")
	cmd.Flags().BoolVar(&in.remove, "remove", false, "take the entry out again")
	cmd.Flags().BoolVar(&in.yes, "yes", false, "do not ask before each change")
	return cmd
}

func clientIDs() []string {
	ids := make([]string, len(install.Clients))
	for i, c := range install.Clients {
		ids[i] = c.ID
	}
	return ids
}

// system is this machine.
func (a *app) system() (install.System, error) {
	home := a.env("HOME")
	if runtime.GOOS == "windows" {
		home = a.env("USERPROFILE")
	}
	if home == "" {
		return install.System{}, errors.New("the home folder is unknown: set HOME")
	}
	return install.System{OS: runtime.GOOS, Home: home, Getenv: a.env}, nil
}

func (a *app) env(name string) string {
	for _, entry := range slices.Backward(a.environ) {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value
		}
	}
	return ""
}

func (a *app) install(ctx context.Context, in installation, names []string) error {
	var err error
	if in.remote, err = hostedAddress(in.remote); err != nil {
		return err
	}
	system, err := a.system()
	if err != nil {
		return err
	}
	project := ""
	if in.project {
		if project, err = os.Getwd(); err != nil {
			return fmt.Errorf("the project's folder: %w", err)
		}
	}
	clients, err := chooseClients(system, names, in)
	if err != nil {
		return err
	}
	var server install.Server
	if !in.remove {
		if server, err = a.installed(ctx, in); err != nil {
			return err
		}
	}
	failed := false
	for _, client := range clients {
		if in.show {
			text, err := client.Entry(server, in.project)
			if err != nil {
				return fmt.Errorf("%s %w", client.Title, err)
			}
			a.say("# %s: %s\n%s", client.Title, client.File(system, project), text)
			continue
		}
		if err := a.installIn(ctx, client, system, server, project, in); err != nil {
			if stopped, ok := errors.AsType[*exit](err); ok {
				return stopped
			}
			failed = true
			fmt.Fprintf(a.err, "%s: %v.\n", client.Title, err) //nolint:errcheck // nowhere to say it
		}
	}
	if in.show && len(names) == 0 {
		a.say("# Any other client takes an entry of this kind, in the form that its documentation shows:\n%s", install.Common(server))
	}
	if failed {
		return &exit{code: exitRefused}
	}
	return nil
}

// hostedAddress checks the address of a hosted server. One without a path gets the path at which
// wiro-mcp http serves.
func hostedAddress(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return "", fmt.Errorf("--remote %q must be the address of a hosted server, such as https://mcp.example.com/mcp", address)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/mcp"
	}
	return u.String(), nil
}

// chooseClients returns the clients of the command line, or all that are on this machine.
func chooseClients(system install.System, names []string, in installation) ([]install.Client, error) {
	if len(names) > 0 {
		clients := make([]install.Client, len(names))
		for i, name := range names {
			client, ok := install.Find(name)
			if !ok {
				return nil, fmt.Errorf("there is no client %q.%s Known are %s", name, closest.DidYouMean(name, clientIDs()), strings.Join(clientIDs(), ", "))
			}
			clients[i] = client
		}
		return clients, nil
	}
	clients := slices.DeleteFunc(slices.Clone(install.Clients), func(c install.Client) bool {
		return !c.Installed(system) || in.project && c.Project == "" || !in.project && c.File(system, "") == ""
	})
	if len(clients) == 0 && !in.show {
		return nil, fmt.Errorf("no MCP client is found on this machine; name one of %s", strings.Join(clientIDs(), ", "))
	}
	return clients, nil
}

// installed is what the clients are to launch or to connect to, with a key that Wiro accepts.
func (a *app) installed(ctx context.Context, in installation) (install.Server, error) {
	server := install.Server{URL: in.remote}
	if in.remote == "" {
		binary, err := os.Executable()
		if err != nil {
			return server, fmt.Errorf("the path of this binary: %w", err)
		}
		if server.Command, err = filepath.Abs(binary); err != nil {
			return server, fmt.Errorf("the path of this binary: %w", err)
		}
		if strings.Contains(filepath.ToSlash(server.Command), "/_npx/") {
			fmt.Fprintln(a.err, "This binary is in npx's cache, which may be cleaned: install the package with npm install -g, then run this again.") //nolint:errcheck // a hint
		}
	}
	if a.useSandbox {
		server.Args = []string{"--sandbox"}
		return server, nil
	}
	if err := a.authenticate(); err != nil {
		return server, err
	}
	if !a.credentials.Set() && !in.show {
		if err := a.askKey(); err != nil {
			return server, err
		}
	}
	if a.credentials.Set() && !in.show && !in.dryRun {
		if err := a.checkKey(ctx); err != nil {
			return server, err
		}
	}
	server.Key, server.Secret = a.credentials.Key.Reveal(), a.credentials.Secret.Reveal()
	return server, nil
}

// askKey asks for the key without echo. Without a terminal, and for an empty answer, there is
// none: clients then pass it from their environment.
func (a *app) askKey() error {
	file, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) { //nolint:gosec // a file descriptor is small
		return nil
	}
	fd := int(file.Fd())            //nolint:gosec // a file descriptor is small
	former, err := term.MakeRaw(fd) // before the prompt: a key that is pasted early is not shown either
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	fmt.Fprint(a.raw.err, "Wiro API key, from https://wiro.ai/panel/project (KEY, or KEY:SECRET if the project signs;\r\n"+ //nolint:errcheck // a prompt
		"empty for none, or to keep the one that is configured).\r\n")
	typed, err := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{file, a.raw.err}, "").ReadPassword("Key, not shown: ")
	_ = term.Restore(fd, former)
	if errors.Is(err, io.EOF) { // Ctrl-C or Ctrl-D
		return &exit{exitInterrupted, "stopped. Nothing was changed"}
	}
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	if strings.TrimSpace(typed) == "" {
		return nil
	}
	a.credentials, err = apikey.Parse(typed, "")
	return err
}

// checkKey asks Wiro with a free call whether it accepts the key. That Wiro cannot be reached is
// a warning only.
func (a *app) checkKey(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := a.client(nil).Tasks.List(ctx, wiro.TaskQuery{Limit: 1})
	switch {
	case errors.Is(err, wiro.ErrUnauthorized):
		return fmt.Errorf("Wiro refuses this key: %w", err) //nolint:staticcheck // Wiro is a name
	case err != nil:
		fmt.Fprintf(a.err, "The key could not be checked: %v.\n", err) //nolint:errcheck // a warning
	}
	return nil
}

func (a *app) installIn(ctx context.Context, client install.Client, system install.System, server install.Server, project string, in installation) error {
	if client.File(system, project) == "" {
		switch {
		case project == "" && client.Project != "":
			return fmt.Errorf("its configuration belongs to a project: add --project in the folder of %s", client.Project)
		case project != "":
			return errors.New("it has no configuration of a project: leave --project out")
		}
	}
	var (
		plan *install.Plan
		err  error
	)
	if in.remove {
		plan, err = client.Remove(system, project)
	} else {
		plan, err = client.Install(system, server, project)
	}
	if err != nil {
		return err
	}
	for _, other := range plan.Others {
		a.say("%s: the entry %q in the same file starts a server of Wiro, too. Take one of them out, or its tools are there twice.\n", client.Title, other)
	}
	if !plan.Changed() {
		a.say("%s: nothing to change in %s.\n", client.Title, plan.Path)
		return nil
	}
	a.say("%s", plan.Diff())
	if in.dryRun {
		return nil
	}
	if !in.yes {
		agreed, err := a.agree(ctx, fmt.Sprintf("Change %s for %s?", plan.Path, client.Title))
		if err != nil || !agreed {
			return err
		}
	}
	backup, err := plan.Apply()
	if err != nil {
		return err
	}
	done := "added"
	if in.remove {
		done = "removed"
	}
	a.say("%s: %s in %s.", client.Title, done, plan.Path)
	if backup != "" {
		a.say(" The file as it was: %s.", backup)
	}
	if plan.Restored {
		a.say(" The entry that was there before is back: --remove once more takes it out, too.")
	}
	if plan.KeyMissing {
		a.say(" The key is not in it: set WIRO_API_KEY in the environment from which %s starts.", client.Title)
	}
	a.say(" %s\n", client.After)
	return nil
}

// agree asks a question on the terminal.
func (a *app) agree(ctx context.Context, question string) (bool, error) {
	if !isTerminal(a.in) {
		return false, errors.New("nothing was changed, because nobody can be asked: --yes makes the change, --dry-run only shows it")
	}
	fmt.Fprint(a.err, question+" [y/N] ") //nolint:errcheck // a prompt
	type line struct {
		text string
		err  error
	}
	answers := make(chan line, 1)
	go func() { // it ends with the process if nobody answers
		text, err := bufio.NewReader(a.in).ReadString('\n')
		answers <- line{strings.ToLower(strings.TrimSpace(text)), err}
	}()
	select {
	case answer := <-answers:
		if answer.err != nil {
			return false, fmt.Errorf("reading the answer: %w", answer.err)
		}
		return answer.text == "y" || answer.text == "yes", nil
	case <-ctx.Done():
		return false, &exit{exitInterrupted, "stopped"}
	}
}

func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.out, format, args...) //nolint:errcheck // nowhere to say it
}
