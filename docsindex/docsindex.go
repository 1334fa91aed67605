// Package docsindex holds the documentation pages of Wiro that ship inside the binary: Markdown
// with front matter, one file a page, and with each section the questions it answers. Package
// internal/docs parses and searches them.
package docsindex

import (
	"embed"
	"io/fs"
)

//go:embed pages/*.md
var pages embed.FS

// Pages returns the pages as a flat folder of files named after their slug: tasks.md, files.md, and
// so on. Nothing is read before a file is opened.
func Pages() fs.FS {
	sub, err := fs.Sub(pages, "pages")
	if err != nil { // the folder's name is a constant
		panic(err)
	}
	return sub
}
