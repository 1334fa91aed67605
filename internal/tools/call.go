package tools

import (
	"context"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// Call is what a handler works with: Wiro as the caller, and the call's own circumstances.
type Call struct {
	*Options
	Wiro *wiro.Client // with the caller's credentials

	yeses     *yeses
	keyed     bool // Wiro charges it once, however often it comes, by an idempotency key
	tool      string
	on        func(tool string) bool // whether the caller can call that tool too
	client    string                 // the MCP client's name; "" where it did not say
	report    ReportFunc
	request   mcp.CallToolRequest
	canElicit bool
	canOpen   bool // URLs in the user's browser
}

// ReportFunc takes news of a call that takes its time: how far it is, of how much (0 where
// unknown), and what is going on.
type ReportFunc func(progress, total float64, message string)

// heartbeat is the longest silence towards a client that asked for progress: less than the 10 s
// that clients may count on.
const heartbeat = 9 * time.Second

// progress reports rising values, each with news, at least one every heartbeat.
type progress struct {
	report ReportFunc
	start  time.Time
	stop   func()

	mu      sync.Mutex
	value   float64
	total   float64
	message string
	beat    *time.Timer
}

// startProgress returns a progress that does nothing where nobody listens. The caller stops it.
func (c *Call) startProgress() *progress {
	p := &progress{report: c.report, start: time.Now(), stop: func() {}}
	if c.report == nil {
		return p
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beat = time.AfterFunc(heartbeat, p.pulse)
	p.stop = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.beat.Stop()
		p.report = nil
	}
	return p
}

// tell reports news. A value that does not rise is raised a little, as the protocol asks;
// the same news twice is left out.
func (p *progress) tell(value, total float64, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.report == nil || message == p.message {
		return
	}
	p.message, p.total = message, max(p.total, total)
	p.send(value, message)
}

// pulse says that the call still goes on.
func (p *progress) pulse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.report == nil {
		return
	}
	message := p.message
	if message == "" {
		message = "waiting"
	}
	p.send(p.value, message+" ("+time.Since(p.start).Round(time.Second).String()+" so far)")
}

func (p *progress) send(value float64, message string) {
	if least := math.Nextafter(p.value, math.Inf(1)) + 0.001; value < least {
		value = least
	}
	if p.total > 0 {
		value = min(value, max(p.total, p.value+0.001))
	}
	p.value = math.Round(value*1000) / 1000
	p.beat.Reset(heartbeat)
	p.report(p.value, p.total, message)
}

// reporter sends progress notifications to the client, where it gave a token for them.
func reporter(ctx context.Context, r mcp.CallToolRequest) ReportFunc {
	notify := notifierFrom(ctx)
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

// clientOf returns what the client declared: its name and whether it can ask its user.
func clientOf(ctx context.Context, header http.Header) (name string, capabilities mcp.ClientCapabilities) {
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		if info.ClientInfo != nil {
			name = info.ClientInfo.Name
		}
		if info.ClientCapabilities != nil {
			capabilities = *info.ClientCapabilities
		}
	} else if session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		name, capabilities = session.GetClientInfo().Name, session.GetClientCapabilities()
	}
	if name == "" {
		name = header.Get("User-Agent")
	}
	return name, capabilities
}
