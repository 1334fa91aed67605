package emulator

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

// killable reports whether a worker runs the task: "any status after assign".
func (s Stage) killable() bool {
	switch s {
	case TaskQueue, TaskAccept, TaskPreprocessStart, TaskPreprocessEnd, TaskError, TaskPostprocessEnd, TaskCancel:
		return false
	default:
		return true
	}
}
