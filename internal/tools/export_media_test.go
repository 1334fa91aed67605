package tools

// NotSaved is what is said of files that could not be saved.
func NotSaved(local LocalFiles, err error) string { return (&Call{Local: local}).notSaved(err) }
