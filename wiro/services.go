package wiro

// ModelsService finds models, their parameters and prices.
type ModelsService service

// RunsService runs models.
type RunsService service

// TasksService follows, stops and lists the runs of models.
type TasksService service

// FilesService uploads files.
type FilesService service
