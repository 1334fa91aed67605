package tasks

import (
	"strconv"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (s *Tasks) installFiles() {
	s.Serve("File/FolderCreate", core.Endpoint{Handle: s.createFolder})
	s.Serve("File/Upload", core.Endpoint{Handle: s.uploadFile})
}

// An entry is a file or folder as the Files endpoints list it.
type entry struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ContentType string `json:"contenttype"`
	Size        string `json:"size"`
	ParentID    string `json:"parentid"`
	URL         string `json:"url,omitempty"`
	AddedTime   string `json:"addedtime"`
	AccessKey   string `json:"accesskey,omitempty"`
}

// createFolder answers POST /File/FolderCreate.
func (s *Tasks) createFolder(c *core.Call) (core.Fields, error) {
	name, err := c.Args.Require("name")
	if err != nil {
		return nil, err
	}
	if !core.IsFolderName(name) {
		return nil, core.ErrFolderName
	}
	parent := c.Args.Text("parentid")
	if parent != "" && !s.Files.HasFolder(c.Project, parent) {
		return nil, core.ErrNoFolder
	}
	f := s.Files.AddFolder(c.Project, name, parent)
	return core.Fields{{"list", []entry{{ID: f.ID, Name: f.Name, Size: "0", ParentID: f.Parent, AddedTime: core.Unix(f.Added)}}}}, nil
}

// uploadFile answers POST /File/Upload. A ZIP archive is extracted: the list holds what
// was in it.
func (s *Tasks) uploadFile(c *core.Call) (core.Fields, error) {
	uploads := c.FilesOf("file")
	if len(uploads) == 0 {
		return nil, core.Fail(0, "Request files [file] required")
	}
	parent := c.Args.Text("folderid")
	if parent != "" && !s.Files.HasFolder(c.Project, parent) {
		return nil, core.ErrNoFolder
	}
	list := []entry{}
	for _, up := range uploads {
		files, err := s.Files.Upload(c.Project, up, parent)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			list = append(list, newEntry(f, s.Origin(c.Request)))
		}
	}
	return core.Fields{{"list", list}}, nil
}

func newEntry(f *core.StoredFile, origin string) entry {
	return entry{
		ID: f.ID, Name: f.Name, ContentType: f.ContentType,
		Size: strconv.FormatInt(f.Blob.Size, 10), ParentID: f.Parent,
		URL: f.URL(origin), AddedTime: core.Unix(f.Added), AccessKey: f.Key,
	}
}
