package agents

import (
	"slices"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (a *Agents) installLogs() {
	a.serve("UserAgent/Logs", a.tailLogs)
	a.serve("UserAgent/LogsFile", a.logsFile)
	a.serve("UserAgent/LogsList", a.listLogs)
	a.serve("UserAgent/LogsDelete", a.deleteLogs)
}

// A logEvent is one line of an instance's activity.
//
// Wiro docs: Agent Logs, ActivityEvent Shape.
type logEvent struct {
	Time    int64       `json:"ts"`
	Kind    string      `json:"kind"`
	Action  string      `json:"action"`
	Skill   *string     `json:"skill"`
	Session *string     `json:"session"`
	UUID    string      `json:"userUuid"`
	User    *core.Actor `json:"user"`
	Details core.Object `json:"details"`
}

const (
	dateFormat      = "2006-01-02"
	compressedAfter = 7 * day
	deletedAfter    = 181 * day
	maxLogLines     = 50_000
	logsCacheTime   = 30 * time.Second
)

// log writes a line.
func (a *Agents) log(u *userAgent, e logEvent) { a.logAt(u, e, a.now()) }

func (a *Agents) logAt(u *userAgent, e logEvent, at time.Time) {
	e.Time = at.Unix()
	if e.UUID == "" {
		e.UUID = system
	}
	if e.Details == nil {
		e.Details = core.Object{}
	}
	if u.logs == nil {
		u.logs = map[string][]logEvent{}
	}
	date := at.UTC().Format(dateFormat)
	if len(u.logs[date]) < maxLogLines {
		u.logs[date] = append(u.logs[date], e)
	}
}

// by names the person behind an event.
func (e logEvent) by(p *core.Project) logEvent {
	if p != nil {
		e.UUID, e.User = p.UUID(), p.Actor()
	}
	return e
}

// logged finds the instance and the date that a call is about.
func (a *Agents) logged(c *core.Call, fallback string) (u *userAgent, date string, err error) {
	if u, err = a.instance(c, "useragentguid", errDenied); err != nil {
		return nil, "", err
	}
	if date = c.Args.Text("date"); date == "" {
		date = fallback
	}
	if date == "" {
		return nil, "", core.Required("date")
	}
	if _, err := time.Parse(dateFormat, date); err != nil {
		return nil, "", core.Fail(0, "date must be YYYY-MM-DD")
	}
	return u, date, nil
}

// cachedLogs is an answer of Logs that stands for a while.
type cachedLogs struct {
	lines int
	until time.Time
	out   core.Fields
}

// tailLogs answers POST /UserAgent/Logs, newest first. Like the API it repeats an answer
// for half a minute, at pace 1; at pace 0 never.
func (a *Agents) tailLogs(c *core.Call) (core.Fields, error) {
	u, date, err := a.logged(c, a.now().UTC().Format(dateFormat))
	if err != nil {
		return nil, err
	}
	lines := min(c.Args.Int("lines", 200), 5000)
	if kept, found := u.logsCache[date]; found && kept.lines == lines && a.now().Before(kept.until) {
		return slices.Clone(kept.out), nil
	}
	all := u.logs[date]
	events := slices.Clone(all[max(0, len(all)-lines):])
	slices.Reverse(events)
	out := core.Fields{{"date", date}, {"totalLines", len(all)}, {"events", slices.Concat([]logEvent{}, events)}}
	if u.logsCache == nil {
		u.logsCache = map[string]cachedLogs{}
	}
	life := time.Duration(float64(logsCacheTime) * a.server.Options.Pace)
	u.logsCache[date] = cachedLogs{lines, a.now().Add(life), slices.Clone(out)}
	return out, nil
}

// logsFile answers POST /UserAgent/LogsFile, oldest first.
func (a *Agents) logsFile(c *core.Call) (core.Fields, error) {
	u, date, err := a.logged(c, "")
	if err != nil {
		return nil, err
	}
	events := slices.Concat([]logEvent{}, u.logs[date])
	return core.Fields{{"date", date}, {"truncated", len(events) >= maxLogLines}, {"events", events}}, nil
}

// listLogs answers POST /UserAgent/LogsList, newest first.
func (a *Agents) listLogs(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errDenied)
	if err != nil {
		return nil, err
	}
	dates := []core.Object{}
	for _, date := range slices.Backward(sortedKeys(u.logs)) {
		name, size, packed := date+".jsonl", 0, a.compressed(date)
		for _, e := range u.logs[date] {
			size += len(core.Encode(e)) + 1
		}
		if packed {
			name, size = name+".gz", size/4
		}
		dates = append(dates, core.Object{{"date", date}, {"filename", name}, {"size", size}, {"compressed", packed}})
	}
	return core.Fields{{"dates", dates}}, nil
}

func (a *Agents) compressed(date string) bool {
	at, err := time.Parse(dateFormat, date)
	return err == nil && a.now().Sub(at) >= compressedAfter
}

// deleteLogs answers POST /UserAgent/LogsDelete. A date without a log is no error.
func (a *Agents) deleteLogs(c *core.Call) (core.Fields, error) {
	u, date, err := a.logged(c, "")
	if err != nil {
		return nil, err
	}
	_, found := u.logs[date]
	packed := a.compressed(date)
	delete(u.logs, date)
	delete(u.logsCache, date)
	return core.Fields{{"date", date}, {"removed", core.Object{{"plain", found && !packed}, {"gz", found && packed}}}}, nil
}

// rotateLogs forgets what is too old.
func (a *Agents) rotateLogs(u *userAgent) {
	for date := range u.logs {
		if at, err := time.Parse(dateFormat, date); err == nil && a.now().Sub(at) >= deletedAfter {
			delete(u.logs, date)
		}
	}
}
