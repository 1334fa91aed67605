package docs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path"
	"strings"
)

// indexFile is the index of a site's pages, as the llms.txt convention has it.
const indexFile = "llms.txt"

// Dir returns the source of the Markdown files (*.md) in a folder and below it. An llms.txt at its top
// gives the pages that it links their addresses.
func Dir(folder string) Source { return &dirSource{folder: folder} }

type dirSource struct {
	folder string
	state  uint64 // names, sizes and times of the files fetched last
}

func (d *dirSource) String() string { return d.folder }

func (d *dirSource) Fetch(ctx context.Context) ([]*Page, error) {
	root, err := os.OpenRoot(d.folder) // links that lead out of the folder are not followed
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	files := root.FS()
	names, state, err := markdownFiles(ctx, files)
	if err != nil {
		return nil, err
	}
	if state == d.state {
		return nil, ErrNotModified
	}
	var (
		pages []*Page
		out   skipped
	)
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err == nil {
			var ps []*Page
			ps, err = parseBundle(name, src)
			pages = append(pages, ps...)
		}
		out.note(err)
	}
	if len(pages) == 0 {
		return nil, cmp.Or(out.err(), errors.New("no Markdown files"))
	}
	if list, err := fs.ReadFile(files, indexFile); err == nil {
		nameAddresses(pages, links(list))
	}
	d.state = state
	return pages, out.err()
}

// nameAddresses gives pages the addresses by which an index links them.
func nameAddresses(pages []*Page, all []link) {
	for _, l := range all {
		for _, p := range pages {
			if p.URL == "" && strings.Contains(l.target, "://") && pageName(l.target) == p.Slug {
				p.URL, p.Summary = strings.TrimSuffix(l.target, ".md"), cmp.Or(p.Summary, l.note)
			}
		}
	}
}

// markdownFiles lists the Markdown files of a folder, with a checksum of their names, sizes and times.
func markdownFiles(ctx context.Context, files fs.FS) (names []string, state uint64, err error) {
	sum := fnv.New64a()
	total := int64(0)
	err = fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		base := path.Base(name)
		switch {
		case e.IsDir() && strings.HasPrefix(base, ".") && name != ".":
			return fs.SkipDir
		case e.IsDir(), !strings.EqualFold(path.Ext(base), ".md") && name != indexFile:
			return nil
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		if total += info.Size(); info.Size() > maxFile || total > maxTotal || len(names) == maxFiles {
			return fmt.Errorf("%s: more than %d files, %d MB a file or %d MB in all", name, maxFiles, maxFile>>20, maxTotal>>20)
		}
		_, _ = fmt.Fprintln(sum, name, info.Size(), info.ModTime().UnixNano())
		if name != indexFile {
			names = append(names, name)
		}
		return nil
	})
	return names, sum.Sum64(), err
}
