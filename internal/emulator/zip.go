package emulator

import (
	"archive/zip"
	"io"
	"path"
	"strings"
)

// What one archive may hold. The API documents only that archives are extracted.
const (
	maxZIPEntries = 1_000
	maxZIPBytes   = 500 << 20 // extracted
)

// extract keeps the files of a ZIP archive. Folders, hidden files and types that
// File/Upload does not take are left out.
func (fs *fileStore) extract(p *project, archive *blob, parent string) ([]*storedFile, error) {
	file, err := archive.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	r, err := zip.NewReader(file, archive.size)
	if err != nil || len(r.File) > maxZIPEntries {
		return nil, errBrokenZIP
	}
	var uploads []upload
	discard := func() {
		for _, up := range uploads {
			up.blob.remove()
		}
	}
	budget := int64(maxZIPBytes)
	for _, item := range r.File {
		name := path.Base(item.Name)
		_, contentType := fileType(name)
		if item.FileInfo().IsDir() || strings.HasPrefix(name, ".") || contentType == "" {
			continue
		}
		b, err := fs.extractOne(item, budget)
		if err != nil {
			discard()
			return nil, err
		}
		budget -= b.size
		uploads = append(uploads, upload{name: name, blob: b, size: b.size})
	}
	var files []*storedFile
	for _, up := range uploads {
		files = append(files, fs.add(p, up, parent))
	}
	return files, nil
}

// extractOne reads one entry, up to budget bytes; more is an error.
func (fs *fileStore) extractOne(item *zip.File, budget int64) (*blob, error) {
	limit := min(budget, maxFileSize)
	r, err := item.Open()
	if err != nil {
		return nil, errBrokenZIP
	}
	defer func() { _ = r.Close() }()
	b, err := fs.spool(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, errBrokenZIP
	}
	if b.size > limit {
		b.remove()
		return nil, errTooLarge
	}
	return b, nil
}
