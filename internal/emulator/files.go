package emulator

import "strconv"

func (s *taskService) installFiles() {
	s.serve("File/FolderCreate", endpoint{handle: s.createFolder})
	s.serve("File/Upload", endpoint{handle: s.uploadFile})
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
func (s *taskService) createFolder(c *call) (fields, error) {
	name, err := c.args.need("name")
	if err != nil {
		return nil, err
	}
	if !folderNameRule.MatchString(name) {
		return nil, errFolderName
	}
	parent := c.args.text("parentid")
	if parent != "" && !s.files.hasFolder(c.project, parent) {
		return nil, errNoFolder
	}
	f := s.files.addFolder(c.project, name, parent)
	return fields{{"list", []entry{{ID: f.id, Name: f.name, Size: "0", ParentID: f.parent, AddedTime: unix(f.added)}}}}, nil
}

// uploadFile answers POST /File/Upload. A ZIP archive is extracted: the list holds what
// was in it.
func (s *taskService) uploadFile(c *call) (fields, error) {
	uploads := c.filesOf("file")
	if len(uploads) == 0 {
		return nil, fail(0, "Request files [file] required")
	}
	parent := c.args.text("folderid")
	if parent != "" && !s.files.hasFolder(c.project, parent) {
		return nil, errNoFolder
	}
	list := []entry{}
	for _, up := range uploads {
		files, err := s.files.upload(c.project, up, parent)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			list = append(list, newEntry(f, s.origin(c.request)))
		}
	}
	return fields{{"list", list}}, nil
}

func newEntry(f *storedFile, origin string) entry {
	return entry{
		ID: f.id, Name: f.name, ContentType: f.contentType,
		Size: strconv.FormatInt(f.blob.size, 10), ParentID: f.parent,
		URL: f.url(origin), AddedTime: unix(f.added), AccessKey: f.key,
	}
}
