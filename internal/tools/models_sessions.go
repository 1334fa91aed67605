package tools

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media/sound"
	"github.com/wiroai/wiro-mcp-go/internal/quote"
	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	secondsPerTurn = 10.0 // of sound, to estimate how many turns a conversation has
	sessionReserve = 5 * time.Minute
	maxInput       = 2 * time.Hour // of sound
)

// asSession checks what runs of realtime models need beside their params, and sets their params
// for sound to what sessions carry. Of other models it returns the params as they are.
func (c *Call) asSession(plan *plannedRun, model wiro.Model, in modelRun, given wiro.Params) (wiro.Params, error) {
	plan.Kind = realtime.KindOf(model)
	hasSound := strings.TrimSpace(in.InputAudio) != ""
	switch {
	case hasSound && plan.Kind == realtime.None:
		return nil, c.withoutSound(plan.Slug, "it is no realtime model, so it takes no input_audio. Files go into params")
	case hasSound && !plan.Kind.Hears():
		return nil, c.withoutSound(plan.Slug, "it speaks the text of its params, and takes no input_audio")
	case !hasSound && plan.Kind.Hears():
		return nil, mcptool.Problemf("%s was not run: nothing was started or charged. It is a realtime model that listens: "+
			"give what is said to it as input_audio, a URL, a data: URI or, over stdio, a local file (%s).", plan.Slug, sound.Formats)
	case plan.Kind == realtime.None:
		return given, nil
	}
	asked, err := realtime.AskForPCM(model, given)
	if fault, ok := errors.AsType[*wiro.InputError](err); ok {
		arguments := c.runArguments()
		params := shown(given)
		delete(params, fault.Field)
		arguments["model"], arguments["params"] = plan.Slug.String(), params
		return nil, mcptool.Problemf("%s was not run: nothing was started or charged. %v.", plan.Slug, err).
			WithNext("run_model", "the call without it", arguments)
	}
	return asked, err
}

// hear opens what is said to a realtime model. It is closed with the call, unless a session takes
// it.
func (c *Call) hear(ctx context.Context, plan *plannedRun, in modelRun) (err error) {
	if !plan.Kind.Hears() {
		return nil
	}
	if plan.sound, err = c.openSound(ctx, in.InputAudio); err != nil {
		return err
	}
	opened, owned := plan.sound, new(true)
	plan.owned = owned
	c.Cleanup(func() {
		if *owned {
			_ = opened.Close() // only read
		}
	})
	return nil
}

// runArguments are the arguments of a run, to be repeated: without the content of its sound.
func (c *Call) runArguments() map[string]any {
	arguments := c.Arguments()
	if text, given := arguments[inputAudio].(string); given {
		arguments[inputAudio] = withoutContent(text)
	}
	return arguments
}

// withoutSound refuses input_audio.
func (c *Call) withoutSound(slug wiro.Slug, why string) error {
	arguments := c.Arguments()
	delete(arguments, inputAudio)
	return mcptool.Problemf("%s was not run: nothing was started or charged. %s.", slug, strings.ToUpper(why[:1])+why[1:]).
		WithNext("run_model", "the call without it", arguments)
}

// equalCall are the params under which a run is remembered: what is said to a model is part of
// the call.
func equalCall(in modelRun) map[string]any {
	if in.InputAudio == "" {
		return in.Params
	}
	params := map[string]any{}
	maps.Copy(params, in.Params)
	params["input_audio of run_model"] = in.InputAudio
	return params
}

// seconds is how long the sound of a session is: that which is sent, or an estimate of what is
// spoken.
func (p plannedRun) seconds() float64 {
	switch {
	case p.sound != nil:
		return p.sound.Seconds()
	case p.Kind == realtime.Speech:
		return spokenSeconds(p.text())
	}
	return 0
}

// text is the longest text of the params: what a model speaks.
func (p plannedRun) text() string {
	longest := ""
	for _, value := range p.Params {
		if text, ok := value.(string); ok && len(text) > len(longest) {
			longest = text
		}
	}
	return longest
}

// spokenSeconds estimates how long a text takes to be spoken: words, or signs of scripts that have
// no spaces.
func spokenSeconds(text string) float64 {
	words, signs := float64(len(strings.Fields(text))), 0.0
	for _, r := range text {
		if r >= 0x2e80 {
			signs++
		}
	}
	return math.Max(1, math.Max(words*0.4, signs*0.25))
}

// quoted is what the price depends on.
func (p plannedRun) quoted() quote.Input {
	in := quote.Input{Params: p.Params}
	switch p.Kind {
	case realtime.Speech:
		in.AudioSeconds, in.Turns = p.seconds(), 1
	case realtime.Conversation, realtime.Transcription:
		in.AudioSeconds = p.seconds()
		in.Turns = max(1, int(math.Ceil(p.seconds()/secondsPerTurn)))
	case realtime.None:
	}
	return in
}

// limit is how long the session may take once the model is ready: its sound, as much again for
// what is answered, and a reserve.
func (p plannedRun) limit() time.Duration {
	return time.Duration(3*p.seconds()*float64(time.Second)) + sessionReserve
}

// costLimit is what a session may cost; nil if there is no limit, or if the user has agreed to more.
// Under a limit per day a conversation may spend what is set aside for it: what else is left is
// for others. What a text costs is bounded by its length.
func (l *launch) costLimit(ctx context.Context) *float64 {
	if l.Charge != nil {
		return nil
	}
	most := l.limits.Narrow(mcptool.SpendingLimits{PerRun: l.in.MaxCost}).PerRun
	usd := 0.0
	if l.reserved != nil && l.plan.Kind.Hears() {
		usd = l.reserved.usd
	} else {
		today := l.spentToday(ctx)
		if today == nil {
			return most
		}
		quoted, known := l.plan.Quote.Reserve()
		usd = quoted + today.left()
		if known && l.plan.Kind.Hears() { // an earlier call set it aside: see reserve
			usd = min(usd, 2*quoted)
		}
	}
	return mcptool.SpendingLimits{PerRun: most}.Narrow(mcptool.SpendingLimits{PerRun: &usd}).PerRun
}
