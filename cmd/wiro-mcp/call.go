package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

func (a *app) callCommand() *cobra.Command {
	var (
		asJSON bool
		saveTo string
	)
	cmd := &cobra.Command{
		Use:   "call TOOL [key=value… | JSON | -]",
		Short: "Call a tool from the terminal",
		Long: "Call a tool and print what it answers. Arguments are key=value pairs, one JSON object, or\n" +
			"- to read the object from stdin. params.prompt=… sets a member of params; a key given twice\n" +
			"makes a list.\n\n" +
			"Exit codes: 0 done, 1 refused, 2 wrong usage or settings, 3 the task failed or was canceled,\n" +
			"4 the task still runs, 5 a confirmation is required, 130 interrupted.",
		Example: "  wiro-mcp call search_models search=flux\n" +
			"  wiro-mcp call run_model model=openai/gpt-5-2 params.prompt=\"Say hello\"\n" +
			"  wiro-mcp call run_model model=wiro/z-image-turbo params.prompt=\"a lighthouse\" --save .\n" +
			"  wiro-mcp call get_task tasktoken=… --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name a tool: wiro-mcp call TOOL [key=value…]. wiro-mcp tools lists them")
			}
			return nil
		},
		ValidArgsFunction: a.completeCall,
		RunE: func(cmd *cobra.Command, args []string) error {
			arguments, err := parseArguments(args[1:], a.in)
			if err != nil {
				return err
			}
			if err := a.checkNames(args[0], arguments); err != nil {
				return err
			}
			if saveTo != "" {
				a.config.OutputDir, a.config.SaveOutputs = saveTo, true
			}
			return a.call(cmd.Context(), args[0], arguments, asJSON)
		},
	}
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) { // call TOOL --help
		words := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "-") || arg == cmd.Name() })
		if len(words) > 0 && a.load(cmd.Flags(), cmd.Name()) == nil {
			tool, err := a.findTool(words[0])
			if err == nil {
				_ = a.showTool(tool)
				return
			}
			fmt.Fprintln(a.err, "wiro-mcp: "+err.Error()) //nolint:errcheck // nowhere to say it
			return
		}
		help(cmd, args)
	})
	cmd.Flags().StringVar(&saveTo, "save", "", "save the files that a run makes in this folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the structured result, for programs")
	return cmd
}

func (a *app) call(ctx context.Context, tool string, arguments map[string]any, asJSON bool) error {
	known := toolNamed(a.server(a.client(nil), nil), tool)
	if known.Name != "" && !known.Public {
		if err := a.authenticate(); err != nil {
			return err
		}
		if !a.credentials.Set() {
			return &exit{exitUsage, noKey}
		}
	}
	s := a.server(a.client(nil), nil)
	if known.Offline { // it reads the documentation
		if err := s.RefreshDocs(ctx); err != nil {
			a.log.Warn().Err(err).Msg("newer documentation is not at hand")
		}
	}
	var report wiromcp.ReportFunc
	finish := func() {} // takes the bar away before anything is printed
	if isTerminal(a.err) {
		bar := newBar(a.raw.err)
		report, finish = bar.report, bar.done
	}
	said := &answer{out: a.out, before: finish}
	if isTerminal(a.out) && !asJSON {
		ctx = mcptool.WithAnswer(ctx, said.tell)
	}
	defer endSessions(s)
	result, err := s.Call(ctx, tool, arguments, report)
	for err == nil && ctx.Err() == nil && s.Sessions() > 0 { // they would end with the process
		result, err = s.Call(ctx, "wait_for_task", map[string]any{"tasktoken": seen(result).Task.Token}, report)
	}
	finish()
	if err != nil {
		return &exit{exitUsage, err.Error()}
	}
	text := said.rest(a.withCommand(result))
	if asJSON {
		text = string(result.Structured)
	}
	if _, err := fmt.Fprintln(a.out, text); err != nil {
		return err
	}
	if again := awaitsConsent(tool, result); again != nil {
		if result, err = a.consented(ctx, s, tool, again); err != nil {
			return err
		}
		if text = result.Text; asJSON {
			text = string(result.Structured)
		}
		if _, err := fmt.Fprintln(a.out, text); err != nil {
			return err
		}
	}
	err = a.outcome(ctx, result)
	if token := seen(result).Task.Token; ctx.Err() != nil && s.Sessions() > 0 && token != "" && !a.useSandbox {
		err = &exit{exitInterrupted, "the session is ended. To get what it brought: wiro-mcp call wait_for_task tasktoken=" + token}
	}
	if a.useSandbox && isTerminal(a.out) && !a.config.SaveOutputs && strings.Contains(result.Text, "://127.0.0.1:") {
		fmt.Fprintln(a.err, "\nThe emulator stays up for as long as you look at its files. Ctrl-C ends it.") //nolint:errcheck // a hint
		<-ctx.Done()
	}
	return err
}

// awaitsConsent returns the call that goes on with a consent, to whose end the browser comes back to a
// page of this process; nil if there is none.
func awaitsConsent(tool string, result wiromcp.Result) map[string]any {
	var seen struct {
		State      string `json:"state"`
		NextAction struct {
			Tool      string         `json:"tool"`
			Arguments map[string]any `json:"arguments"`
		} `json:"nextAction"`
	}
	_ = json.Unmarshal(result.Structured, &seen) // what is no consent has no such state
	if result.IsError || seen.NextAction.Tool != tool || seen.State != "authorization_required" && seen.State != "choice_required" {
		return nil
	}
	return seen.NextAction.Arguments
}

// consented waits until the user has consented, which ends the page.
func (a *app) consented(ctx context.Context, s *wiromcp.Server, tool string, again map[string]any) (result wiromcp.Result, err error) {
	defer func() { _ = s.Shutdown(context.WithoutCancel(ctx)) }()
	fmt.Fprintln(a.err, "\nWaiting for the consent. Ctrl-C ends it.") //nolint:errcheck // a hint
	for again != nil && ctx.Err() == nil {
		if result, err = s.Call(ctx, tool, again, nil); err != nil {
			return result, err
		}
		again = awaitsConsent(tool, result)
	}
	return result, nil
}

// checkNames hints at arguments of the model that were given as arguments of the tool.
func (a *app) checkNames(tool string, arguments map[string]any) error {
	known := toolNamed(a.server(a.client(nil), nil), tool)
	if known.Name == "" {
		return nil // the call says so
	}
	properties := schemaOf(known).Properties
	if properties["params"].Type != "object" {
		return nil
	}
	for name, value := range arguments {
		if _, ok := properties[name]; !ok {
			return fmt.Errorf("%s has no argument %s. Parameters of the model go into params: params.%s=%v", tool, name, name, value)
		}
	}
	return nil
}

// toolNamed returns a tool that is on; the zero Tool where there is none, which the call says.
func toolNamed(s *wiromcp.Server, name string) wiromcp.Tool {
	for _, t := range s.Tools() {
		if t.Name == name {
			return t
		}
	}
	return wiromcp.Tool{}
}

// outcome is the exit code of a result.
func (a *app) outcome(ctx context.Context, result wiromcp.Result) error {
	seen := seen(result)
	switch {
	case ctx.Err() != nil && seen.Task.Token != "":
		if a.useSandbox {
			return &exit{exitInterrupted, "stopped waiting; the task ends with the emulator"}
		}
		return &exit{exitInterrupted, "stopped waiting; the task goes on. To get its result: wiro-mcp call wait_for_task tasktoken=" + seen.Task.Token}
	case ctx.Err() != nil:
		return &exit{exitInterrupted, "stopped"}
	case result.IsError:
		return &exit{code: exitRefused}
	}
	switch seen.State {
	case "failed", "cancelled":
		return &exit{code: exitFailed}
	case "running":
		return &exit{code: exitRunning}
	case "confirmation_required":
		return &exit{code: exitConfirm}
	}
	return nil
}

// endSessions ends the realtime sessions of a call that was interrupted, properly.
func endSessions(s *wiromcp.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), sessionGrace)
	defer cancel()
	_ = s.Shutdown(ctx) // what has not ended by then ends with the process
}

const sessionGrace = 3 * time.Second

// taskSeen is what a result says of a task.
type taskSeen struct {
	State string `json:"state"`
	Task  struct {
		Token string `json:"token"`
	} `json:"task"`
}

func seen(result wiromcp.Result) (t taskSeen) {
	_ = json.Unmarshal(result.Structured, &t) // results without a state are just done
	return t
}

// parseArguments reads a tool's arguments from the command line. Values stay text: the tools
// take text for numbers, booleans, lists and objects.
func parseArguments(args []string, in io.Reader) (map[string]any, error) {
	if len(args) == 1 && (args[0] == "-" || strings.HasPrefix(strings.TrimSpace(args[0]), "{")) {
		data := []byte(args[0])
		if args[0] == "-" {
			var err error
			if data, err = io.ReadAll(in); err != nil {
				return nil, fmt.Errorf("reading the arguments: %w", err)
			}
		}
		var arguments map[string]any
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&arguments); err != nil {
			return nil, fmt.Errorf("the arguments are not a JSON object: %w", err)
		}
		return arguments, nil
	}
	arguments := map[string]any{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%q is not key=value", arg)
		}
		target := arguments
		if outer, inner, nested := strings.Cut(key, "."); nested {
			if outer == "" || inner == "" {
				return nil, fmt.Errorf("%q is not key=value", arg)
			}
			object, isObject := arguments[outer].(map[string]any)
			if arguments[outer] != nil && !isObject {
				return nil, errors.New(outer + " is given both whole and in parts")
			}
			if object == nil {
				object = map[string]any{}
				arguments[outer] = object
			}
			target, key = object, inner
		}
		switch present := target[key].(type) {
		case nil:
			target[key] = value
		case []any:
			target[key] = append(present, value)
		default:
			target[key] = []any{present, value}
		}
	}
	return arguments, nil
}
