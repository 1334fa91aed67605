// Package webpage renders the small pages that people see in a browser on their way through a
// sign-in or a consent.
//
// Pages are put together by hand, with html.EscapeString for every value: html/template keeps
// the linker from leaving out unused code, and would add 3 MB to the program.
package webpage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"sync"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
)

// policy allows the one style sheet and nothing else. It says nothing about form-action,
// because browsers apply that to all redirects that follow a form: to the address of an OAuth
// client, and from there on to addresses that only the client knows.
var policy = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
})

// Show answers with a page that no cache keeps and no other page frames. The title and the body
// are HTML.
func Show(w http.ResponseWriter, r *http.Request, status int, title, body string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy())
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers send no Origin with a form
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, strings.NewReplacer("{{title}}", title, "{{css}}", pageCSS, "{{body}}", body).Replace(pageHTML))
	}
}
