package media

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// Save writes content into a folder, which it makes if need be, under a name of the date, the
// model and the prompt's start, with the type's extension. An existing file is never replaced:
// a number is added. The file appears whole or not at all. Save returns its absolute path.
func Save(dir string, name OutputName, content io.Reader) (path string, err error) {
	dir, err = filepath.Abs(expandHome(dir))
	if err != nil {
		return "", fmt.Errorf("output folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // pictures in the user's own Downloads folder
		return "", fmt.Errorf("output folder: %w", err)
	}
	part, err := os.CreateTemp(dir, ".wiro-*.part")
	if err != nil {
		return "", fmt.Errorf("output folder: %w", err)
	}
	defer func() {
		_ = part.Close()
		_ = os.Remove(part.Name())
	}()
	if _, err := io.Copy(part, content); err != nil {
		return "", fmt.Errorf("saving the output: %w", err)
	}
	if err := errors.Join(part.Chmod(0o644), part.Close()); err != nil {
		return "", fmt.Errorf("saving the output: %w", err)
	}
	for n := 1; ; n++ {
		path = filepath.Join(dir, name.file(n))
		err := publish(part.Name(), path)
		if errors.Is(err, fs.ErrExist) && n < 10_000 {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("saving the output: %w", err)
		}
		return path, nil
	}
}

// publish gives a finished file its name, unless that name is taken. File systems without hard
// links get an empty file first, which claims the name.
func publish(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	claim, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // as above; the name is made by OutputName
	if err != nil {
		return err
	}
	_ = claim.Close()
	return os.Rename(part, path)
}

// OutputName is what a saved output is named after.
type OutputName struct {
	Time   time.Time // of the run; its local date is used
	Model  string    // "owner/model"; the owner is left out
	Prompt string    // its first words are used
	Type   Type
}

// file is the name of the nth attempt, such as "2026-11-25 flux-2-pro a-lighthouse-at-dawn 2.png".
func (n OutputName) file(attempt int) string {
	parts := []string{n.Time.Local().Format(time.DateOnly)}
	model := n.Model[strings.LastIndexByte(n.Model, '/')+1:]
	for _, text := range []string{slug(model, 40), slug(n.Prompt, 48)} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if attempt > 1 {
		parts = append(parts, fmt.Sprint(attempt))
	}
	extension := n.Type.Extension
	if extension == "" {
		extension = ".bin"
	}
	return strings.Join(parts, " ") + extension
}

// slug keeps letters and digits of any script and joins words with hyphens, up to a length in
// characters, cut between words.
func slug(text string, most int) string {
	var b strings.Builder
	length := 0
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		size := len([]rune(word)) + 1
		if length+size > most+1 {
			if b.Len() == 0 {
				return string([]rune(word)[:most])
			}
			break
		}
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(word)
		length += size
	}
	return b.String()
}
