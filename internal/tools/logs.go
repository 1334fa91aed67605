package tools

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

var getAgentLogsTool = define(mcptool.Meta{
	Name:           "get_agent_logs",
	Title:          "Get an agent's logs",
	Description:    "Show what an agent did on a day, its log: tools, tasks, messages, credits, newest last. Shows why something went wrong.",
	Toolset:        Logs,
	TruncationHint: "Ask for fewer lines.",
	Examples:       []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "lines": 200}`}},
}, getAgentLogs)

func getAgentLogs(ctx context.Context, call *Call, in logQuery) (LogResult, error) {
	date, until, err := logDay(in.Date)
	if err != nil {
		return LogResult{}, err
	}
	var logs wiro.AgentLog
	if in.Full {
		if date == "" {
			date = time.Now().UTC().Format(time.DateOnly)
		}
		logs, err = call.Wiro.Logs.Day(ctx, in.GUID, date)
		if errors.Is(err, wiro.ErrTooLarge) {
			err = mcptool.Problemf("The whole day is too long to be read at once: read its last events, with full left out.").
				WithNext("get_agent_logs", "see the day's last events", map[string]any{"date": date, "lines": mostLines})
		}
	} else {
		logs, err = call.Wiro.Logs.Tail(ctx, wiro.LogQuery{UserAgentGUID: in.GUID, Date: date, Lines: in.Lines})
	}
	if err != nil {
		return LogResult{}, err
	}
	if logs.Date == "" {
		logs.Date = date
	}
	return call.logResult(logs, in, until), nil
}

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
	return "", time.Time{}, mcptool.Problemf("date must be written as 2026-05-01, or 2026-05-01T14:30:00 for what came before that moment (UTC).")
}

var listAgentLogDatesTool = define(mcptool.Meta{
	Name:        "list_agent_log_dates",
	Title:       "List the days of an agent's logs",
	Description: "Days with logs of a deployed agent. Wiro keeps 180.",
	Toolset:     Logs,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321"}`}},
}, listAgentLogDates)

func listAgentLogDates(ctx context.Context, call *Call, in agentGUID) (LogDates, error) {
	dates, err := call.Wiro.Logs.Days(ctx, in.GUID)
	if err != nil {
		return LogDates{}, err
	}
	list := LogDates{Dates: make([]LogDate, 0, len(dates))}
	for _, d := range dates {
		list.Dates = append(list.Dates, LogDate{d.Date, d.Size, d.Compressed})
	}
	if len(dates) > 0 {
		list.NextAction = call.Next("get_agent_logs", "read the first", map[string]any{"useragentguid": in.GUID, "date": list.Dates[0].Date})
	}
	return list, nil
}

var deleteAgentLogTool = define(mcptool.Meta{
	Name:        "delete_agent_log",
	Title:       "Delete a day of an agent's logs",
	Description: "Delete the logs of one day. Cannot be undone.",
	Toolset:     Logs,
	Effect:      mcptool.Destroys,
	Idempotent:  true,
	Examples:    []mcptool.Example{{Arguments: `{"useragentguid": "f8e7d6c5-b4a3-2190-fedc-ba0987654321", "date": "2026-05-01"}`}},
}, deleteAgentLog)

func deleteAgentLog(ctx context.Context, call *Call, in logDayRef) (LogDeletion, error) {
	deleted, err := call.Wiro.Logs.Delete(ctx, in.GUID, in.Date)
	if err != nil {
		return LogDeletion{}, err
	}
	message := "The logs of " + in.Date + " are deleted."
	if !deleted.Removed.Plain && !deleted.Removed.GZ {
		message = "There are no logs of " + in.Date + "."
	}
	return LogDeletion{ActionResult: mcptool.Done(message), GUID: in.GUID, Date: in.Date}, nil
}

type logDayRef struct {
	agentGUID
	Date string `json:"date" doc:"YYYY-MM-DD, as list_agent_log_dates gives it"`
}
