package core

import (
	"os"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"
)

// fileTypes are the types that File/Upload takes, by extension.
//
// Wiro docs: Files, POST /File/Upload.
var fileTypes = map[string]string{
	"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
	"webp": "image/webp", "heic": "image/heic",
	"mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime",
	"mp3": "audio/mpeg", "wav": "audio/wav", "m4a": "audio/mp4",
	"pdf": "application/pdf", "csv": "text/csv", "txt": "text/plain", "md": "text/markdown",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"epub": "application/epub+zip", "zip": "application/zip",
}

// fileType is the extension of a file name, and its MIME type if File/Upload takes it.
func fileType(name string) (ext, contentType string) {
	ext = strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	return ext, fileTypes[ext]
}

// Errors of the Files endpoints. Only the limits are documented, not the wording.
var (
	ErrTooLarge   = Fail(0, "File size must not exceed 100 MB.")
	ErrFileType   = Fail(0, "File type is not supported.")
	ErrFolderName = Fail(0, "Request parameter [name] is invalid. Only letters, numbers, hyphens and underscores are allowed.")
	ErrNoFolder   = Fail(1, "There is no folder yet.")
	errBrokenZIP  = Fail(0, "ZIP archive could not be extracted.")
)

// IsFolderName reports whether a folder may be called so: letters, digits, hyphens and
// underscores.
func IsFolderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

const maxFolders, maxFiles = 10_000, 100_000

// A StoredFile is a file that somebody uploaded, by File/Upload or with a run.
type StoredFile struct {
	ID, Key     string // key is the secret part of its URL
	Name        string
	ContentType string
	Parent      string // folder id
	Project     *Project
	Added       time.Time
	Blob        *blob
}

// URL is where the file is served.
func (f *StoredFile) URL(origin string) string {
	return origin + CDNPath + "u/" + f.Key + "/" + EscapeName(f.Name)
}

// A folder holds stored files.
type folder struct {
	ID, Name, Parent string
	project          *Project
	Added            time.Time
}

// A fileStore keeps files and folders, the newest up to its limits.
type fileStore struct {
	ids      *IDs
	maxBytes int64

	mu          sync.Mutex
	dir         string
	bytes       int64
	files       map[string]*StoredFile // by id
	keys        map[string]*StoredFile // by the key of the URL
	order       []*StoredFile          // oldest first; deleted ones may linger
	folders     map[string]*folder
	folderOrder []string
	roots       map[*Project]string
}

func newFileStore(ids *IDs, maxBytes int64) *fileStore {
	return &fileStore{
		ids: ids, maxBytes: maxBytes,
		files: map[string]*StoredFile{}, keys: map[string]*StoredFile{},
		folders: map[string]*folder{}, roots: map[*Project]string{},
	}
}

// tempDir is the directory for large files, made when the first one comes.
func (fs *fileStore) tempDir() (string, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.dir == "" {
		dir, err := os.MkdirTemp("", "wiro-sandbox-*")
		if err != nil {
			return "", err
		}
		fs.dir = dir
	}
	return fs.dir, nil
}

// removeAll deletes everything that lies on disk.
func (fs *fileStore) removeAll() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.dir != "" {
		_ = os.RemoveAll(fs.dir)
		fs.dir = ""
	}
}

// Add keeps an upload, in the project's default folder where parent is empty.
func (fs *fileStore) Add(p *Project, up Upload, parent string) *StoredFile {
	_, contentType := fileType(up.Name)
	if contentType == "" { // what the client claims could be HTML, which a browser would run
		contentType = "application/octet-stream"
	}
	f := &StoredFile{
		ID: "file-" + fs.ids.GUID(), Key: fs.ids.Token(),
		Name: up.Name, ContentType: contentType, Parent: parent,
		Project: p, Added: time.Now(), Blob: up.blob,
	}
	f.Blob.kept = true
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.Parent == "" {
		f.Parent = fs.root(p)
	}
	fs.files[f.ID], fs.keys[f.Key] = f, f
	fs.order = append(fs.order, f)
	fs.bytes += f.Blob.Size
	for len(fs.order) > 1 && (fs.bytes > fs.maxBytes || len(fs.order) > maxFiles) {
		fs.drop(fs.order[0])
		fs.order = fs.order[1:]
	}
	return f
}

// root is the id of a project's default folder. The caller holds the lock.
func (fs *fileStore) root(p *Project) string {
	if fs.roots[p] == "" {
		fs.roots[p] = "folder-" + fs.ids.GUID()
	}
	return fs.roots[p]
}

// Delete removes a file for good.
func (fs *fileStore) Delete(f *StoredFile) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.drop(f)
}

func (fs *fileStore) drop(f *StoredFile) {
	if fs.files[f.ID] == nil {
		return
	}
	delete(fs.files, f.ID)
	delete(fs.keys, f.Key)
	fs.bytes -= f.Blob.Size
	f.Blob.remove()
}

// ByID is a project's own file.
func (fs *fileStore) ByID(p *Project, id string) *StoredFile {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.files[id]; f != nil && f.Project == p {
		return f
	}
	return nil
}

func (fs *fileStore) ByKey(key string) *StoredFile {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.keys[key]
}

// HasFolder reports whether a folder exists and belongs to the project.
func (fs *fileStore) HasFolder(p *Project, id string) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.folders[id]
	return f != nil && f.project == p || fs.roots[p] == id
}

func (fs *fileStore) AddFolder(p *Project, name, parent string) *folder {
	f := &folder{ID: "folder-" + fs.ids.GUID(), Name: name, Parent: parent, project: p, Added: time.Now()}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.Parent == "" {
		f.Parent = fs.root(p)
	}
	fs.folders[f.ID] = f
	fs.folderOrder = append(fs.folderOrder, f.ID)
	if len(fs.folderOrder) > maxFolders {
		delete(fs.folders, fs.folderOrder[0])
		fs.folderOrder = fs.folderOrder[1:]
	}
	return f
}

// Upload checks and keeps one file, or what a ZIP archive holds.
func (fs *fileStore) Upload(p *Project, up Upload, parent string) ([]*StoredFile, error) {
	ext, contentType := fileType(up.Name)
	switch {
	case up.TooLarge:
		return nil, ErrTooLarge
	case contentType == "":
		return nil, ErrFileType
	case ext == "zip":
		return fs.extract(p, up.blob, parent)
	default:
		return []*StoredFile{fs.Add(p, up, parent)}, nil
	}
}
