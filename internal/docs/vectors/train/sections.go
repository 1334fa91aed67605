package main

import (
	"io/fs"

	"github.com/wiroai/wiro-mcp-go/internal/docs"
)

// section is a section of the documentation, in words.
type section struct {
	page      int
	questions [][]string
	text      []string // its headings, its own twice
}

// readSections reads the sections of the pages that have questions.
func readSections(pages fs.FS) ([]section, error) {
	names, err := fs.Glob(pages, "*.md")
	if err != nil {
		return nil, err
	}
	var sections []section
	for i, name := range names {
		src, err := fs.ReadFile(pages, name)
		if err != nil {
			return nil, err
		}
		p, err := docs.Parse(name, src)
		if err != nil {
			return nil, err
		}
		for _, s := range p.Sections {
			if len(s.Questions) < 2 {
				continue
			}
			n := section{page: i, text: docs.Words(p.Title + " " + s.PathText() + " " + s.Heading)}
			for _, q := range s.Questions {
				n.questions = append(n.questions, docs.Words(q))
			}
			sections = append(sections, n)
		}
	}
	return sections, nil
}
