package core

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
func (fs *fileStore) extract(p *Project, archive *blob, parent string) ([]*StoredFile, error) {
	file, err := archive.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	r, err := zip.NewReader(file, archive.Size)
	if err != nil || len(r.File) > maxZIPEntries {
		return nil, errBrokenZIP
	}
	var uploads []Upload
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
		budget -= b.Size
		uploads = append(uploads, Upload{Name: name, blob: b, Size: b.Size})
	}
	var files []*StoredFile
	for _, up := range uploads {
		files = append(files, fs.Add(p, up, parent))
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
	if b.Size > limit {
		b.remove()
		return nil, ErrTooLarge
	}
	return b, nil
}
