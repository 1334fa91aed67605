package tools

func escapeURL(a string) string { return a }
