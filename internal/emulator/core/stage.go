package core

// A Stage is a status of a task, and the type of the event that announces it.
//
// Wiro docs: Tasks, Task Lifecycle.
type Stage string

// Stages of a task, in their order. TaskOutput and TaskError come any number of times;
// TaskStreamReady, TaskStreamEnd and TaskCost belong to realtime models; TaskCancel ends
// a task from anywhere.
const (
	TaskQueue            Stage = "task_queue"
	TaskAccept           Stage = "task_accept"
	TaskPreprocessStart  Stage = "task_preprocess_start"
	TaskPreprocessEnd    Stage = "task_preprocess_end"
	TaskAssign           Stage = "task_assign"
	TaskStart            Stage = "task_start"
	TaskStreamReady      Stage = "task_stream_ready"
	TaskOutput           Stage = "task_output"
	TaskError            Stage = "task_error"
	TaskStreamEnd        Stage = "task_stream_end"
	TaskCost             Stage = "task_cost"
	TaskOutputFull       Stage = "task_output_full"
	TaskErrorFull        Stage = "task_error_full"
	TaskEnd              Stage = "task_end"
	TaskPostprocessStart Stage = "task_postprocess_start"
	TaskPostprocessEnd   Stage = "task_postprocess_end"
	TaskCancel           Stage = "task_cancel"
)

// Killable reports whether a worker runs the task: "any status after assign".
func (s Stage) Killable() bool {
	switch s {
	case TaskQueue, TaskAccept, TaskPreprocessStart, TaskPreprocessEnd, TaskError, TaskPostprocessEnd, TaskCancel:
		return false
	default:
		return true
	}
}

// Stages of a message to an agent. AgentOutput comes any number of times; AgentEnd,
// AgentError and AgentCancel are the last.
//
// A Behavior of "UserAgent/Message/Send" works on messages as it does on tasks: FailWith
// makes the agent fail with a string, NoOutputs with the object of an answer that is none;
// HoldAt, AwaitSubscriber, Seconds, DropSocketAt, RefuseSocket, LoseFinalEvent, Silent,
// Duplicate and Garbage as they say. HoldAt and FailWith work on "UserAgent/Start" too:
// AgentQueue keeps an agent queued, AgentStart keeps it starting.
//
// Wiro docs: Agent Messaging, Message Lifecycle.
const (
	AgentQueue  Stage = "agent_queue"
	AgentStart  Stage = "agent_start"
	AgentOutput Stage = "agent_output"
	AgentEnd    Stage = "agent_end"
	AgentError  Stage = "agent_error"
	AgentCancel Stage = "agent_cancel"
)
