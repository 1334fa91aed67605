package media

import (
	"bytes"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// SniffLen is how many bytes at the start of a file Detect looks at.
const SniffLen = 3072

// Kind is the family of a file.
type Kind string

// The kinds of files, as results name them.
const (
	Image Kind = "image"
	Video Kind = "video"
	Audio Kind = "audio"
	Text  Kind = "text"
	Other Kind = "file"
)

// Type is what a file is. The zero value is unknown.
type Type struct {
	MIME      string // such as "image/png", without parameters
	Extension string // the usual one, such as ".png"
}

// types are the formats that this package knows by name. The first extension of a MIME type is
// the one that its files get.
var types = []Type{
	{"image/jpeg", ".jpg"},
	{"image/jpeg", ".jpeg"},
	{"image/png", ".png"},
	{"image/gif", ".gif"},
	{"image/webp", ".webp"},
	{"image/heic", ".heic"},
	{"image/heic", ".heif"},
	{"image/avif", ".avif"},
	{"image/bmp", ".bmp"},
	{"image/tiff", ".tiff"},
	{"image/tiff", ".tif"},
	{"image/svg+xml", ".svg"},
	{"video/mp4", ".mp4"},
	{"video/mp4", ".m4v"},
	{"video/webm", ".webm"},
	{"video/quicktime", ".mov"},
	{"video/x-matroska", ".mkv"},
	{"video/x-msvideo", ".avi"},
	{"audio/mpeg", ".mp3"},
	{"audio/wav", ".wav"},
	{"audio/mp4", ".m4a"},
	{"audio/aac", ".aac"},
	{"audio/flac", ".flac"},
	{"audio/ogg", ".ogg"},
	{"audio/ogg", ".oga"},
	{"audio/ogg", ".opus"},
	{"application/pdf", ".pdf"},
	{"text/csv", ".csv"},
	{"text/plain", ".txt"},
	{"text/markdown", ".md"},
	{"text/html", ".html"},
	{"text/html", ".htm"},
	{"text/vtt", ".vtt"},
	{"application/x-subrip", ".srt"},
	{"application/json", ".json"},
	{"application/xml", ".xml"},
	{"application/epub+zip", ".epub"},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"},
	{"application/zip", ".zip"},
	{"model/gltf-binary", ".glb"},
	{"model/gltf+json", ".gltf"},
	{"model/obj", ".obj"},
	{"model/stl", ".stl"},
	{"application/octet-stream", ".safetensors"},
}

// aliases are names that servers use for a MIME type beside the registered one.
var aliases = map[string]string{
	"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png",
	"image/heif": "image/heic", "image/x-ms-bmp": "image/bmp",
	"audio/mp3": "audio/mpeg", "audio/x-mp3": "audio/mpeg", "audio/mpeg3": "audio/mpeg", "audio/x-mpeg": "audio/mpeg",
	"audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav", "audio/x-pn-wav": "audio/wav",
	"audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4", "audio/x-flac": "audio/flac",
	"application/ogg": "audio/ogg", "audio/opus": "audio/ogg", "audio/vorbis": "audio/ogg",
	"video/x-m4v": "video/mp4", "video/mov": "video/quicktime",
	"application/x-zip-compressed": "application/zip", "application/x-zip": "application/zip",
	"application/x-pdf": "application/pdf", "text/x-markdown": "text/markdown", "text/json": "application/json",
	"text/xml": "application/xml", "text/srt": "application/x-subrip", "application/srt": "application/x-subrip",
	"text/comma-separated-values": "text/csv", "application/csv": "text/csv",
}

// Detect tells what a file is from its first bytes (up to SniffLen), the type that its source
// declares, and its name. The bytes decide where they are specific. Formats that are plain text
// inside (CSV, Markdown, subtitles) are told apart by the declared type, then by the name.
func Detect(head []byte, declared, name string) Type {
	said, named := ByMIME(declared), ByName(name)
	found := mimetype.Detect(head)
	switch seen := ByMIME(found.String()); {
	case len(head) == 0 || found.Is("application/octet-stream"):
		return firstKnown(said, named, Type{"application/octet-stream", ""})
	case seen.MIME == "text/plain":
		return firstKnown(textual(said), textual(named), seen)
	case seen.MIME == "video/mp4" && (said.Kind() == Audio || named.MIME == "audio/mp4"):
		return ByMIME("audio/mp4") // the same container; the bytes alone do not tell
	case seen.MIME == "application/zip":
		return firstKnown(zipped(named), zipped(said), seen)
	case seen.Extension == "": // a format that is seldom met: keep the library's names
		return Type{baseMIME(found.String()), found.Extension()}
	default:
		return seen
	}
}

// ByMIME returns the type of a Content-Type header, an alias such as "image/jpg", or a bare word
// such as "mp4". It is the zero value for what says nothing ("application/octet-stream", "image").
func ByMIME(declared string) Type {
	name := baseMIME(declared)
	if known, ok := aliases[name]; ok {
		name = known
	}
	if !strings.Contains(name, "/") {
		return ByName("x." + name)
	}
	if name == "application/octet-stream" || name == "binary/octet-stream" {
		return Type{}
	}
	return named(name)
}

// named is the type of a MIME type's name, with the usual extension if one is known.
func named(name string) Type {
	for _, t := range types {
		if t.MIME == name {
			return t
		}
	}
	return Type{MIME: name}
}

// ByName returns the type that the extension of a file's name or of a URL's path stands for, and
// the zero value for extensions that are none (".php", ".2", ":large").
func ByName(name string) Type {
	extension := strings.ToLower(path.Ext(name))
	for _, t := range types {
		if t.Extension == extension {
			return named(t.MIME)
		}
	}
	return Type{}
}

// Kind is the family of the type.
func (t Type) Kind() Kind {
	switch family, _, _ := strings.Cut(t.MIME, "/"); {
	case t.IsText():
		return Text
	case family == "image", family == "video", family == "audio":
		return Kind(family)
	}
	return Other
}

// IsText reports whether a file of this type is text to be read: plain text, JSON, CSV,
// Markdown, subtitles, XML or HTML.
func (t Type) IsText() bool {
	switch t.MIME {
	case "application/json", "application/xml", "application/x-subrip", "application/x-ndjson":
		return true
	case "image/svg+xml":
		return false
	}
	return strings.HasPrefix(t.MIME, "text/")
}

// NameFor returns a file name for the type: the base of name without characters that file
// systems or URLs refuse, with the type's extension in place of one that says something else.
func (t Type) NameFor(name string) string {
	base := path.Base(strings.ReplaceAll(strings.TrimSpace(name), `\`, "/"))
	base = strings.Trim(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/<>:"|?*`, r) {
			return -1
		}
		return r
	}, base), ". ")
	if base == "" {
		base = "file"
	}
	if t.Extension == "" || ByName(base).MIME == t.MIME {
		return base
	}
	if extension := path.Ext(base); extension == ".php" || extension == ".aspx" || extension == ".bin" || ByName(base) != (Type{}) {
		base = strings.TrimSuffix(base, extension)
	}
	return strings.TrimRight(base, ".") + t.Extension
}

// LooksLikeHTML reports whether a file starts as a web page does: a sign-in or error page in
// place of what was asked for.
func LooksLikeHTML(head []byte) bool {
	head = bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, start := range []string{"<!doctype html", "<html", "<head", "<body", "<script"} {
		if bytes.HasPrefix(head, []byte(start)) {
			return true
		}
	}
	return false
}

func baseMIME(declared string) string {
	name, _, _ := strings.Cut(declared, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

func firstKnown(candidates ...Type) Type {
	for _, t := range candidates {
		if t.MIME != "" {
			return t
		}
	}
	return Type{}
}

func textual(t Type) Type {
	if t.IsText() && t.MIME != "text/html" && t.MIME != "text/plain" {
		return t
	}
	return Type{}
}

// zipped keeps the types whose files are ZIP archives inside.
func zipped(t Type) Type {
	switch t.Extension {
	case ".docx", ".xlsx", ".pptx", ".epub":
		return t
	}
	return Type{}
}
