package wiro

import (
	"context"
	"errors"
	"regexp"
	"time"
)

var (
	folderCreate = endpoint("File/FolderCreate", submit, quick)
	fileUpload   = endpoint("File/Upload", submit, 15*time.Minute)
)

// MaxUpload is the largest file that Wiro takes, in bytes.
//
// Wiro docs: Files (100 MB).
const MaxUpload = 100 << 20

// StoredFile is a file or folder in the caller's storage.
//
// Wiro docs: Files.
type StoredFile struct {
	ID          Text `json:"id"`
	Name        Text `json:"name"`
	ParentID    Text `json:"parentid"`
	ContentType Text `json:"contenttype"` // "" for a folder
	Size        Int  `json:"size"`        // bytes
	URL         Text `json:"url"`         // public to whoever knows it
	AddedAt     Time `json:"addedtime"`
	AccessKey   Text `json:"accesskey"`
}

var folderName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// CreateFolder makes a folder; with parentID "" at the root.
//
// Wiro docs: Files, POST /File/FolderCreate.
func (c *Client) CreateFolder(ctx context.Context, name, parentID string) (StoredFile, error) {
	if len(name) > 255 || !folderName.MatchString(name) {
		return StoredFile{}, &InputError{Field: "name", Reason: "may hold letters, digits, hyphens and underscores only"}
	}
	answer, err := call[storedFiles](ctx, c, folderCreate, struct {
		Name     string `json:"name"`
		ParentID string `json:"parentid,omitempty"`
	}{name, parentID})
	return c.stored(folderCreate, answer, err)
}

// Upload streams a file to the caller's storage; with folderID "" into the default folder.
// It holds little of the file in memory. MaxUpload is the limit; ZIP archives are unpacked.
//
// Wiro docs: Files, POST /File/Upload.
func (c *Client) Upload(ctx context.Context, file File, folderID string) (StoredFile, error) {
	if file.Size > MaxUpload {
		return StoredFile{}, &InputError{Field: "file", Reason: "is larger than the 100 MB that Wiro takes"}
	}
	var form []field
	if folderID != "" {
		form = append(form, field{name: "folderid", value: folderID})
	}
	form = append(form, field{name: "file", file: &file})
	answer, err := callWith[storedFiles](ctx, c, fileUpload, multipartBody(form))
	return c.stored(fileUpload, answer, err)
}

type storedFiles struct {
	List List[StoredFile] `json:"list"`
}

// stored is the one entry of an answer.
func (c *Client) stored(op operation, answer storedFiles, err error) (StoredFile, error) {
	if err != nil {
		return StoredFile{}, err
	}
	if len(answer.List) == 0 {
		return StoredFile{}, c.uncertain(op, errors.New(op.path+": the answer names nothing that was stored"))
	}
	return answer.List[0], nil
}
