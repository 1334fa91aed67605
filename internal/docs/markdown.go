package docs

import (
	"slices"
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// questionsMark opens the comment that lists the questions a section answers.
const questionsMark = "<!-- questions:"

// document is a file's Markdown below the front matter, line by line.
type document struct {
	src      []byte
	lines    []line
	starts   []int  // offset of each line
	hidden   []bool // lines of question comments
	headings []heading
	comments []comment
}

type heading struct {
	line  int // where it starts
	lines int // how many lines it takes: a heading underlined with === takes two or more
	level int
	text  string
}

type comment struct {
	line      int
	questions []string
}

// markdown parses blocks and inlines of CommonMark. Tables are found in paragraphs, because the extension package
// would compile regular expressions at every start of the program.
var markdown = sync.OnceValue(func() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithInlineParsers(parser.DefaultInlineParsers()...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)
})

// scan finds headings, code, tables and question comments.
func scan(src []byte) *document {
	d := &document{src: src}
	whole := string(src)
	for offset := 0; offset < len(whole); {
		l, _, _ := strings.Cut(whole[offset:], "\n")
		d.starts = append(d.starts, offset)
		d.lines = append(d.lines, line{text: l})
		offset += len(l) + 1
	}
	d.hidden = make([]bool, len(d.lines))
	root := markdown().Parse(text.NewReader(src))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch {
		case !entering || n.Kind() == ast.KindDocument:
			return ast.WalkContinue, nil
		case n.Type() == ast.TypeInline || n.Pos() < 0:
			return ast.WalkSkipChildren, nil
		}
		first, last := d.extent(n)
		switch n := n.(type) {
		case *ast.Heading:
			if n.Parent().Kind() == ast.KindDocument {
				d.addHeading(n, first, last)
			}
		case *ast.FencedCodeBlock:
			d.markFence(n, first, last)
		case *ast.CodeBlock:
			d.mark(first, last, codeLine)
		case *ast.Paragraph, *ast.TextBlock:
			d.markTables(first, last)
		case *ast.HTMLBlock:
			d.takeQuestions(n, first, last)
		}
		return ast.WalkContinue, nil
	})
	return d
}

// extent returns the lines that a block begins and ends with. What goldmark does not count to a block's own
// lines is missing: the fences of code, the line under a heading, the end of a comment.
func (d *document) extent(n ast.Node) (first, last int) {
	end := n.Pos()
	if lines := n.Lines(); lines != nil && lines.Len() > 0 {
		end = max(end, lines.At(lines.Len()-1).Stop-1)
	}
	return d.lineAt(n.Pos()), d.lineAt(end)
}

func (d *document) lineAt(offset int) int {
	i, exact := slices.BinarySearch(d.starts, offset)
	if !exact {
		i--
	}
	return i
}

func (d *document) mark(first, last int, kind lineKind) {
	for i := first; i <= last && i < len(d.lines); i++ {
		d.lines[i].kind = kind
	}
}

// addHeading notes a heading. One without text is none.
func (d *document) addHeading(n *ast.Heading, first, last int) {
	name := plainText(n, d.src)
	if name == "" {
		return
	}
	if !strings.HasPrefix(strings.TrimSpace(d.lines[first].text), "#") {
		last = min(last+1, len(d.lines)-1) // the line of === or --- below
	}
	d.mark(first, last, headingLine)
	d.headings = append(d.headings, heading{line: first, lines: last - first + 1, level: n.Level, text: name})
}

// markFence marks a code block and the fences around it. The closing one may be missing.
func (d *document) markFence(n *ast.FencedCodeBlock, first, last int) {
	if n.Lines().Len() == 0 {
		last = first
	}
	d.mark(first, first, fenceOpen)
	d.mark(first+1, last, codeLine)
	if last+1 < len(d.lines) {
		closing := strings.TrimLeft(d.lines[last+1].text, " >\t")
		if strings.HasPrefix(closing, "```") || strings.HasPrefix(closing, "~~~") {
			d.mark(last+1, last+1, fenceClose)
		}
	}
}

// markTables marks the tables among the lines of a paragraph: a row, a delimiter row, and rows.
func (d *document) markTables(first, last int) {
	for i := first; i < last; i++ {
		if !strings.Contains(d.lines[i].text, "|") || !isDelimiterRow(d.lines[i+1].text) {
			continue
		}
		d.mark(i, i+1, tableHead)
		d.mark(i+2, last, tableRow)
		return
	}
}

func isDelimiterRow(s string) bool {
	s = strings.TrimLeft(s, " >\t")
	return strings.Contains(s, "-") && strings.Contains(s, "|") && strings.Trim(s, "-|: \t") == ""
}

// takeQuestions removes a question comment from the shown text. Other comments, and one that is never closed,
// stay.
func (d *document) takeQuestions(n *ast.HTMLBlock, first, last int) {
	if n.HTMLBlockType != ast.HTMLBlockType2 { // a comment
		return
	}
	if n.HasClosure() && !n.ClosureLine.IsEmpty() {
		last = max(last, d.lineAt(n.ClosureLine.Start))
	}
	var b strings.Builder
	for _, l := range d.lines[first : last+1] {
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	inside, found := strings.CutPrefix(strings.TrimLeft(b.String(), " >\t"), questionsMark)
	inside, after, closed := strings.Cut(inside, "-->")
	if !found || !closed || strings.TrimSpace(after) != "" {
		return
	}
	c := comment{line: first}
	for l := range strings.SplitSeq(inside, "\n") {
		if q := strings.TrimSpace(strings.TrimLeft(l, " >\t-*")); q != "" {
			c.questions = append(c.questions, q)
		}
	}
	d.comments = append(d.comments, c)
	for i := first; i <= last; i++ {
		d.hidden[i] = true
	}
}

// plainText returns the text of a heading without its marks.
func plainText(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			value := n.Value(src)
			if !n.IsRaw() && n.Parent().Kind() != ast.KindCodeSpan {
				value = util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value)))
			}
			b.Write(value)
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.URL(src))
		}
		return ast.WalkContinue, nil
	})
	return shortName(b.String())
}
