package emulator

import (
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
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
	errTooLarge    = fail(0, "File size must not exceed 100 MB.")
	errFileType    = fail(0, "File type is not supported.")
	errFolderName  = fail(0, "Request parameter [name] is invalid. Only letters, numbers, hyphens and underscores are allowed.")
	errNoFolder    = fail(1, "There is no folder yet.")
	errBrokenZIP   = fail(0, "ZIP archive could not be extracted.")
	folderNameRule = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

const maxFolders, maxFiles = 10_000, 100_000

// A storedFile is a file that somebody uploaded, by File/Upload or with a run.
type storedFile struct {
	id, key     string // key is the secret part of its URL
	name        string
	contentType string
	parent      string // folder id
	project     *project
	added       time.Time
	blob        *blob
}

// url is where the file is served.
func (f *storedFile) url(origin string) string {
	return origin + cdnPath + "u/" + f.key + "/" + escapeName(f.name)
}

// A folder holds stored files.
type folder struct {
	id, name, parent string
	project          *project
	added            time.Time
}

// A fileStore keeps files and folders, the newest up to its limits.
type fileStore struct {
	ids      *ids
	maxBytes int64

	mu          sync.Mutex
	dir         string
	bytes       int64
	files       map[string]*storedFile // by id
	keys        map[string]*storedFile // by the key of the URL
	order       []*storedFile          // oldest first; deleted ones may linger
	folders     map[string]*folder
	folderOrder []string
	roots       map[*project]string
}

func newFileStore(ids *ids, maxBytes int64) *fileStore {
	return &fileStore{
		ids: ids, maxBytes: maxBytes,
		files: map[string]*storedFile{}, keys: map[string]*storedFile{},
		folders: map[string]*folder{}, roots: map[*project]string{},
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

// add keeps an upload, in the project's default folder where parent is empty.
func (fs *fileStore) add(p *project, up upload, parent string) *storedFile {
	_, contentType := fileType(up.name)
	if contentType == "" { // what the client claims could be HTML, which a browser would run
		contentType = "application/octet-stream"
	}
	f := &storedFile{
		id: "file-" + fs.ids.guid(), key: fs.ids.token(),
		name: up.name, contentType: contentType, parent: parent,
		project: p, added: time.Now(), blob: up.blob,
	}
	f.blob.kept = true
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.parent == "" {
		f.parent = fs.root(p)
	}
	fs.files[f.id], fs.keys[f.key] = f, f
	fs.order = append(fs.order, f)
	fs.bytes += f.blob.size
	for len(fs.order) > 1 && (fs.bytes > fs.maxBytes || len(fs.order) > maxFiles) {
		fs.drop(fs.order[0])
		fs.order = fs.order[1:]
	}
	return f
}

// root is the id of a project's default folder. The caller holds the lock.
func (fs *fileStore) root(p *project) string {
	if fs.roots[p] == "" {
		fs.roots[p] = "folder-" + fs.ids.guid()
	}
	return fs.roots[p]
}

// delete removes a file for good.
func (fs *fileStore) delete(f *storedFile) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.drop(f)
}

func (fs *fileStore) drop(f *storedFile) {
	if fs.files[f.id] == nil {
		return
	}
	delete(fs.files, f.id)
	delete(fs.keys, f.key)
	fs.bytes -= f.blob.size
	f.blob.remove()
}

// byID is a project's own file.
func (fs *fileStore) byID(p *project, id string) *storedFile {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.files[id]; f != nil && f.project == p {
		return f
	}
	return nil
}

func (fs *fileStore) byKey(key string) *storedFile {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.keys[key]
}

// hasFolder reports whether a folder exists and belongs to the project.
func (fs *fileStore) hasFolder(p *project, id string) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.folders[id]
	return f != nil && f.project == p || fs.roots[p] == id
}

func (fs *fileStore) addFolder(p *project, name, parent string) *folder {
	f := &folder{id: "folder-" + fs.ids.guid(), name: name, parent: parent, project: p, added: time.Now()}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.parent == "" {
		f.parent = fs.root(p)
	}
	fs.folders[f.id] = f
	fs.folderOrder = append(fs.folderOrder, f.id)
	if len(fs.folderOrder) > maxFolders {
		delete(fs.folders, fs.folderOrder[0])
		fs.folderOrder = fs.folderOrder[1:]
	}
	return f
}

// upload checks and keeps one file, or what a ZIP archive holds.
func (fs *fileStore) upload(p *project, up upload, parent string) ([]*storedFile, error) {
	ext, contentType := fileType(up.name)
	switch {
	case up.tooLarge:
		return nil, errTooLarge
	case contentType == "":
		return nil, errFileType
	case ext == "zip":
		return fs.extract(p, up.blob, parent)
	default:
		return []*storedFile{fs.add(p, up, parent)}, nil
	}
}
