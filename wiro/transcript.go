package wiro

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// TranscriptLine is what one speaker said in a turn.
type TranscriptLine struct {
	Speaker Speaker `json:"speaker"`
	Text    string  `json:"text"`
}

// Transcript joins the words of a session to lines. The zero value is empty.
//
// Wiro docs: Realtime Speech to Text, Progressive Results.
type Transcript struct {
	lines []*transcriptLine
	ended bool // the next words begin a new line
}

type transcriptLine struct {
	speaker Speaker
	text    strings.Builder
	space   bool // the text ends in a space
}

// Add appends words: to the line of their speaker, separated by a space, or to a new one if the
// speaker or the turn changed.
func (t *Transcript) Add(d TranscriptDelta) {
	if d.Text == "" {
		return
	}
	if n := len(t.lines); n == 0 || t.ended || t.lines[n-1].speaker != d.Speaker {
		t.lines, t.ended = append(t.lines, &transcriptLine{speaker: d.Speaker, space: true}), false
	}
	line := t.lines[len(t.lines)-1]
	first, _ := utf8.DecodeRuneInString(d.Text)
	if !line.space && !unicode.IsSpace(first) {
		line.text.WriteByte(' ')
	}
	line.text.WriteString(d.Text)
	last, _ := utf8.DecodeLastRuneInString(d.Text)
	line.space = unicode.IsSpace(last)
}

// EndTurn begins a new line with the next words.
func (t *Transcript) EndTurn() { t.ended = true }

// Lines returns the lines so far.
func (t *Transcript) Lines() []TranscriptLine {
	var lines []TranscriptLine
	for _, line := range t.lines {
		if text := strings.TrimSpace(line.text.String()); text != "" {
			lines = append(lines, TranscriptLine{line.speaker, text})
		}
	}
	return lines
}

// Text returns the words of all lines, one a line. The speakers are named if there are two.
func (t *Transcript) Text() string {
	lines := t.Lines()
	named := false
	for _, line := range lines {
		named = named || line.Speaker == SpeakerAI
	}
	var text strings.Builder
	for i, line := range lines {
		if i > 0 {
			text.WriteByte('\n')
		}
		if named {
			text.WriteString(line.Speaker.String() + ": ")
		}
		text.WriteString(line.Text)
	}
	return text.String()
}
