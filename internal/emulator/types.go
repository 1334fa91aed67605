package emulator

import (
	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
	"github.com/wiroai/wiro-mcp-go/internal/emulator/tasks"
)

// What programs that use a Server name.
type (
	// Options sets up a server.
	Options = core.Options
	// Key is one project: the credentials that open it and the wallet behind it.
	Key = core.Key
	// Behavior is a way to misbehave.
	Behavior = core.Behavior
	// Exit is how a model fails.
	Exit = core.Exit
	// Request is one call that came in.
	Request = core.Request
	// RequestFile is one file of a multipart form.
	RequestFile = core.RequestFile
	// SocketMode is how the WebSocket server treats its clients.
	SocketMode = core.SocketMode
	// Stage is a status of a task or message, and the type of the event that announces it.
	Stage = core.Stage
	// Task is a task as it is at one moment.
	Task = tasks.Snapshot
)

// Projects that exist when Options.Keys is empty.
const (
	DemoKey          = core.DemoKey
	DemoSignedKey    = core.DemoSignedKey
	DemoSignedSecret = core.DemoSignedSecret
	DemoBalance      = core.DemoBalance
)

// Socket modes.
const (
	SocketNormal  = core.SocketNormal
	SocketRefuse  = core.SocketRefuse
	SocketSilent  = core.SocketSilent
	SocketGarbage = core.SocketGarbage
)

// Stages of a task, and of a message to an agent.
const (
	TaskQueue            = core.TaskQueue
	TaskAccept           = core.TaskAccept
	TaskPreprocessStart  = core.TaskPreprocessStart
	TaskPreprocessEnd    = core.TaskPreprocessEnd
	TaskAssign           = core.TaskAssign
	TaskStart            = core.TaskStart
	TaskStreamReady      = core.TaskStreamReady
	TaskOutput           = core.TaskOutput
	TaskError            = core.TaskError
	TaskStreamEnd        = core.TaskStreamEnd
	TaskCost             = core.TaskCost
	TaskOutputFull       = core.TaskOutputFull
	TaskErrorFull        = core.TaskErrorFull
	TaskEnd              = core.TaskEnd
	TaskPostprocessStart = core.TaskPostprocessStart
	TaskPostprocessEnd   = core.TaskPostprocessEnd
	TaskCancel           = core.TaskCancel

	AgentQueue  = core.AgentQueue
	AgentStart  = core.AgentStart
	AgentOutput = core.AgentOutput
	AgentEnd    = core.AgentEnd
	AgentError  = core.AgentError
	AgentCancel = core.AgentCancel
)
