package tools

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var getAgentLogs = define(Meta{
	Name:    "get_agent_logs",
	Title:   "Get an agent's logs",
	About:   "What a deployed agent did on a day (tools, schedules, messages, credits), newest last. Use it to see why something went wrong.",
	Toolset: Logs,
	More:    "Ask for fewer lines.",
}, func(ctx context.Context, call Call, in logQuery) (LogResult, error) {
	date, until, err := logDay(in.Date)
	if err != nil {
		return LogResult{}, err
	}
	var logs wiro.Logs
	if in.Full {
		if date == "" {
			date = time.Now().UTC().Format(time.DateOnly)
		}
		logs, err = call.Wiro.LogFile(ctx, in.GUID, date)
		if errors.Is(err, wiro.ErrTooLarge) {
			err = problem("The whole day is too long to be read at once: read its last events, with full left out.").
				then("get_agent_logs", "see the day's last events", map[string]any{"date": date, "lines": mostLines})
		}
	} else {
		logs, err = call.Wiro.Logs(ctx, wiro.LogQuery{UserAgentGUID: in.GUID, Date: date, Lines: in.Lines})
	}
	if err != nil {
		return LogResult{}, err
	}
	if logs.Date == "" {
		logs.Date = wiro.Text(date)
	}
	return call.logResult(logs, in, until), nil
})

type logQuery struct {
	agentGUID
	Date  string `json:"date,omitempty" doc:"YYYY-MM-DD, by default today (UTC); YYYY-MM-DDTHH:MM:SS shows what came before that moment"`
	Lines int    `json:"lines,omitempty" min:"1" max:"5000" default:"200" doc:"how many of the day's last events"`
	Full  bool   `json:"full,omitempty" doc:"true reads the whole day"`
}

// mostLines is how many events Wiro gives of a day without giving all.
//
// Wiro docs: Agent Logs, POST /UserAgent/Logs.
const mostLines = 5000

// logDay parts a date from a time of day, before which events are wanted.
func logDay(text string) (date string, until time.Time, err error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "Z")
	if text == "" {
		return "", time.Time{}, nil
	}
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text, time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.DateOnly), at, nil
		}
	}
	return "", time.Time{}, problem("date must be written as 2026-05-01, or 2026-05-01T14:30:00 for what came before that moment (UTC).")
}

var listAgentLogDates = define(Meta{
	Name:    "list_agent_log_dates",
	Title:   "List the days of an agent's logs",
	About:   "The days of which a deployed agent has logs. Wiro keeps 180.",
	Toolset: Logs,
}, func(ctx context.Context, call Call, in agentGUID) (LogDates, error) {
	dates, err := call.Wiro.LogDates(ctx, in.GUID)
	if err != nil {
		return LogDates{}, err
	}
	list := LogDates{Dates: make([]LogDate, 0, len(dates))}
	for _, d := range dates {
		list.Dates = append(list.Dates, LogDate{string(d.Date), int64(d.Size), bool(d.Compressed)})
	}
	if len(dates) > 0 {
		list.NextAction = call.next("get_agent_logs", "read the first", map[string]any{"useragentguid": in.GUID, "date": list.Dates[0].Date})
	}
	return list, nil
})

var deleteAgentLog = define(Meta{
	Name:       "delete_agent_log",
	Title:      "Delete a day of an agent's logs",
	About:      "Delete the logs of one day. Cannot be undone.",
	Toolset:    Logs,
	Effect:     Destroys,
	Idempotent: true,
}, func(ctx context.Context, call Call, in logDayRef) (LogDeletion, error) {
	deleted, err := call.Wiro.DeleteLog(ctx, in.GUID, in.Date)
	if err != nil {
		return LogDeletion{}, err
	}
	d := LogDeletion{Action: "delete", Success: true, GUID: in.GUID, Date: in.Date, Message: "The logs of " + in.Date + " are deleted."}
	if !bool(deleted.Removed.Plain) && !bool(deleted.Removed.GZ) {
		d.Message = "There are no logs of " + in.Date + "."
	}
	return d, nil
})

type logDayRef struct {
	agentGUID
	Date string `json:"date" doc:"YYYY-MM-DD, as list_agent_log_dates gives it"`
}
