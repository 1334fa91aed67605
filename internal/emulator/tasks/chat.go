package tasks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// makeChat is what LLMs do: they think where the model does, and answer word by word.
func (t *task) makeChat(exec *execution) {
	prompt := t.in.text()
	session := t.project.Key + "\x00" + t.in.values["session_id"]
	remembers := t.in.values["session_id"] != ""
	var history []string
	if remembers {
		history = t.service.chats.history(session)
		exec.done = func() { t.service.chats.remember(session, prompt) }
	}
	s := speech{speed: 12.4}
	s.parts = t.compose(prompt, history)
	s.stream(exec, t.model.Role == "echo")
	content := s.upTo(len(s.parts), 0).content(prompt)
	exec.full = func() any { return fullText{content.Raw, content.Thinking, content.Answer} }
	exec.outputs = []*output{{contentType: "raw", raw: content}}
	exec.used.tokens = tokens(prompt) + tokens(exec.stdout)
	for _, h := range history {
		exec.used.tokens += tokens(h)
	}
	if tier := t.model.Price; len(tier) > 0 && tier[0].Method == "cp-readoutput" {
		exec.used.reported = float64(exec.used.tokens) * 0.000012
		exec.stderr = []string{fmt.Sprintf(`{"usage":{"total_tokens":%d},"cost":%.6f}`, exec.used.tokens, exec.used.reported)}
	}
}

// fullText is the message of an LLM's task_output_full.
type fullText struct {
	Raw      string   `json:"raw"`
	Thinking []string `json:"thinking"`
	Answer   []string `json:"answer"`
}

// A part is a stretch of thinking or of answering.
type part struct {
	thinking bool
	text     string
}

// A speech is what an LLM says, part after part.
type speech struct {
	parts []part
	speed float64 // words a second
}

// chatMessage is the message of an LLM's task_output: everything so far.
//
// Wiro docs: LLM & Chat Streaming.
type chatMessage struct {
	Type        string   `json:"type"`
	Task        string   `json:"task"`
	Speed       string   `json:"speed"`
	SpeedType   string   `json:"speedType"`
	Raw         string   `json:"raw"`
	Thinking    []string `json:"thinking"`
	Answer      []string `json:"answer"`
	IsThinking  bool     `json:"isThinking"`
	ElapsedTime string   `json:"elapsedTime"`
}

// wordsPerChunk is how many words come with one event.
const wordsPerChunk = 3

// stream prints the speech, a few words at a time or all at once.
func (s speech) stream(exec *execution, atOnce bool) {
	var log strings.Builder
	words := 0
	for i, p := range s.parts {
		if i > 0 {
			log.WriteByte('\n')
		}
		start := log.Len()
		log.WriteString(p.text)
		for _, end := range cuts(p.text, atOnce) {
			words += wordsPerChunk
			at := time.Duration(float64(words) / s.speed * float64(time.Second))
			exec.chunks = append(exec.chunks, chunk{
				after: time.Duration(wordsPerChunk / s.speed * float64(time.Second)), end: start + end,
				message: func() any { return s.upTo(i, end).message(s.speed, at) },
			})
		}
	}
	exec.stdout = log.String()
	if atOnce {
		for i := range exec.chunks {
			exec.chunks[i].after = exec.elapsed / time.Duration(len(exec.chunks))
		}
		return
	}
	exec.elapsed = time.Duration(float64(words) / s.speed * float64(time.Second))
}

// cuts are the places where a text is cut for streaming: after every few words, and at
// its end.
func cuts(text string, atOnce bool) []int {
	var at []int
	words := 0
	for i, r := range text {
		if r == ' ' && !atOnce {
			if words++; words%wordsPerChunk == 0 {
				at = append(at, i)
			}
		}
	}
	return append(at, len(text))
}

// upTo is the speech as far as the first n bytes of part i.
func (s speech) upTo(i, n int) said {
	parts := s.parts[:i:i]
	if i < len(s.parts) {
		parts = append(parts, part{s.parts[i].thinking, s.parts[i].text[:n]})
	}
	return said{parts}
}

// said is a speech so far.
type said struct{ parts []part }

func (s said) content(prompt string) *rawText {
	c := &rawText{Prompt: prompt, Thinking: []string{}, Answer: []string{}}
	var raw strings.Builder
	for i, p := range s.parts {
		if !p.thinking {
			c.Answer = append(c.Answer, p.text)
			raw.WriteString(p.text)
			continue
		}
		c.Thinking = append(c.Thinking, p.text)
		raw.WriteString("<think>" + p.text)
		if i < len(s.parts)-1 {
			raw.WriteString("</think>")
		}
	}
	c.Raw = raw.String()
	return c
}

func (s said) message(speed float64, at time.Duration) chatMessage {
	c := s.content("")
	return chatMessage{
		Type: "progressGenerate", Task: "Generate",
		Speed: fmt.Sprintf("%.1f", speed), SpeedType: "words/s",
		Raw: c.Raw, Thinking: c.Thinking, Answer: c.Answer,
		IsThinking: len(s.parts) > 0 && s.parts[len(s.parts)-1].thinking, ElapsedTime: clock(at),
	}
}

// compose writes what the model thinks and answers.
func (t *task) compose(prompt string, history []string) []part {
	switch t.model.Role {
	case "echo":
		return []part{{text: prompt}}
	case "translator":
		return []part{{text: "[" + t.in.values["language"] + "] " + prompt}}
	}
	subject := subjectOf(prompt)
	var answer strings.Builder
	fmt.Fprintf(&answer, "About %s: this is the Wiro sandbox standing in for %s, so nothing here was reasoned out by a model.", subject, t.model.Title)
	fmt.Fprintf(&answer, " Your message reads %q and has %d words.", core.Shorten(prompt), len(strings.Fields(prompt)))
	if system := t.in.values["system_prompt"]; system != "" {
		fmt.Fprintf(&answer, " I was told to follow %q.", core.Shorten(system))
	}
	if n := len(history); n > 0 {
		fmt.Fprintf(&answer, " I remember this conversation: %d earlier messages, the last of them %q.", n, core.Shorten(history[n-1]))
	}
	for _, s := range t.in.sources(t.model) {
		if text := s.text(); text != "" {
			fmt.Fprintf(&answer, " The document begins %q.", core.Shorten(strings.Join(strings.Fields(text), " ")))
		} else {
			fmt.Fprintf(&answer, " I was given %s.", s.url)
		}
	}
	answer.WriteString(" Run the same request with a real key to hear the model itself.")
	if !t.model.Thinks {
		return []part{{text: answer.String()}}
	}
	parts := []part{
		{true, "The message is about " + subject + ". Let me see what is known and what is asked."},
		{false, answer.String()},
	}
	if len(strings.Fields(prompt)) >= 12 { // long questions are thought over twice
		parts = append(parts,
			part{true, "Let me verify that I have answered all of it."},
			part{false, "To summarize: the message was received in full, and it is about " + subject + "."})
	}
	return parts
}

// subjectOf names what a text is about: its longest words, in their order.
func subjectOf(text string) string {
	words := searchWords(text)
	byLength := slices.Clone(words)
	slices.SortStableFunc(byLength, func(a, b string) int { return len(b) - len(a) })
	byLength = byLength[:min(3, len(byLength))]
	var subject []string
	for _, w := range words {
		if slices.Contains(byLength, w) && !slices.Contains(subject, w) {
			subject = append(subject, w)
		}
	}
	if len(subject) == 0 {
		return "your message"
	}
	return strings.Join(subject, " ")
}

// report is what document models write.
func (t *task) report() string {
	var about []string
	for _, s := range t.in.sources(t.model) {
		name := s.url
		if s.stored != nil {
			name = s.stored.Name
		}
		about = append(about, name)
	}
	score := 50 + media.Hash(t.in.text()+strings.Join(about, ","))%50
	request := t.caption()
	switch t.in.values["outputType"] {
	case "json":
		return string(core.Encode(map[string]any{
			"model": t.model.Slug, "request": request, "documents": append([]string{}, about...), "score": score,
			"summary": "Made up by the Wiro sandbox.",
		}))
	case "markdown":
		return fmt.Sprintf("# %s\n\n- Request: %s\n- Documents: %s\n- Score: **%d** of 100\n\nMade up by the Wiro sandbox.\n",
			t.model.Title, request, strings.Join(about, ", "), score)
	default:
		return fmt.Sprintf("%s\nRequest: %s\nDocuments: %s\nScore: %d of 100\nMade up by the Wiro sandbox.\n",
			t.model.Title, request, strings.Join(about, ", "), score)
	}
}

// chats remembers the last messages of each conversation.
type chats struct {
	sessions *lru.Cache[string, []string]
}

const (
	maxChats        = 2_000
	maxChatMessages = 20
)

func newChats() *chats {
	sessions, err := lru.New[string, []string](maxChats)
	if err != nil { // only a size below 1
		panic(err)
	}
	return &chats{sessions}
}

func (c *chats) history(session string) []string {
	history, _ := c.sessions.Get(session)
	return history
}

func (c *chats) remember(session, prompt string) {
	history := append(slices.Clone(c.history(session)), prompt)
	c.sessions.Add(session, history[max(0, len(history)-maxChatMessages):])
}
