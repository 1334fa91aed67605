package tools

import (
	"context"
	"errors"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// Reasons beside those that Wiro gives. hints says what helps for each.
const (
	unknownOutcome wiro.Reason = "unknown_outcome" // something may have been started or charged
	unreachable    wiro.Reason = "unreachable"     // nothing was sent
	disconnected   wiro.Reason = "disconnected"    // no whole answer came, to what may be repeated
	stopped        wiro.Reason = "stopped"         // the caller went away, or time was up
)

// sentinels give the reason of errors that are no refusal in Wiro's own form, such as a proxy's
// answer. They are tried in their order.
var sentinels = []struct {
	err    error
	reason wiro.Reason
}{
	{wiro.ErrUnauthorized, wiro.ReasonUnauthorized},
	{wiro.ErrForbidden, wiro.ReasonForbidden},
	{wiro.ErrRateLimited, wiro.ReasonRateLimited},
	{wiro.ErrUnreachable, unreachable},
	{wiro.ErrUnavailable, wiro.ReasonUnavailable},
	{context.DeadlineExceeded, stopped},
	{context.Canceled, stopped},
	{wiro.ErrDisconnected, disconnected},
}

// reasonOf names why something did not work; "" where that is not known.
func reasonOf(err error) wiro.Reason {
	if errors.Is(err, wiro.ErrUnknownOutcome) {
		return unknownOutcome
	}
	if reason := wiro.ReasonOf(err); reason != "" && reason != wiro.ReasonOther {
		return reason
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.reason
		}
	}
	return ""
}
