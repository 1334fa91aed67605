package mcptool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Notifier sends a notification to the client whose request this is, in order and before the
// request's answer. A notification that cannot be sent is lost.
type Notifier func(method string, params map[string]any)

// ProgressFunc receives the progress of a call: how far it is, of how much (0 where unknown),
// and what is going on.
type ProgressFunc func(progress, total float64, message string)

// heartbeat is the longest silence towards a client that asked for progress: clients may
// count on 10 s.
const heartbeat = 9 * time.Second

// Progress reports how far a call is: rising values, each with a message, at least one every
// heartbeat.
type Progress struct {
	report ProgressFunc
	start  time.Time

	mu      sync.Mutex
	value   float64
	total   float64
	message string
	beat    *time.Timer

	usual   time.Duration // that what goes on usually takes; 0 if not known
	expects time.Time     // when it began
}

// StartProgress starts reporting the call's progress; it does nothing if no client asked for progress.
// The caller stops it.
func (c *Call) StartProgress() *Progress {
	p := &Progress{start: time.Now()}
	if c.progress != nil {
		p.report = func(progress, total float64, message string) {
			c.progress(progress, total, c.plain().text(message, false))
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.beat = time.AfterFunc(heartbeat, p.pulse)
	}
	return p
}

// Stop ends the reports.
func (p *Progress) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.beat != nil {
		p.beat.Stop()
	}
	p.report = nil
}

// Update reports a value. One that does not rise is raised a little, as the protocol asks; a
// message that repeats the last one is left out.
func (p *Progress) Update(value, total float64, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.report == nil || message == p.message {
		return
	}
	p.message, p.total = message, max(p.total, total)
	p.send(value, message)
}

// Wanted reports whether a client asked for progress.
func (p *Progress) Wanted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.report != nil
}

// Expect says how long what goes on since began usually takes. Until the next Expect, the silence
// between updates is filled with how much of that has passed: "running, 40%, about 15s left, usually
// 25s". 0 ends that.
func (p *Progress) Expect(usual time.Duration, began time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.usual = usual; p.report == nil || usual <= 0 {
		return
	}
	p.expects = began
	if time.Since(began) >= p.interval() {
		p.beat.Reset(0) // that it began a while ago is news
		return
	}
	p.beat.Reset(p.interval())
}

// interval is the longest silence.
func (p *Progress) interval() time.Duration {
	if p.usual > 0 {
		return min(heartbeat, max(time.Second, p.usual/10))
	}
	return heartbeat
}

// pulse says that the call still goes on.
func (p *Progress) pulse() {
	const most = 95 // percent: a guess is never done
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.report == nil {
		return
	}
	message := p.message
	if message == "" {
		message = "waiting"
	}
	value, passed := p.value, time.Since(p.start)
	switch since := time.Since(p.expects); {
	case p.usual > 0 && since < p.usual:
		percent := math.Floor(100 * float64(since) / float64(p.usual))
		value = max(value, min(percent, most))
		left := max((p.usual - since).Round(time.Second), time.Second)
		message += fmt.Sprintf(", %.0f%%, about %s left, usually %s", percent, left, p.usual.Round(time.Second))
	case p.usual > 0:
		message += fmt.Sprintf(", %s so far, usually %s", since.Round(time.Second), p.usual.Round(time.Second))
	default:
		message += " (" + passed.Round(time.Second).String() + " so far)"
	}
	p.send(value, message)
}

func (p *Progress) send(value float64, message string) {
	if least := math.Nextafter(p.value, math.Inf(1)) + 0.001; value < least {
		value = least
	}
	if p.total > 0 {
		value = min(value, max(p.total, p.value+0.001))
	}
	p.value = math.Round(value*1000) / 1000
	p.beat.Reset(p.interval())
	p.report(p.value, p.total, message)
}

// progressOf returns where the progress of a request goes: to the scope's function, or to the
// client where it gave a token; nil if it asked for none.
func progressOf(ctx context.Context, scope Scope, r mcp.CallToolRequest) ProgressFunc {
	if scope.Progress != nil {
		return scope.Progress
	}
	notify := scope.Notify
	if notify == nil {
		notify = sessionNotifier(ctx)
	}
	if r.Params.Meta == nil || r.Params.Meta.ProgressToken == nil || notify == nil {
		return nil
	}
	token := r.Params.Meta.ProgressToken
	return func(progress, total float64, message string) {
		params := map[string]any{"progressToken": token, "progress": progress, "message": message}
		if total > 0 {
			params["total"] = total
		}
		notify("notifications/progress", params)
	}
}

// readWithin is how long a client may leave a full queue unread before it misses
// notifications.
const readWithin = time.Second

// sessionNotifier sends through the mcp-go session of the context; nil where it has none.
// mcp-go drops a notification when many calls have filled the session's queue: this waits for
// a place.
func sessionNotifier(ctx context.Context) Notifier {
	s := server.ServerFromContext(ctx)
	if s == nil {
		return nil
	}
	return func(method string, params map[string]any) {
		err := s.SendNotificationToClient(ctx, method, params)
		session := server.ClientSessionFromContext(ctx)
		if session == nil || !errors.Is(err, server.ErrNotificationChannelBlocked) {
			return // sent, or there is no client to send it to
		}
		timer := time.NewTimer(readWithin)
		defer timer.Stop()
		select {
		case session.NotificationChannel() <- mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
			Method: method, Params: mcp.NotificationParams{AdditionalFields: params},
		}}:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}
