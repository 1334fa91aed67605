package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"sync"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/closest"
	"github.com/wiroai/wiro-mcp-go/internal/config"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/install"
	"github.com/wiroai/wiro-mcp-go/internal/logging"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
	"github.com/wiroai/wiro-mcp-go/internal/redact"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Exit codes.
const (
	exitOK          = 0
	exitRefused     = 1   // the tool answered with an error
	exitUsage       = 2   // a wrong argument or setting, no key
	exitFailed      = 3   // the task failed or was canceled
	exitRunning     = 4   // the wait ended before the task did
	exitConfirm     = 5   // a confirmation is required
	exitInterrupted = 130 // Ctrl-C
)

// streams is what a command reads and writes.
type streams struct {
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ []string

	takeSignals func() // keeps a second signal from ending the process; may be nil
}

// app is one run of the program.
type app struct {
	streams     // what is written to them is made plain for terminals
	raw         streams
	config      config.Config
	credentials wiro.Credentials           // of the environment or the sandbox, for commands that use them
	missingKey  func(client string) string // nil if there is a key
	useSandbox  bool
	hosted      bool             // serves many users
	allowed     []netip.AddrPort // private addresses that are fetched: the sandbox's
	log         zerolog.Logger
	redactor    func() *redact.Redactor // of the credentials, for logs
	cleanup     []func()

	settingsFault error // what the doctor says of the settings; nil for all else
}

// exit ends the program with a code, and with a message unless it is empty.
type exit struct {
	code    int
	message string
}

func (e *exit) Error() string { return e.message }

// run runs a command line and returns its exit code.
func run(ctx context.Context, args []string, s streams) int {
	a := &app{streams: s, raw: s, redactor: func() *redact.Redactor { return nil }}
	a.out, a.err = plaintext.NewWriter(s.out), plaintext.NewWriter(s.err)
	a.log = zerolog.New(a.err)
	defer func() {
		for _, clean := range a.cleanup {
			clean()
		}
	}()
	err := a.execute(ctx, args)
	if err == nil {
		return exitOK
	}
	code := exitUsage
	if e, ok := errors.AsType[*exit](err); ok {
		code = e.code
	}
	if err.Error() != "" {
		fmt.Fprintln(a.err, "wiro-mcp: "+err.Error()) //nolint:errcheck // nowhere to say it
	}
	return code
}

// execute runs a command line. Without one, as MCP clients start it, no command is set up.
func (a *app) execute(ctx context.Context, args []string) error {
	if len(args) == 0 {
		if err := a.load(nil, "stdio"); err != nil {
			return err
		}
		return a.stdio(ctx)
	}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	return root.ExecuteContext(ctx)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "wiro-mcp",
		Short: "MCP server for the Wiro platform",
		Long: "wiro-mcp gives AI assistants the Wiro platform through MCP: AI models, tasks, files,\n" +
			"agents, and the documentation. Without a command it serves stdio, for clients that launch it.\n\n" +
			"Settings are read from the environment; flags override. The API key is read from WIRO_API_KEY\n" +
			"alone, because a command line is not private.",
		Args:          noSuchCommand,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       wiromcp.Version(),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.load(cmd.Flags(), cmd.Name())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.stdio(cmd.Context()) },
	}
	config.Flags(root.PersistentFlags(), &a.config)
	root.PersistentFlags().BoolVar(&a.useSandbox, "sandbox", false, "use an emulator of Wiro inside the process: no key, no cost")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(noSuchFlag)
	root.SetHelpCommand(helpCommand())
	completeFlags(root)
	root.AddCommand(a.stdioCommand(), a.httpCommand(), a.callCommand(), a.toolsCommand(), a.realtimeCommand(), a.installCommand(), a.doctorCommand(),
		a.sandboxCommand(), a.healthcheckCommand(), completionCommand(), versionCommand())
	return root
}

// noSuchCommand refuses arguments of the root command with the command that they may mean.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, command := range cmd.Commands() {
		if !command.Hidden {
			names = append(names, append(command.Aliases, command.Name())...)
		}
	}
	return fmt.Errorf("there is no command %q.%s wiro-mcp --help lists them", args[0], closest.DidYouMean(args[0], names))
}

// noSuchFlag names the flag that a mistyped one may mean.
func noSuchFlag(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	typed := "--" + unknown.GetSpecifiedName()
	return fmt.Errorf("there is no flag %s.%s %s --help lists them", typed, closest.DidYouMean(typed, names), cmd.CommandPath())
}

// helpCommand shows the help of a command.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]",
		Short:             "Help about any command",
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil }, // also with invalid settings
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || about == cmd.Root() && len(rest) > 0 {
				return noSuchCommand(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

func (a *app) stdioCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stdio",
		Short: "Serve one client on stdin and stdout, as without a command",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.stdio(cmd.Context()) },
	}
}

// load reads the settings for a command, and starts the emulator with --sandbox. Flags may be nil.
func (a *app) load(flags *pflag.FlagSet, command string) error {
	if err := config.Load(a.environ, flags, &a.config); err != nil {
		if a.settingsFault = err; command != "doctor" { // which examines the rest, too
			return settingsError(err)
		}
	}
	a.log = a.logger(command == "http")
	if command != "doctor" { // which finds them
		for _, warning := range config.Unknown(a.environ) {
			a.log.Warn().Msg(warning)
		}
	}
	if !a.useSandbox {
		return nil
	}
	s := emulator.New(emulator.Options{Pace: 1})
	if err := s.Start(""); err != nil {
		return fmt.Errorf("starting the sandbox: %w", err)
	}
	a.cleanup = append(a.cleanup, s.Close)
	a.credentials = wiro.Credentials{Key: emulator.DemoKey}
	a.config.BaseURL, a.config.SocketURL = s.APIURL(), s.SocketURL()
	address, err := url.Parse(s.APIURL())
	if err != nil {
		return fmt.Errorf("starting the sandbox: %w", err)
	}
	listener, err := netip.ParseAddrPort(address.Host)
	if err != nil {
		return fmt.Errorf("starting the sandbox: %w", err)
	}
	a.allowed = []netip.AddrPort{listener} // its files, and nothing else that is private
	return nil
}

// authenticate reads the credentials of the environment, for the commands that use them.
func (a *app) authenticate() error {
	if a.useSandbox {
		return nil
	}
	var err error
	if a.credentials, err = a.config.Credentials(); err != nil {
		return settingsError(err)
	}
	a.redactor = sync.OnceValue(func() *redact.Redactor {
		return redact.New(a.credentials.Key.Reveal(), a.credentials.Secret.Reveal())
	})
	return nil
}

const settingsPrefix = "settings:\n"

func settingsError(err error) error { return fmt.Errorf(settingsPrefix+"%w", err) }

// logger writes to stderr: for people, or as JSON, which is the default of servers without a
// terminal.
func (a *app) logger(isServer bool) zerolog.Logger {
	terminal := isTerminal(a.err)
	out := a.err
	if !a.logsJSON(isServer) {
		out = zerolog.ConsoleWriter{Out: a.raw.err, NoColor: !terminal, FormatPrepare: plainLine} // it writes colors
	}
	return zerolog.New(redacted{out, a}).Level(zerolog.Level(a.config.LogLevel)).With().Timestamp().Logger()
}

// logsJSON reports whether the log is JSON.
func (a *app) logsJSON(isServer bool) bool {
	return a.config.LogFormat == "json" || a.config.LogFormat == "" && isServer && !isTerminal(a.err)
}

// holdLog lets lines of the log share their writes, if they are for programs.
func (a *app) holdLog() {
	if !a.logsJSON(true) {
		return
	}
	held := &heldLog{out: redacted{a.err, a}}
	a.log = a.log.Output(held)
	a.cleanup = append(a.cleanup, func() { _ = held.Close() }) // nowhere to say it
}

// plainLine makes the texts of a log line plain: whoever was called may have written them.
func plainLine(line map[string]any) error {
	for name, value := range line {
		if text, ok := value.(string); ok && name != "stack" {
			line[name] = plaintext.Line(plaintext.Terminal(text))
		}
	}
	return nil
}

// redacted takes the program's own credentials out of log lines.
type redacted struct {
	io.Writer
	app *app
}

func (w redacted) Write(line []byte) (int, error) {
	if _, err := w.Writer.Write([]byte(w.app.redactor().Redact(string(line)))); err != nil {
		return 0, err
	}
	return len(line), nil
}

func isTerminal(w any) bool {
	if plain, ok := w.(*plaintext.Writer); ok {
		w = plain.Unwrap()
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// client returns a client with the environment's credentials. Telemetry may be nil.
func (a *app) client(telemetry *wiromcp.Telemetry) *wiro.Client {
	options := wiro.Options{
		BaseURL: a.config.BaseURL, SocketURL: a.config.SocketURL,
		Credentials: a.credentials,
		UserAgent:   "wiro-mcp-go/" + wiromcp.Version(),
		Logger:      logging.ToSlog(a.log),
	}
	if telemetry != nil {
		options.Observer = telemetry
	}
	c := wiro.NewClient(options).WithCredentials(a.credentials) // none stay none
	a.cleanup = append(a.cleanup, c.Close)
	return c
}

func (a *app) server(c *wiro.Client, telemetry *wiromcp.Telemetry) *wiromcp.Server {
	return wiromcp.NewServer(wiromcp.ServerOptions{
		FilesDirs: a.config.ReadableFolders(), OutputDir: a.config.Outputs(), SaveOutputs: a.config.SaveOutputs, InlineImages: string(a.config.InlineImages),
		FilesHint:  fmt.Sprintf("WIRO_FILES_DIRS in the environment of this server allows other folders (a list separated by %q).", os.PathListSeparator),
		OutputHint: "WIRO_OUTPUT_DIR in the environment of this server chooses another folder.",
		Client:     c, Store: a.store(!a.hosted),
		StopAbandoned: a.config.OnAbandon == "stop", QueueOnLimit: a.config.QueueOnLimit,
		Toolsets: a.config.Toolsets, ReadOnly: a.config.ReadOnly, RunTimeout: a.config.RunTimeout.Duration(),
		MaxCostPerRun: a.config.MaxCostPerRun.USD(), MaxCostPerDay: a.config.MaxCostPerDay.USD(),
		AllowPrivateURLs: a.config.AllowPrivateURLs, AllowedAddresses: a.allowed, FetchProxy: a.config.FetchProxy, DocsURL: a.config.DocsURL, DocsDir: a.config.DocsDir,
		MissingKey: a.missingKey, Telemetry: telemetry, Logger: logging.ToSlog(a.log),
	})
}

// noKey says how to get a key and where to put it, for people at a terminal.
const noKey = `WIRO_API_KEY is not set, so Wiro would refuse every call.
Create a project at https://wiro.ai/panel/project, then run wiro-mcp install, or put its key (and,
if the project signs its requests, its secret as WIRO_API_SECRET) into the environment. To try
everything without a key or any cost, add --sandbox.`

// stdio serves MCP clients. Without a key it starts, too: clients show nothing of a server that
// ends, but they show what its tools answer.
func (a *app) stdio(ctx context.Context) error {
	keyFault := a.authenticate()
	ctx, stop := withParent(ctx, os.Getppid, parentInterval)
	defer stop()
	if isTerminal(a.in) {
		a.log.Info().Msg("serving MCP on stdin and stdout: this is for MCP clients; wiro-mcp --help lists the commands for people")
	}
	if !a.credentials.Set() {
		fault := "There is no Wiro API key: WIRO_API_KEY is not set."
		if keyFault != nil {
			fault = errors.Unwrap(keyFault).Error() // without the heading that a terminal shows
		}
		a.log.Warn().Msg(fault)
		a.missingKey = func(client string) string { return fault + " " + keyHelp(client) }
	}
	telemetry := a.telemetry(ctx, false)
	return a.server(a.client(telemetry), telemetry).ServeStdio(ctx, a.in, a.raw.out)
}

// keyHelp says where a client wants the key.
func keyHelp(client string) string {
	help := "Create a project at https://wiro.ai/panel/project and copy its API key (and its secret, if it signs requests). "
	if c, ok := install.FindByName(client); ok {
		return help + fmt.Sprintf("Then run `wiro-mcp install %s` in a terminal, or put the key as WIRO_API_KEY into the environment of the "+
			"server %q in %s. %s", c.ID, install.ServerName, c.Place(), c.After)
	}
	return help + "Then run `wiro-mcp install` in a terminal, or put the key as WIRO_API_KEY into the \"env\" of this server in the " +
		"configuration of your MCP client, and start the client again."
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version",
		Args:              cobra.NoArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil }, // also with invalid settings
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "wiro-mcp "+wiromcp.Version())
			return err
		},
	}
}
