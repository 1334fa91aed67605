package wiro

import (
	"context"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

var (
	agentLogs       = wire.Endpoint("UserAgent/Logs", wire.Safe, wire.ShortTimeout)
	agentLogsFile   = wire.Endpoint("UserAgent/LogsFile", wire.Safe, wire.LongTimeout)
	agentLogsList   = wire.Endpoint("UserAgent/LogsList", wire.Safe, wire.ShortTimeout)
	agentLogsDelete = wire.Endpoint("UserAgent/LogsDelete", wire.Idempotent, wire.ShortTimeout)
)

// LogsService reads what deployed agents did: tool calls, scheduled tasks, messages. Its calls
// cost nothing. Wiro keeps a log of each day for 180 days.
//
// Wiro docs: Agent Logs.
type LogsService service

// LogEvent is something that an agent did.
//
// Wiro docs: Agent Logs (ActivityEvent Shape).
type LogEvent struct {
	At       time.Time      `json:"ts,omitzero"`
	Kind     string         `json:"kind"`     // tool, turn, session, message, cron, deduct or system
	Action   string         `json:"action"`   // such as wordpress-publish
	Skill    string         `json:"skill"`    // "" for what the system did
	Session  string         `json:"session"`  // of a conversation
	UserUUID string         `json:"userUuid"` // of the user who caused it, or system
	User     *User          `json:"user"`     // nil for Wiro itself and for deleted accounts
	Details  map[string]any `json:"details"`  // numbers are json.Number
}

// AgentLog is what an agent did on a day.
type AgentLog struct {
	Date      string     `json:"date"`       // YYYY-MM-DD
	Total     int64      `json:"totalLines"` // events of the day, from Tail; 0 from Day
	Truncated bool       `json:"truncated"`  // from Day: the oldest events of the day are lost
	Events    []LogEvent `json:"events"`
}

// LogQuery asks for the last events of a day.
type LogQuery struct {
	UserAgentGUID string `json:"useragentguid"`
	Date          string `json:"date,omitempty"`  // YYYY-MM-DD, UTC; today if empty
	Lines         int    `json:"lines,omitempty"` // 200 if 0, 5000 at most
}

// Tail returns the last events of a day, newest first. Wiro repeats its response to an equal
// query for 30 seconds.
//
// Wiro docs: Agent Logs, POST /UserAgent/Logs.
func (s *LogsService) Tail(ctx context.Context, query LogQuery) (AgentLog, error) {
	if err := require("useragentguid", query.UserAgentGUID); err != nil {
		return AgentLog{}, err
	}
	return call[AgentLog](ctx, s.client, agentLogs, query)
}

// logDay names a day (YYYY-MM-DD) of an agent.
type logDay struct {
	UserAgentGUID string `json:"useragentguid"`
	Date          string `json:"date"`
}

func (d logDay) check() error {
	return requireAll("useragentguid", d.UserAgentGUID, "date", d.Date)
}

// Day returns every event of a day (YYYY-MM-DD), oldest first, about 50,000 at most.
//
// Wiro docs: Agent Logs, POST /UserAgent/LogsFile.
func (s *LogsService) Day(ctx context.Context, userAgentGUID, date string) (AgentLog, error) {
	day := logDay{userAgentGUID, date}
	if err := day.check(); err != nil {
		return AgentLog{}, err
	}
	return call[AgentLog](ctx, s.client, agentLogsFile, day)
}

// LogDay is a day with a log.
type LogDay struct {
	Date       string `json:"date"` // YYYY-MM-DD
	FileName   string `json:"filename"`
	Size       int64  `json:"size"` // bytes as stored
	Compressed bool   `json:"compressed"`
}

// Days returns the days with a log, newest first.
//
// Wiro docs: Agent Logs, POST /UserAgent/LogsList.
func (s *LogsService) Days(ctx context.Context, userAgentGUID string) ([]LogDay, error) {
	if err := require("useragentguid", userAgentGUID); err != nil {
		return nil, err
	}
	answer, err := call[struct {
		Dates []LogDay `json:"dates"`
	}](ctx, s.client, agentLogsList, byUserAgent{userAgentGUID})
	return answer.Dates, err
}

// DeletedLog says which files of a day were there to delete.
type DeletedLog struct {
	Date    string `json:"date"`
	Removed struct {
		Plain bool `json:"plain"`
		GZ    bool `json:"gz"`
	} `json:"removed"`
}

// Delete deletes the log of a day (YYYY-MM-DD) for good. A day without a log is no error.
//
// Wiro docs: Agent Logs, POST /UserAgent/LogsDelete.
func (s *LogsService) Delete(ctx context.Context, userAgentGUID, date string) (DeletedLog, error) {
	day := logDay{userAgentGUID, date}
	if err := day.check(); err != nil {
		return DeletedLog{}, err
	}
	return call[DeletedLog](ctx, s.client, agentLogsDelete, day)
}
