package tasks

import (
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// An output is one thing that a run leaves behind: a file at a URL, or the structured
// answer of an LLM.
type output struct {
	name        string
	contentType string
	// size in bytes. Files are made when somebody fetches them, so it is known before.
	size int64
	make func() []byte
	text string   // what speech says or a transcript reads, where there is any
	secs float64  // length of audio and video
	raw  *rawText // or, instead of all that:
}

// rawText is the content of an LLM's output, with contenttype "raw".
//
// Wiro docs: Tasks, LLM Models.
type rawText struct {
	Prompt   string   `json:"prompt"`
	Raw      string   `json:"raw"`
	Thinking []string `json:"thinking"`
	Answer   []string `json:"answer"`
}

// wire is the output as the API shows it.
func (o *output) wire(t *task) any {
	if o.raw != nil {
		return struct {
			ContentType string   `json:"contenttype"`
			Content     *rawText `json:"content"`
		}{"raw", o.raw}
	}
	return struct {
		Name        string `json:"name"`
		ContentType string `json:"contenttype"`
		Size        any    `json:"size"`
		URL         string `json:"url"`
	}{o.name, o.contentType, t.model.num(int(o.size)), t.origin + core.CDNPath + "o/" + t.folder + "/" + core.EscapeName(o.name)}
}

// file is an output whose bytes are small and at hand.
func file(name, contentType string, data []byte) *output {
	return &output{name: name, contentType: contentType, size: int64(len(data)), make: func() []byte { return data }}
}

// find is one output of the task, as long as its files have not been deleted.
func (t *task) find(name string) *output {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.deleted {
		return nil
	}
	for _, o := range t.outputs {
		if o.name == name && o.make != nil {
			return o
		}
	}
	return nil
}

// A renderCache keeps the files made last, so that a player that asks for ranges does not
// have the same video made again and again.
type renderCache struct {
	cache *lru.Cache[string, []byte]
}

func newRenderCache() *renderCache {
	cache, err := lru.New[string, []byte](16)
	if err != nil { // only a size below 1
		panic(err)
	}
	return &renderCache{cache}
}

func (rc *renderCache) get(key string, render func() []byte) []byte {
	if data, found := rc.cache.Get(key); found {
		return data
	}
	data := render()
	rc.cache.Add(key, data)
	return data
}

// forget drops the files of one folder.
func (rc *renderCache) forget(folder string) {
	for _, key := range rc.cache.Keys() {
		if strings.HasPrefix(key, folder+"/") {
			rc.cache.Remove(key)
		}
	}
}

// serveFile serves what lies under cdnPath: outputs of tasks (o/FOLDER/NAME), uploads
// (u/KEY/NAME) and pictures of models (m/OWNER/MODEL.png). As on the real CDN, whoever has
// the URL has the file.
func (s *Tasks) serveFile(w http.ResponseWriter, r *http.Request, rel string) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, found := s.locate(rel)
	if !found {
		http.NotFound(w, r)
		return
	}
	body, err := f.open()
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = body.Close() }()
	w.Header().Set("Content-Type", f.contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", f.modified, body)
}

// served is a file under cdnPath.
type served struct {
	contentType string
	modified    time.Time
	open        func() (core.Content, error)
}

func (s *Tasks) locate(rel string) (served, bool) {
	kind, rest, _ := strings.Cut(rel, "/")
	key, name, _ := strings.Cut(rest, "/")
	switch kind {
	case "o":
		if t := s.store.inFolder(key); t != nil {
			if o := t.find(name); o != nil {
				return served{o.contentType, t.ended, func() (core.Content, error) {
					return core.InMemory(s.rendered.get(rest, o.make)), nil
				}}, true
			}
		}
	case "u":
		if f := s.Files.ByKey(key); f != nil && f.Name == name {
			return served{f.ContentType, f.Added, f.Blob.Open}, true
		}
	case "m":
		if m := s.models.find(key, strings.TrimSuffix(name, path.Ext(name))); m != nil {
			return served{"image/png", time.Unix(m.stats.lastRun, 0), func() (core.Content, error) {
				return core.InMemory(s.rendered.get(rel, m.picture)), nil
			}}, true
		}
	}
	return served{}, false
}

// source finds the file that a run was given by URL or id. Addresses elsewhere are taken
// on trust: the emulator fetches nothing.
func (s *Tasks) source(p *core.Project, origin, ref string) source {
	if f := s.Files.ByID(p, ref); f != nil {
		return source{url: ref, stored: f}
	}
	u, err := url.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "data" {
		return source{url: ref, trouble: "Input file could not be downloaded: " + strconv.Quote(core.Shorten(ref)) + " is no URL"}
	}
	rel, ours := strings.CutPrefix(ref, origin+core.CDNPath)
	if !ours {
		return source{url: ref}
	}
	kind, rest, _ := strings.Cut(rel, "/")
	key, name, _ := strings.Cut(rest, "/")
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	switch kind {
	case "o":
		if t := s.store.inFolder(key); t != nil {
			if o := t.find(name); o != nil {
				return source{url: ref, output: o}
			}
		}
	case "u":
		if f := s.Files.ByKey(key); f != nil {
			return source{url: ref, stored: f}
		}
	case "m":
		return source{url: ref}
	}
	return source{url: ref, trouble: "Input file could not be downloaded: HTTP 404"}
}
