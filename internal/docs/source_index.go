package docs

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// link is a list item of an index that begins with a link: "- [Tasks](https://wiro.ai/docs/tasks): Track runs".
type link struct {
	target string
	note   string // what follows the link
}

// target is a page that an index links.
type target struct {
	name      string   // last part of its address
	page      string   // its address on the web
	addresses []string // possible addresses of its Markdown, tried in order
	note      string
}

// links returns the links that begin list items of a Markdown file.
func links(src []byte) []link {
	var all []link
	root := markdown().Parse(text.NewReader(src))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || n.Kind() != ast.KindListItem || n.FirstChild() == nil {
			return ast.WalkContinue, nil
		}
		block := n.FirstChild()
		if l, ok := block.FirstChild().(*ast.Link); ok {
			whole, name := plainText(block, src), plainText(l, src)
			all = append(all, link{
				target: string(l.Destination),
				note:   strings.TrimLeft(strings.TrimPrefix(whole, name), ":-–— "),
			})
		}
		return ast.WalkContinue, nil
	})
	return all
}

// targets returns the pages that a file links if it is an index, none if it is a page itself: a file of
// Markdown by its name that is not called index or llms, or one with several headings of level 1.
func targets(base *url.URL, src []byte) []target {
	name := strings.ToLower(path.Base(base.Path))
	stem := strings.TrimSuffix(name, path.Ext(name))
	if path.Ext(name) == ".md" && stem != "index" && stem != "readme" && stem != "llms" {
		return nil
	}
	_, body, err := frontMatter(src)
	if err != nil {
		return nil
	}
	titles := 0
	for _, h := range scan(body).headings {
		if h.level == 1 {
			titles++
		}
	}
	if titles > 1 {
		return nil
	}
	var all []target
	for _, l := range links(body) {
		t, ok := targetOf(base, l)
		if !ok || slices.ContainsFunc(all, func(other target) bool { return other.name == t.name }) {
			continue
		}
		if all = append(all, t); len(all) == maxFiles {
			break
		}
	}
	return all
}

// targetOf returns the possible addresses of a linked page's Markdown. A link to another host counts only if it
// leads to documentation, .../docs/NAME; it then stands for NAME.md beside the index.
func targetOf(base *url.URL, l link) (target, bool) {
	u, err := base.Parse(l.target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return target{}, false
	}
	u.Fragment, u.RawFragment = "", ""
	t := target{name: pageName(u.Path), page: strings.TrimSuffix(u.String(), ".md"), note: l.note}
	isFile := path.Ext(u.Path) == ".md"
	isPage := path.Ext(u.Path) == "" && strings.Contains(u.Path, "/docs/") && !strings.HasSuffix(u.Path, "/docs/")
	switch {
	case u.Host == base.Host && isFile:
		t.addresses = []string{u.String()}
	case u.Host == base.Host && isPage:
		file := *u
		file.Path += ".md"
		t.addresses = []string{u.String(), file.String(), beside(base, t.name)}
	case isPage:
		t.addresses = []string{beside(base, t.name)}
	default:
		return target{}, false
	}
	return t, true
}

// beside returns the address of a page's file in the index's folder.
func beside(base *url.URL, name string) string {
	return base.ResolveReference(&url.URL{Path: name + ".md"}).String()
}

// pageName returns the slug that an address ends with.
func pageName(address string) string {
	return strings.TrimSuffix(path.Base(strings.TrimRight(address, "/")), ".md")
}
