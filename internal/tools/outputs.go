package tools

import (
	"bytes"
	"cmp"
	"fmt"
	"mime"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/media"
	"github.com/wiroai/wiro-mcp-go/internal/plaintext"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

const (
	maxAnswer   = 80_000   // characters of a language model's answer in a result
	maxTokens   = 20_000   // of it, as models count them
	maxThinking = 8_000    // characters
	shortAnswer = 16 << 10 // of one that stands among the outputs, too, where programs look for it
)

// addOutputs puts what a task made into its result: its files, and a language model's answer.
func (c *Call) addOutputs(r *TaskResult, t wiro.Task) {
	var answers, thoughts []string
	for i, output := range t.Outputs {
		if output.Content == nil {
			r.Outputs = append(r.Outputs, outputInfo(output))
			continue
		}
		answer, thinking := words(output.Content)
		short := answer
		if len(answer) > shortAnswer { // a long one stands in the response alone
			short = ""
		}
		r.Outputs = append(r.Outputs, answerInfo(output, answer, short))
		if cut := cutAnswer(answer); cut < len(answer) {
			offset := utf8.RuneCountInString(answer[:cut])
			r.NextAction = c.Next("read_output", "read the rest of the answer", withTask(r.Task, map[string]any{"index": i, "offset": offset}))
			answer = answer[:cut] + fmt.Sprintf("\n[cut: %d of %d characters are shown; read_output gives the rest, from offset %d]",
				offset, utf8.RuneCountInString(output.Content.Text()), offset)
		}
		answers, thoughts = append(answers, answer), append(thoughts, thinking)
	}
	r.Response, r.Thinking = joinParts(answers), plaintext.Cut(joinParts(thoughts), maxThinking)
}

// answerInfo is a language model's answer among the outputs, of which content is shown there.
func answerInfo(o wiro.Output, answer, content string) OutputInfo {
	return OutputInfo{
		Name: "response", MIMEType: "text/plain", SizeBytes: mcptool.Bytes(len(answer)), URL: escapeURL(o.URL),
		Kind: "text", Content: content, isAnswer: true,
	}
}

// withTask are arguments that name a task.
func withTask(t TaskInfo, arguments map[string]any) map[string]any {
	if t.Token != "" {
		arguments["tasktoken"] = t.Token
	} else {
		arguments["taskid"] = t.ID
	}
	return arguments
}

// cutAnswer returns where an answer is cut that is too long for a result, at the end of a line
// if one is near; its length if it is not.
func cutAnswer(answer string) int {
	characters, tokens := 0, 0.0
	for i, r := range answer {
		if characters++; r < utf8.RuneSelf {
			tokens += 0.25
		} else {
			tokens += 0.75
		}
		if characters > maxAnswer || tokens > maxTokens {
			if line := strings.LastIndexByte(answer[:i], '\n'); line > i*9/10 {
				return line + 1
			}
			return i
		}
	}
	return len(answer)
}

// words are a language model's answer and thinking. Thinking that is only marked by tags in the
// raw text is taken apart, too.
func words(c *wiro.RawContent) (answer, thinking string) {
	answer, thinking = joinParts(c.Answer), joinParts(c.Thinking)
	if answer == "" {
		said := *c
		said.Answer = nil
		var tagged string
		answer, tagged = splitThinking(said.Text())
		if thinking == "" {
			thinking = tagged
		}
	}
	return answer, thinking
}

// splitThinking takes what is marked with <think> out of a text. Some models leave the first
// tag out, some the last one.
func splitThinking(text string) (answer, thinking string) {
	var rest, thoughts []string
	small := []byte(text)
	asciiLower(small)
	lower := string(small)
	for _, tag := range []string{"think", "thinking"} {
		open, closed := "<"+tag+">", "</"+tag+">"
		for {
			start, end := strings.Index(lower, open), strings.Index(lower, closed)
			if start < 0 && end < 0 || start > 0 && strings.Contains(text[:start], "```") { // code about such tags
				break
			}
			switch {
			case start < 0 || end >= 0 && end < start: // begun without a tag
				thoughts = append(thoughts, text[:end])
				text, lower = text[end+len(closed):], lower[end+len(closed):]
			case end < 0: // it never answered
				thoughts = append(thoughts, text[start+len(open):])
				text, lower = text[:start], lower[:start]
			default:
				rest = append(rest, text[:start])
				thoughts = append(thoughts, text[start+len(open):end])
				text, lower = text[end+len(closed):], lower[end+len(closed):]
			}
		}
	}
	return joinParts(append(rest, text)), joinParts(thoughts)
}

// asciiLower makes the ASCII letters of a text small.
func asciiLower(text []byte) {
	for i, b := range text {
		if 'A' <= b && b <= 'Z' {
			text[i] = b + 'a' - 'A'
		}
	}
}

// joinParts joins what a model said in several phases. The indentation of a first line stays: it
// may be code.
func joinParts(parts []string) string {
	texts := make([]string, 0, len(parts))
	for _, part := range parts {
		if text := strings.TrimRight(part, " \t\r\n"); text != "" {
			for {
				line, rest, found := strings.Cut(text, "\n")
				if !found || strings.TrimSpace(line) != "" {
					break
				}
				text = rest
			}
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n\n")
}

func outputInfo(o wiro.Output) OutputInfo {
	info := OutputInfo{Name: o.Name, SizeBytes: mcptool.Bytes(o.Size), URL: escapeURL(o.URL)}
	if info.Name == "" && o.URL != "" {
		if u, err := url.Parse(info.URL); err == nil {
			info.Name = path.Base(u.Path)
		}
	}
	t := outputType(o.ContentType, info.Name, info.URL)
	info.MIMEType, info.Kind = t.MIME, string(t.Kind())
	if family := media.Kind(strings.ToLower(o.ContentType)); t.Kind() == media.Other && slices.Contains([]media.Kind{media.Image, media.Video, media.Audio, media.Text}, family) {
		info.Kind = string(family)
	}
	return info
}

// outputType is the type of an output: as Wiro states it where that is a MIME type that says
// something, else by its name, else by its address.
func outputType(stated, name, address string) media.Type {
	t := media.ByMIME(stated)
	if t.Extension != "" { // known
		return t
	}
	if family, sub, _ := strings.Cut(t.MIME, "/"); family != "" && sub != "" {
		if _, _, err := mime.ParseMediaType(t.MIME); err == nil {
			return t
		}
	}
	if t = media.ByName(name); t.MIME != "" {
		return t
	}
	if u, err := url.Parse(address); err == nil {
		address = u.Path
	}
	return cmp.Or(media.ByName(address), media.Type{MIME: "application/octet-stream"})
}

var (
	queryEscapes   = strings.NewReplacer(" ", "%20", `"`, "%22", "<", "%3C", ">", "%3E")
	addressEscapes = strings.NewReplacer("(", "%28", ")", "%29")
	linkTextMarks  = strings.NewReplacer("[", "(", "]", ")", "`", "'", "\\", " ", "<", " ", ">", " ")
)

// escapeURL is an address as links need it: without blanks and other characters that end one.
func escapeURL(address string) string {
	if !strings.ContainsFunc(address, endsLink) {
		return address
	}
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return strings.Map(func(r rune) rune {
			if r <= ' ' {
				return -1
			}
			return r
		}, address)
	}
	u.RawQuery = queryEscapes.Replace(u.RawQuery)
	return u.String()
}

// endsLink reports whether a character may end the address of a link.
func endsLink(r rune) bool {
	switch r {
	case '"', '<', '>', '\\', '^', '{', '|', '}', '`':
		return true
	}
	return r <= ' ' || r > '~'
}

// details are the type and the size, "image/png, 123 kB".
func (o OutputInfo) details() string {
	if size := o.SizeBytes.String(); size != "" {
		return o.MIMEType + ", " + size
	}
	return o.MIMEType
}

// write writes the output as a line of Markdown: a picture to be shown, or a link.
func (o OutputInfo) write(b *strings.Builder, prompt string) {
	if o.URL == "" && o.Path == "" {
		return // a language model's answer, which follows
	}
	switch address := addressEscapes.Replace(o.URL); {
	case o.Kind == string(media.Image):
		alt := cmp.Or(markdownText(mcptool.Clip(prompt, 60)), markdownText(o.Name))
		write(b, "![", alt, "](", address, ") ", o.Name, ", ", o.details())
	case address == "":
		write(b, markdownText(o.Name), " ", o.details())
	default:
		write(b, "[", markdownText(o.Name), "](", address, ") ", o.details())
	}
	if o.Path != "" {
		write(b, "\n  Saved: ", o.Path)
	}
	if o.Content != "" && !o.isAnswer {
		write(b, "\n", strings.TrimRight(o.Content, "\r\n"))
	}
	write(b, "\n")
}

// markdownText is a text without what Markdown reads as the end of a link's text.
func markdownText(text string) string {
	return plaintext.CollapseSpace(linkTextMarks.Replace(text))
}

// stepLine is a line of a log that says how far a model is.
var stepLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\d\s*%|\d(it|s)/(s|it)|\b(step|steps|progress|loading|downloading|done|finished|epoch|iteration|elapsed|eta|queued|starting|started|saving|saved|generating|processing)\b`)
})

// refusals are what a line of a log has in it if a model kept something back; so is filtering
// that is over.
var (
	refusals = []string{
		"nsfw", "safety", "blocked", "moderat", "flagged", "sensitive", "violat", "prohibited", "refus", "not allowed", "rejected",
		"content policy", "content_policy", "content-policy", "contentpolicy",
	}
	filtered = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`filter(ed|s)?\b`) })
)

// saysRefusal reports whether a log, or a line of it, says that a model kept something back. Logs
// are long: an expression would take ten times as long, and strings.ToLower five times.
func saysRefusal(log string) bool {
	lower := append(make([]byte, 0, 1<<10), log...) // a short one costs no memory
	asciiLower(lower)
	return slices.ContainsFunc(refusals, func(word string) bool { return bytes.Contains(lower, []byte(word)) }) ||
		bytes.Contains(lower, []byte("filter")) && filtered().MatchString(string(lower))
}

// modelNote is what a model's log says about what it left out: a filter, a refusal. Of a task
// without any output it is the end of the log, without lines of progress.
func modelNote(t wiro.Task, madeNothing bool) string {
	var refused, others []string
	for _, log := range []string{t.DebugOutput, t.DebugError} {
		if !madeNothing && !saysRefusal(log) {
			continue
		}
		for line := range strings.Lines(log) {
			if i := strings.LastIndexByte(strings.TrimRight(line, "\r\n"), '\r'); i >= 0 { // a bar that is drawn again
				line = line[i+1:]
			}
			switch line = mcptool.Clip(strings.TrimSpace(line), 300); {
			case line == "" || strings.HasPrefix(line, "{"):
			case saysRefusal(line):
				refused = append(refused, line)
			case madeNothing && !stepLine().MatchString(line):
				others = append(others, line)
			}
		}
	}
	lines := refused
	if len(lines) == 0 {
		lines = others
	}
	if lines = slices.Compact(lines); len(lines) == 0 {
		return ""
	}
	return "The model's log says: " + mcptool.Tail(redactTokens(strings.Join(lines, "\n")), 20, 3000)
}
