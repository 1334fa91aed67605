package wiro

import "context"

var (
	agentLogs       = endpoint("UserAgent/Logs", read, quick)
	agentLogsFile   = endpoint("UserAgent/LogsFile", read, slow)
	agentLogsList   = endpoint("UserAgent/LogsList", read, quick)
	agentLogsDelete = endpoint("UserAgent/LogsDelete", write, quick)
)

// LogEvent is something that an agent did.
//
// Wiro docs: Agent Logs (ActivityEvent Shape).
type LogEvent struct {
	At       Time    `json:"ts"`
	Kind     Text    `json:"kind"`     // tool, turn, session, message, cron, deduct or system
	Action   Text    `json:"action"`   // such as wordpress-publish
	Skill    Text    `json:"skill"`    // "" for what the system did
	Session  Text    `json:"session"`  // of a conversation
	UserUUID Text    `json:"userUuid"` // who caused it; system for Wiro itself
	User     *Person `json:"user"`
	Details  Object  `json:"details"`
}

// Logs is what an agent did on a day.
type Logs struct {
	Date      Text           `json:"date"`       // YYYY-MM-DD
	Total     Int            `json:"totalLines"` // of the day; 0 from LogFile
	Truncated Bool           `json:"truncated"`  // of LogFile: the oldest of the day are lost
	Events    List[LogEvent] `json:"events"`
}

// LogQuery asks for the last Lines events of a day: today (UTC) where Date is empty, Wiro's
// own 200 where Lines is 0, 5000 at most.
type LogQuery struct {
	UserAgentGUID string `json:"useragentguid"`
	Date          string `json:"date,omitempty"` // YYYY-MM-DD
	Lines         int    `json:"lines,omitempty"`
}

// Logs returns the last things that an agent did on a day, newest first. Wiro remembers the
// answer to the same question for 30 seconds.
//
// Wiro docs: Agent Logs, POST /UserAgent/Logs.
func (c *Client) Logs(ctx context.Context, q LogQuery) (Logs, error) {
	if err := given("useragentguid", q.UserAgentGUID); err != nil {
		return Logs{}, err
	}
	return call[Logs](ctx, c, agentLogs, q)
}

// LogFile returns everything that an agent did on a day, oldest first; about 50,000 events
// at most.
//
// Wiro docs: Agent Logs, POST /UserAgent/LogsFile.
func (c *Client) LogFile(ctx context.Context, guid, date string) (Logs, error) {
	day, err := agentDay(guid, date)
	if err != nil {
		return Logs{}, err
	}
	return call[Logs](ctx, c, agentLogsFile, day)
}

// agentDay names a day of an agent.
func agentDay(guid, date string) (any, error) {
	if err := allGiven("useragentguid", guid, "date", date); err != nil {
		return nil, err
	}
	return struct {
		byUserAgent
		Date string `json:"date"`
	}{byUserAgent{guid}, date}, nil
}

// LogDate is a day of which there are logs.
type LogDate struct {
	Date       Text `json:"date"` // YYYY-MM-DD
	FileName   Text `json:"filename"`
	Size       Int  `json:"size"` // bytes, as stored
	Compressed Bool `json:"compressed"`
}

// LogDates lists the days of which there are logs, newest first. Wiro keeps 180.
//
// Wiro docs: Agent Logs, POST /UserAgent/LogsList.
func (c *Client) LogDates(ctx context.Context, guid string) ([]LogDate, error) {
	if err := given("useragentguid", guid); err != nil {
		return nil, err
	}
	answer, err := call[struct {
		Dates List[LogDate] `json:"dates"`
	}](ctx, c, agentLogsList, byUserAgent{guid})
	return answer.Dates, err
}

// DeletedLog says which files of a day were there to delete; none is no error.
type DeletedLog struct {
	Date    Text `json:"date"`
	Removed struct {
		Plain Bool `json:"plain"`
		GZ    Bool `json:"gz"`
	} `json:"removed"`
}

// DeleteLog deletes the logs of a day for good.
//
// Wiro docs: Agent Logs, POST /UserAgent/LogsDelete.
func (c *Client) DeleteLog(ctx context.Context, guid, date string) (DeletedLog, error) {
	day, err := agentDay(guid, date)
	if err != nil {
		return DeletedLog{}, err
	}
	return call[DeletedLog](ctx, c, agentLogsDelete, day)
}
