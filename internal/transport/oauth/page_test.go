package oauth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/apikey"
)

func TestThePageSaysWhoAsksAndWhereTheAnswerGoes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct {
		name, redirect string
		known          bool
		texts          []string
	}{
		{"Claude", claudeWeb, true, []string{"Connect <span class=\"name\">Claude</span> to Wiro", "<dd>claude.ai</dd>", "<dd>mcp.example.com</dd>"}},
		{"Codex", "http://127.0.0.1:4321/callback", true, []string{"127.0.0.1:4321", "a program on this device"}},
		{"Cursor", "cursor://anysphere.cursor-mcp/oauth/callback", true, []string{"cursor://anysphere.cursor-mcp"}},
		{"", "http://localhost:1/cb", true, []string{"an MCP client"}},
		{"Claude", "https://claude.ai.evil.example/cb", false, []string{"does not know claude.ai.evil.example"}},
		{"Claude", "https://claude.ai:8443/cb", false, []string{"does not know claude.ai:8443"}},
		{"Claude", "https://xn--lude-cya5b.ai/cb", false, []string{"does not know xn--lude-cya5b.ai"}},
	} {
		body := r.send(http.MethodGet, "/authorize?"+query(r.register(c.name, c.redirect), c.redirect).Encode(), "").Body.String()
		for _, text := range c.texts {
			require.Contains(t, body, text)
		}
		require.Equal(t, !c.known, strings.Contains(body, `class="warning"`), c.redirect)
		require.NotContains(t, body, "{{")
		require.NotContains(t, body, "<script")
	}
}

func TestWhatIsWrongInTheFormIsSaidAndTheRestKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	page := r.send(http.MethodGet, "/authorize?"+query(r.register("Claude", claudeWeb), claudeWeb).Encode(), "")
	request := formOf(t, page)
	require.NotContains(t, page.Body.String(), "<details open")
	for text, changes := range map[string][]string{
		"Enter your Wiro API key":       {"key", "  "},
		"does not accept this key":      {"key", "another-key"},
		"secret after the colon":        {"key", "key:"},
		"placeholder":                   {"key", "YOUR_API_KEY"},
		"not filled in: undefined":      {"key", "undefined"},
		"is given twice":                {"key", "key:one", "secret", "other"},
		"spaces or special":             {"key", "two words"},
		"too long":                      {"secret", strings.Repeat("s", apikey.MaxLength+1)},
		"not a Wiro API key":            {"key", string(kindAccess) + "x"},
		"The limit for one run must be": {"cost_run", "1e3"},
		"The limit for one day must be": {"cost_day", "0"},
		"at least one group":            {"toolset", "none-of-them"},
	} {
		w := r.post("/authorize", filled(request, append([]string{"readonly", "1", "cost_run", "1.25"}, changes...)...))
		body := w.Body.String()
		require.Equal(t, http.StatusBadRequest, w.Code, text)
		require.Contains(t, body, text)
		require.Contains(t, body, `role="alert"`)
		require.Contains(t, body, "<title>Error: ")
		require.Contains(t, body, "<details open>", "limits were given")
		require.Contains(t, body, `name="readonly" value="1" checked`)
		require.Equal(t, request, formOf(t, w))
		require.NotContains(t, body, testKey)
	}
	location(t, r.post("/authorize", filled(request)))
}

func TestLimitsOfCostAreOfferedOnlyWhereTheyAreEnforced(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.CostLimits = false })
	id := r.register("Claude", claudeWeb)
	page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
	require.NotContains(t, page.Body.String(), "cost_")
	back := location(t, r.post("/authorize", filled(formOf(t, page), "cost_run", "1")))
	connection, err := r.verify(r.tokens(exchange(id, claudeWeb, back.Query().Get("code"))).Access, "/mcp")
	require.NoError(t, err)
	require.Zero(t, connection.Limits)
}

func TestAmountsAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"": 0, " ": 0, "1": 1, "0.5": 0.5, "0,5": 0.5, "$ 2.50": 2.5, ".5": 0.5, "1000000": 1e6} {
		got, err := parseUSD(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, got, 0, text)
	}
	for _, text := range []string{"0", "-1", "1e3", "NaN", "Inf", "0x10", "1,000,000", "1.000,50", "a", "1000001", ".", "$", "1 2"} {
		_, err := parseUSD(text)
		require.Error(t, err, text)
	}
}

// A limit that was typed in an odd way never becomes none.
func TestALimitIsNeverLostInReading(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.register("Claude", claudeWeb)
	for typed, want := range map[string]float64{
		strings.Repeat(" ", 30) + "5": 5, "\t2\n": 2, "0.25" + strings.Repeat("0", 30): 0.25, "$" + strings.Repeat(" ", 30) + "5": -1, strings.Repeat("0", 30) + "5": -1,
	} {
		page := r.send(http.MethodGet, "/authorize?"+query(id, claudeWeb).Encode(), "")
		w := r.post("/authorize", filled(formOf(t, page), "cost_run", typed))
		if want < 0 {
			require.Equal(t, http.StatusBadRequest, w.Code, typed)
			continue
		}
		connection, err := r.verify(r.tokens(exchange(id, claudeWeb, location(t, w).Query().Get("code"))).Access, "/mcp")
		require.NoError(t, err)
		require.InDelta(t, want, connection.Limits.MaxCostPerRun, 0, typed)
	}
}

// The page works with a keyboard and a screen reader: each field has a label, each message is
// tied to its field, and nothing needs a script.
func TestThePageIsAccessible(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	page := r.send(http.MethodGet, "/authorize?"+query(r.register("Claude", claudeWeb), claudeWeb).Encode(), "")
	for _, body := range []string{
		page.Body.String(),
		r.post("/authorize", filled(formOf(t, page), "key", "", "cost_run", "x")).Body.String(),
	} {
		require.Contains(t, body, `<html lang="en">`)
		require.Contains(t, body, `name="viewport"`)
		for _, id := range []string{"key", "secret", "cost-run", "cost-day"} {
			require.Contains(t, body, `<label for="`+id+`">`)
			require.Contains(t, body, `<input id="`+id+`"`)
		}
		for described := range strings.SplitSeq(body, `aria-describedby="`) {
			ids, _, _ := strings.Cut(described, `"`)
			if strings.HasPrefix(described, "<!doctype") {
				continue
			}
			for id := range strings.FieldsSeq(ids) {
				require.Contains(t, body, `id="`+id+`"`)
			}
		}
		require.NotContains(t, body, " onclick")
		require.NotContains(t, body, "style=")
	}
}

// With OAUTH_PAGES set to a folder, the pages are written there, to be looked at.
func TestPagesForEyes(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("OAUTH_PAGES")
	if folder == "" {
		t.Skip("OAUTH_PAGES is not set")
	}
	r := newRig(t)
	write := func(name string, w *httptest.ResponseRecorder) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".html"), w.Body.Bytes(), 0o600))
	}
	show := func(q url.Values) *httptest.ResponseRecorder {
		return r.send(http.MethodGet, "/authorize?"+q.Encode(), "")
	}
	known := show(query(r.register("Claude", claudeWeb), claudeWeb))
	write("known", known)
	const evil = "https://assistant.example.net/oauth/cb"
	write("unknown", show(query(r.register("Claude", evil), evil)))
	write("wrong", r.post("/authorize", filled(formOf(t, known), "key", "x", "readonly", "1", "cost_run", "1.5")))
	write("problem", show(query("gone", evil)))
}
