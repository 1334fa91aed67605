package media

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Folders are the local folders from which files may be read. The zero value allows none.
type Folders struct {
	roots []string // absolute, with symbolic links resolved
}

// PathError is a local file that is not read, and why.
type PathError struct {
	Path    string
	Reason  string   // "is outside the folders that may be read"
	Allowed []string // the folders that may be read, where the file is outside; else nil
}

// Error names the path, the reason, and the allowed folders where they matter.
func (e *PathError) Error() string {
	text := fmt.Sprintf("%s %s", e.Path, e.Reason)
	if e.Allowed != nil {
		text += fmt.Sprintf(" (allowed: %s)", cmp.Or(strings.Join(e.Allowed, ", "), "none"))
	}
	return text
}

// NewFolders allows the given folders and what is below them. A folder that does not exist yet
// is allowed once it does; the root of a file system is refused.
func NewFolders(dirs ...string) (Folders, error) {
	var f Folders
	for _, dir := range dirs {
		absolute, err := filepath.Abs(expandHome(dir))
		if err != nil {
			return Folders{}, fmt.Errorf("folder %q: %w", dir, err)
		}
		if absolute == filepath.Dir(absolute) {
			return Folders{}, fmt.Errorf("folder %q: a whole file system cannot be allowed", dir)
		}
		if !slices.Contains(f.roots, absolute) {
			f.roots = append(f.roots, absolute)
		}
	}
	return f, nil
}

// Allowed lists the folders.
func (f Folders) Allowed() []string { return append([]string{}, f.roots...) }

var windowsPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[A-Za-z]:[\\/]|\\\\)`) })

// IsLocal reports whether a text is written as a path of a local file: absolute, relative to the
// home or working folder, a Windows path, or a file: URL. A bare name counts only if it has a
// folder or a known extension and no spaces around it; other texts are not paths.
func IsLocal(text string) bool {
	switch {
	case strings.TrimSpace(text) != text || text == "" || strings.ContainsAny(text, "\n\r\x00"):
		return false
	case len(text) >= 5 && strings.EqualFold(text[:5], "file:"):
		return true
	case strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//"), strings.HasPrefix(text, "~/"), strings.HasPrefix(text, `~\`),
		strings.HasPrefix(text, "./"), strings.HasPrefix(text, "../"), windowsPath().MatchString(text):
		return true
	case strings.HasPrefix(text, "//"), strings.Contains(text, "://"):
		return false
	}
	return ByName(text) != Type{} && !strings.ContainsAny(text, "?#*")
}

// isShare reports whether a volume of Windows is on another host.
func isShare(volume string) bool { return strings.HasPrefix(volume, `\\`) }

// Open opens a local file for reading, given as IsLocal describes it. The file must lie inside
// an allowed folder once symbolic links are resolved, be a regular file, and neither it nor a
// folder between it and the allowed one may be hidden. Errors are *PathError.
func (f Folders) Open(text string) (*os.File, error) {
	refuse := func(reason string) error { return &PathError{Path: text, Reason: reason} }
	path, err := localPath(text)
	if err != nil {
		return nil, refuse(err.Error())
	}
	outside := &PathError{Path: text, Reason: "is outside the folders that may be read", Allowed: f.Allowed()}
	if isShare(filepath.VolumeName(path)) && !f.contains(path) { // Windows signs in to a share's host to look at it
		return nil, outside
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil && !f.contains(path) {
		return nil, outside
	}
	if err != nil {
		return nil, refuse(readReason(err))
	}
	root, relative, found := f.locate(resolved)
	if !found {
		return nil, outside
	}
	for part := range strings.SplitSeq(filepath.ToSlash(relative), "/") {
		if strings.HasPrefix(part, ".") && part != "." {
			return nil, refuse("is hidden, or in a hidden folder: such files are never read")
		}
	}
	guard, err := os.OpenRoot(root) // keeps to the folder even if a link is swapped meanwhile
	if err != nil {
		return nil, refuse(readReason(err))
	}
	defer guard.Close() //nolint:errcheck // it was only read
	file, err := guard.OpenFile(relative, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, refuse(readReason(err))
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() {
		return file, nil
	}
	_ = file.Close()
	if err == nil && info.IsDir() {
		return nil, refuse("is a folder, not a file")
	}
	return nil, refuse("is not a regular file")
}

// locate finds the allowed folder that holds a resolved path.
func (f Folders) locate(resolved string) (root, relative string, found bool) {
	for _, dir := range f.roots {
		actual, err := filepath.EvalSymlinks(dir)
		if err != nil {
			continue
		}
		relative, err := filepath.Rel(actual, resolved)
		if err == nil && filepath.IsLocal(relative) && relative != "." {
			return actual, relative, true
		}
	}
	return "", "", false
}

// contains reports whether a path that cannot be resolved is written as one inside the folders.
// Only then does an error say whether the file exists.
func (f Folders) contains(path string) bool {
	return slices.ContainsFunc(f.roots, func(dir string) bool {
		relative, err := filepath.Rel(dir, path)
		return err == nil && filepath.IsLocal(relative)
	})
}

// localPath turns what people write into an absolute path of this system.
func localPath(text string) (string, error) {
	if len(text) >= 5 && strings.EqualFold(text[:5], "file:") {
		u, err := url.Parse(text)
		if err != nil || u.Host != "" && u.Host != "localhost" {
			return "", errors.New("is not a file: URL of this machine")
		}
		text = u.Path
		if text == "" {
			text = u.Opaque
		}
		if len(text) > 2 && text[0] == '/' && windowsPath().MatchString(text[1:]) {
			text = text[1:] // file:///C:/pictures/a.png
		}
	}
	if strings.ContainsRune(text, 0) {
		return "", errors.New("is not a path")
	}
	if windowsPath().MatchString(text) && filepath.Separator == '/' {
		return "", errors.New("is a Windows path, and this server does not run on Windows")
	}
	path, err := filepath.Abs(expandHome(text))
	if err != nil {
		return "", errors.New("is not a path")
	}
	return path, nil
}

func expandHome(path string) string {
	if path != "~" && !strings.HasPrefix(path, "~/") && !strings.HasPrefix(path, `~\`) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, path[1:])
}

func readReason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "may not be read by this program"
	}
	return "cannot be opened"
}
