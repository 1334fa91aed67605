package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/money"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// doubleInterrupt is how soon a second Ctrl-C ends the session instead of interrupting again.
const doubleInterrupt = 2 * time.Second

const (
	noSoundIn = "stdin is a terminal, and the model takes sound: pipe it in, such as\n" +
		"  arecord -t raw -f S16_LE -r 24000 -c 1 | wiro-mcp realtime MODEL\n" +
		"  ffmpeg -i FILE -f s16le -ar 24000 -ac 1 - | wiro-mcp realtime MODEL"
	noSoundOut = "stdout is a terminal, and the model speaks: pipe it into a player, such as\n" +
		"  wiro-mcp realtime MODEL | aplay -t raw -f S16_LE -r 24000 -c 1\n" +
		"or save the speech with --record FILE.wav"
)

// realtimeRun is one call of the command.
type realtimeRun struct {
	model      string
	params     wiro.Params
	record     string // file for the speech
	transcript string // file for the words
	interrupts <-chan os.Signal
}

func (a *app) realtimeCommand() *cobra.Command {
	var r realtimeRun
	cmd := &cobra.Command{
		Use:   "realtime MODEL [param=value… | JSON]",
		Short: "Talk with a realtime model: sound on stdin and stdout",
		Long: "Send sound from stdin to a realtime model and write what it says to stdout, while the session\n" +
			"lasts. Sound is raw PCM in both directions: 16 bit, little-endian, 24 kHz, one channel. The\n" +
			"transcript and the cost appear on stderr. Models that speak a text read nothing from stdin.\n\n" +
			"The session ends when the input ends and is answered. Ctrl-C interrupts the AI; twice within two\n" +
			"seconds ends the session.\n\n" +
			"Exit codes: 0 done, 1 refused, 2 wrong usage or settings, 3 the session failed or its connection\n" +
			"was lost, 130 ended by force.",
		Example: "  arecord -t raw -f S16_LE -r 24000 -c 1 | wiro-mcp realtime openai/gpt-realtime-mini voice=marin |\n" +
			"    aplay -t raw -f S16_LE -r 24000 -c 1\n" +
			"  wiro-mcp realtime wiro/moss-tts text=\"Good morning\" --record morning.wav",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && args[1] == "-" {
				return errors.New("stdin is for sound: give the params as param=value or as JSON")
			}
			params, err := parseArguments(args[1:], nil)
			if err != nil {
				return err
			}
			if err := a.authenticate(); err != nil {
				return err
			}
			if a.takeSignals != nil {
				a.takeSignals()
			}
			signals := make(chan os.Signal, 4)
			signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
			defer signal.Stop(signals)
			signal.Ignore(syscall.SIGPIPE) // a player that has gone is an error of writing: the session is ended properly
			r.model, r.params, r.interrupts = args[0], params, signals
			return a.realtime(cmd.Context(), r)
		},
	}
	cmd.Flags().StringVar(&r.record, "record", "", "save what the model says as a WAV `FILE`")
	cmd.Flags().StringVar(&r.transcript, "transcript", "", "save the transcript in a `FILE`")
	return cmd
}

// realtime holds a session. Signals arrive on r.interrupts; ctx does not end it.
func (a *app) realtime(ctx context.Context, r realtimeRun) error {
	if !a.credentials.Set() {
		return &exit{exitUsage, noKey}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	client := a.client(nil)
	model, err := client.Models.Get(ctx, r.model)
	if err != nil {
		return &exit{exitRefused, err.Error()}
	}
	kind := realtime.KindOf(model)
	params, err := a.checkRealtime(r, model, kind)
	if err != nil {
		return &exit{exitUsage, err.Error()}
	}
	budget, err := a.sessionBudget(ctx, client, model, params)
	if err != nil {
		return &exit{exitRefused, err.Error()}
	}
	out, err := a.openRealtimeOutput(r, kind)
	if err != nil {
		budget.Release(ctx)
		return &exit{exitUsage, err.Error()}
	}
	c := &realtimeControl{kind: kind, output: out, stop: stop, done: make(chan struct{})}
	var handling sync.WaitGroup
	defer handling.Wait()
	defer close(c.done)
	handling.Go(func() { c.handle(r.interrupts) })

	session, err := client.Realtime.Open(ctx, r.model, params)
	if err != nil {
		if !errors.Is(err, wiro.ErrUnknownOutcome) { // it may have started, and cost
			budget.Release(context.WithoutCancel(ctx))
		}
		out.discard()
		if c.isStopped() {
			return &exit{exitInterrupted, err.Error()}
		}
		return &exit{exitRefused, err.Error()}
	}
	c.set(session)
	budget.Bind(ctx, session.Submission())
	talk := realtime.Talk{Kind: kind, Speech: out, OnEvent: out.event, Pace: 1, MaxCost: budget.MaxCost}
	if kind.Hears() {
		talk.Sound = a.in
	}
	if budget.MaxSeconds > 0 {
		out.say(fmt.Sprintf("The limit on cost allows %.0f s of sound.", budget.MaxSeconds))
		talk.Sound = io.LimitReader(a.in, int64(budget.MaxSeconds*wiro.SampleRate)*wiro.BytesPerSample)
	}
	result, err := talk.Run(ctx, session)
	budget.Settle(context.WithoutCancel(ctx), result.Task)
	if saveErr := out.close(result); saveErr != nil {
		err = errors.Join(err, saveErr)
	}
	return c.outcome(result, err)
}

// sessionBudget holds a session against the limits of the settings. Its sound is still to be
// spoken: what it costs is watched while it lasts.
func (a *app) sessionBudget(ctx context.Context, client *wiro.Client, model wiro.Model, params wiro.Params) (tools.SessionBudget, error) {
	limits := mcptool.SpendingLimits{PerRun: a.config.MaxCostPerRun.USD(), PerDay: a.config.MaxCostPerDay.USD()}
	var s *store.Store
	if limits.PerDay != nil {
		address, orMemory := a.storeAddress(true)
		var err error
		if s, err = store.Open(address, store.Options{OrMemory: orMemory}); err != nil {
			return tools.SessionBudget{}, err
		}
		a.cleanup = append(a.cleanup, func() { _ = s.Close() })
	}
	return tools.OpenSessionBudget(ctx, client, s, limits, model, params, a.log)
}

// checkRealtime refuses what cannot work before anything is paid for.
func (a *app) checkRealtime(r realtimeRun, model wiro.Model, kind realtime.Kind) (wiro.Params, error) {
	switch {
	case kind == realtime.None:
		return nil, fmt.Errorf("%s is not a realtime model. To run it: wiro-mcp call run_model model=%s", r.model, r.model)
	case kind.Hears() && isTerminal(a.in):
		return nil, errors.New(strings.ReplaceAll(noSoundIn, "MODEL", r.model))
	case kind.Speaks() && r.record == "" && isTerminal(a.out):
		return nil, errors.New(strings.ReplaceAll(noSoundOut, "MODEL", r.model))
	case !kind.Speaks() && r.record != "":
		return nil, fmt.Errorf("--record: %s does not speak; --transcript saves its words", r.model)
	}
	return realtime.AskForPCM(model, r.params)
}

// realtimeControl turns signals into what the session understands.
type realtimeControl struct {
	kind   realtime.Kind
	output *realtimeOutput
	stop   func() // ends the session properly
	done   chan struct{}

	mu      sync.Mutex
	session *wiro.Session // nil before it is open
	stopped bool
	forced  bool
}

func (c *realtimeControl) set(session *wiro.Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = session
}

func (c *realtimeControl) isStopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

func (c *realtimeControl) handle(signals <-chan os.Signal) {
	var last time.Time
	for {
		select {
		case <-c.done:
			return
		case s := <-signals:
			c.mu.Lock()
			session, stopped := c.session, c.stopped
			interrupts := s == os.Interrupt && c.kind == realtime.Conversation && session != nil && time.Since(last) > doubleInterrupt
			last = time.Now()
			switch {
			case stopped:
				c.forced = true
				if session != nil {
					session.Close()
				}
			case interrupts:
				c.output.mute()
				go func() { _ = session.Interrupt() }()
				c.output.say("Interrupted. Ctrl-C again ends the session.")
			default:
				c.stopped = true
				c.stop()
			}
			c.mu.Unlock()
		}
	}
}

// outcome tells the cost, and turns the end of a session into the exit code.
func (c *realtimeControl) outcome(result realtime.Result, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if result.Cost == nil || !result.Task.Over() {
		c.output.say("The cost of the session is not known yet. To see it: wiro-mcp call get_task tasktoken=" + result.Task.Token)
	} else {
		c.output.say("Cost of the session: $" + money.USD(*result.Cost))
	}
	switch {
	case c.forced:
		return &exit{exitInterrupted, "ended by force: Wiro ends the session by itself"}
	case err != nil && (!c.stopped || !errors.Is(err, context.Canceled)):
		return &exit{exitFailed, err.Error()}
	case result.Task.Err() != nil:
		return &exit{exitFailed, printable(result.Task.Err().Error())}
	}
	return nil
}

// printable removes what could control a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
}
