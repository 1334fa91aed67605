package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// LogResult is what an agent did on a day, newest last.
type LogResult struct {
	Date       string              `json:"date"`
	Events     []LogLine           `json:"events"`
	Total      int                 `json:"total"` // of the day, as far as Wiro says
	Older      int                 `json:"olderNotShown,omitempty"`
	Note       string              `json:"note,omitempty"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// LogLine is something that an agent did.
type LogLine struct {
	At      string         `json:"at"`
	Kind    string         `json:"kind"`
	Action  string         `json:"action"`
	Skill   string         `json:"skill,omitempty"`
	Session string         `json:"sessionkey,omitempty"`
	By      string         `json:"by,omitempty"`
	Details map[string]any `json:"details,omitempty"`
	unix    int64
}

// logCap is how many characters of events a result holds, in its larger form.
const logCap = 40_000

func logLine(e wiro.LogEvent) LogLine {
	line := LogLine{
		At: moment(e.At), Kind: e.Kind, Action: e.Action, Skill: e.Skill,
		Session: e.Session, By: e.User.Name(), unix: e.At.Unix(),
	}
	line.Details = details(e.Details)
	return line
}

// details are the members of an object that somebody else made, short and without secrets.
func details(object map[string]any) map[string]any {
	if len(object) == 0 {
		return nil
	}
	short := make(map[string]any, len(object))
	hidden, _ := redactSecrets(object).(map[string]any)
	for name, value := range hidden {
		short[name] = detail(value)
	}
	return short
}

// detail shortens a value and hides what its text gives away.
func detail(value any) any {
	const most = 300
	switch v := value.(type) {
	case string:
		return mcptool.Clip(redactText(v), most)
	case []any, map[string]any:
		data, err := mcptool.Marshal(v)
		if err != nil {
			return nil
		}
		if text := redactText(string(data)); len(data) > most || text != string(data) {
			return mcptool.Clip(text, most)
		}
	}
	return value
}

// logResult keeps the newest events that fit, and says how to go on to older ones.
func (c *Call) logResult(logs wiro.AgentLog, in logQuery, until time.Time) LogResult {
	r := LogResult{Date: logs.Date, Total: max(int(logs.Total), len(logs.Events))}
	events := slices.Clone(logs.Events)
	if n := len(events); n > 1 && events[0].At.After(events[n-1].At) {
		slices.Reverse(events) // Logs begins with the newest
	}
	if !until.IsZero() {
		events = slices.DeleteFunc(events, func(e wiro.LogEvent) bool { return !e.At.Before(until) })
	}
	size, first := 0, len(events)
	for first > 0 {
		line := logLine(events[first-1])
		data, err := mcptool.Marshal(line)
		if err != nil {
			data = nil // plain values always encode
		}
		if size += len(data) + 1; size > logCap && len(r.Events) > 0 {
			break
		}
		r.Events = append(r.Events, line)
		first--
	}
	slices.Reverse(r.Events)
	if r.Events == nil {
		r.Events = []LogLine{}
	}
	if first > 0 {
		c.cutLogs(&r, in, first)
	} else if !in.Full && until.IsZero() && r.Total > len(logs.Events) {
		r.Older = r.Total - len(logs.Events)
		r.NextAction = c.Next("get_agent_logs", "see the whole day", map[string]any{"useragentguid": in.GUID, "date": r.Date, "full": true})
	}
	if logs.Truncated {
		r.Note = strings.TrimSpace(r.Note + " Wiro itself keeps only the day's last 50,000 events or so.")
	}
	return r
}

// cutLogs notes that older events did not fit, and how to see them: from the first moment on
// of which all events are shown.
func (c *Call) cutLogs(r *LogResult, in logQuery, older int) {
	at := r.Events[0].unix
	if i := slices.IndexFunc(r.Events, func(l LogLine) bool { return l.unix != at }); i > 0 {
		older += i
		r.Events = r.Events[i:]
		at = r.Events[0].unix
	}
	r.Older = older
	r.Note = fmt.Sprintf("%s of the day %s left out: too long for one answer.", mcptool.Count(older, "older event"), isAre(older))
	before := time.Unix(at, 0).UTC().Format("2006-01-02T15:04:05")
	r.NextAction = c.Next("get_agent_logs", "see what came before", map[string]any{"useragentguid": in.GUID, "date": before, "full": true})
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// Text is a line an event, newest last.
func (r LogResult) Text() string {
	if len(r.Events) == 0 {
		return mcptool.TextWithNext("Nothing is logged on "+r.Date+". list_agent_log_dates lists the days with logs.", r.NextAction)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, newest last:\n", mcptool.Count(len(r.Events), "event"), r.Date)
	if r.Older > 0 {
		fmt.Fprintf(&b, "(%d older)\n", r.Older)
	}
	for _, e := range r.Events {
		b.WriteString(e.line() + "\n")
	}
	if r.Note != "" {
		b.WriteString(r.Note + "\n")
	}
	return mcptool.TextWithNext(b.String(), r.NextAction)
}

func (l LogLine) line() string {
	text := l.At + " " + l.Kind + " " + l.Action
	if l.Skill != "" {
		text += " (" + l.Skill + ")"
	}
	if l.Session != "" {
		text += " in " + l.Session
	}
	if l.By != "" {
		text += " by " + l.By
	}
	for i, name := range slices.Sorted(maps.Keys(l.Details)) {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		value, err := mcptool.Marshal(l.Details[name])
		if err != nil {
			continue
		}
		text += separator + name + "=" + strings.Trim(string(value), `"`)
	}
	return text
}

// LogDates is the days of which there are logs.
type LogDates struct {
	Dates      []LogDate           `json:"dates"`
	NextAction *mcptool.NextAction `json:"nextAction,omitempty"`
}

// LogDate is a day of which there are logs.
type LogDate struct {
	Date       string `json:"date"`
	SizeBytes  int64  `json:"sizeBytes"` // as stored
	Compressed bool   `json:"compressed,omitempty"`
}

// Text is a line a day.
func (l LogDates) Text() string {
	if len(l.Dates) == 0 {
		return "This agent has no logs yet: they begin when it first runs."
	}
	var b strings.Builder
	b.WriteString(mcptool.Count(len(l.Dates), "day") + ":\n")
	for _, d := range l.Dates {
		fmt.Fprintf(&b, "- %s · %s\n", d.Date, mcptool.Size(d.SizeBytes))
	}
	return mcptool.TextWithNext(b.String(), l.NextAction)
}

// LogDeletion is a day of logs that was deleted.
type LogDeletion struct {
	mcptool.ActionResult
	GUID string `json:"useragentguid"`
	Date string `json:"date"`
}
