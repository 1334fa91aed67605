package consent_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const authorize = "https://x.example/authorize?state=1"

func memory(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open("memory", store.Options{})
	require.NoError(t, err)
	return s
}

func newFlows(t *testing.T, s *store.Store) *consent.Flows {
	t.Helper()
	d := consent.NewFlows(s, zerolog.Nop())
	t.Cleanup(d.Close)
	return d
}

func key(caller string, provider wiro.OAuthProvider) consent.Key {
	return consent.Key{Caller: store.Caller{BaseURL: "https://api.example", Key: caller}, Agent: "ua1", Provider: provider}
}

// begun is a consent under way.
func begun(t *testing.T, d *consent.Flows, k consent.Key, base string, selectAccount consent.SelectFunc) *consent.Flow {
	t.Helper()
	f, err := d.Begin(t.Context(), k, base, selectAccount)
	require.NoError(t, err)
	require.NoError(t, d.Save(t.Context(), k, f, authorize))
	return f
}

// public serves the pages of a desk as a replica does.
func public(t *testing.T, d *consent.Flows) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.Serve(w, r, "https://mcp.example") }))
	t.Cleanup(s.Close)
	return s
}

type answered struct {
	status   int
	body     string
	location string
	header   http.Header
}

// ask sends a request without following where the answer leads.
func ask(t *testing.T, request *http.Request) answered {
	t.Helper()
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answered{response.StatusCode, string(body), response.Header.Get("Location"), response.Header}
}

func get(t *testing.T, address string) answered {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	return ask(t, request)
}

func post(t *testing.T, address, id string, header ...string) answered {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(url.Values{"id": {id}}.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return ask(t, request)
}

var pages = "?fb_connected=true&fb_pages=" + url.QueryEscape(`[{"id":"1","name":"<b>Bakery</b>"},{"id":"2","name":"Catering"}]`)

func TestThePageTakesOneReturnAndOneChoice(t *testing.T) {
	t.Parallel()
	d := newFlows(t, memory(t))
	k := key("a", wiro.FacebookPages)
	s := public(t, d)
	f := begun(t, d, k, s.URL, nil)
	require.True(t, strings.HasPrefix(f.Redirect, s.URL+consent.Path))
	require.Contains(t, get(t, f.Redirect).body, "still under way")
	require.Equal(t, http.StatusSeeOther, get(t, f.Redirect+"?next=https://evil.example").status)
	require.Equal(t, f.State, get(t, f.Redirect+"?next=https://evil.example&redirect=//evil.example").location, "it leads to itself alone")

	back := get(t, f.Redirect+pages)
	require.Equal(t, http.StatusSeeOther, back.status)
	require.Equal(t, f.State, back.location, "the address bar holds nothing of the account")
	get(t, f.Redirect+"?fb_error=authorization_denied") // a second return changes nothing
	page := get(t, f.Redirect)
	require.Contains(t, page.body, "&lt;b&gt;Bakery&lt;/b&gt;")
	require.NotContains(t, page.body, "<b>Bakery")
	require.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-store", page.header.Get("Cache-Control"))
	require.Equal(t, "DENY", page.header.Get("X-Frame-Options"))

	require.Equal(t, http.StatusForbidden, post(t, f.Redirect, "1", "Sec-Fetch-Site", "cross-site").status)
	require.Equal(t, http.StatusBadRequest, post(t, f.Redirect, "3").status)
	require.Equal(t, http.StatusSeeOther, post(t, f.Redirect, "2", "Sec-Fetch-Site", "same-origin").status)
	post(t, f.Redirect, "1")
	found, err := d.Find(t.Context(), k)
	require.NoError(t, err)
	require.Equal(t, &wiro.Account{ID: "2", Name: "Catering"}, found.Chosen)
	require.Contains(t, get(t, f.Redirect).body, "You chose the page Catering")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, f.Redirect, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusMethodNotAllowed, ask(t, request).status)
}

func TestAStateThatIsNotKnownSaysNothingAsTrue(t *testing.T) {
	t.Parallel()
	d := newFlows(t, memory(t))
	s := public(t, d)
	for _, state := range []string{"", "x", strings.Repeat("A", 26), "../" + strings.Repeat("A", 23), strings.Repeat("a", 26)} {
		answer := get(t, s.URL+consent.Path+state+"?x_connected=true&x_username=%3Cscript%3E")
		require.Equal(t, http.StatusNotFound, answer.status, state)
		require.Empty(t, answer.location)
		require.NotContains(t, answer.body, "is connected")
		require.NotContains(t, answer.body, "<script>")
		require.Contains(t, answer.body, "https://mcp.example"+consent.Path, "its address can be given to the assistant")
		require.NotContains(t, get(t, s.URL+consent.Path+state).body, "textarea id")
	}
}

func TestAConsentIsItsCallersOwn(t *testing.T) {
	t.Parallel()
	d := newFlows(t, memory(t))
	begun(t, d, key("a", wiro.Twitter), "https://mcp.example", nil)
	for _, other := range []consent.Key{key("b", wiro.Twitter), key("a", wiro.TikTok), {Caller: key("a", wiro.Twitter).Caller, Agent: "ua2", Provider: wiro.Twitter}} {
		found, err := d.Find(t.Context(), other)
		require.NoError(t, err)
		require.Nil(t, found)
	}
	own := key("a", wiro.Twitter)
	own.Method = "own"
	found, err := d.Find(t.Context(), own)
	require.NoError(t, err)
	require.Nil(t, found, "another app's consent is another consent")
}

func TestReplicasShareAConsent(t *testing.T) {
	t.Parallel()
	shared := memory(t)
	one, two := newFlows(t, shared), newFlows(t, shared)
	k := key("a", wiro.FacebookPages)
	f := begun(t, one, k, public(t, two).URL, nil)
	waited := make(chan *consent.Flow)
	go func() {
		now, err := one.Wait(context.WithoutCancel(t.Context()), f, func(f *consent.Flow) bool { return f.Chosen != nil })
		if err != nil {
			now = nil
		}
		waited <- now
	}()
	get(t, f.Redirect+pages)
	post(t, f.Redirect, "1")
	require.Equal(t, "1", (<-waited).Chosen.ID)

	var calls atomic.Int32
	selectAccount := func(_ context.Context, a wiro.Account) (wiro.Account, error) { //nolint:unparam // as SelectFunc has it
		calls.Add(1)
		return wiro.Account{ID: a.ID, Name: "As Wiro has it"}, nil
	}
	var group sync.WaitGroup
	for _, d := range []*consent.Flows{one, two, one} {
		group.Go(func() {
			done, err := d.Finish(context.WithoutCancel(t.Context()), f, selectAccount)
			if err != nil || !done.Selected || done.Chosen.Name != "As Wiro has it" {
				t.Errorf("%+v %v", done, err)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 1, calls.Load(), "Wiro is told once")
	require.Contains(t, get(t, f.Redirect).body, "The agent works with the page As Wiro has it")

	require.NoError(t, one.Drop(t.Context(), k, f))
	_, err := two.Wait(t.Context(), f, (*consent.Flow).Done)
	require.ErrorIs(t, err, consent.ErrGone)
}

func TestTheListenerOnThisMachineServesItsConsentAndEnds(t *testing.T) {
	t.Parallel()
	d := newFlows(t, memory(t))
	var took []wiro.Account
	f := begun(t, d, key("a", wiro.FacebookPages), "", func(_ context.Context, a wiro.Account) (wiro.Account, error) {
		took = append(took, a)
		return a, nil
	})
	at, err := url.Parse(f.Redirect)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", at.Hostname())

	other := begun(t, d, key("b", wiro.Twitter), "", nil)
	require.Equal(t, http.StatusNotFound, get(t, "http://"+at.Host+consent.Path+other.State).status, "another consent's page is elsewhere")
	rebound, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.Redirect+pages, nil)
	require.NoError(t, err)
	rebound.Host = "evil.example"
	require.Equal(t, http.StatusNotFound, ask(t, rebound).status)

	get(t, f.Redirect+pages)
	require.Contains(t, get(t, f.Redirect).body, "Which page")
	post(t, f.Redirect, "2")
	require.Equal(t, []wiro.Account{{ID: "2", Name: "Catering"}}, took)
	require.Contains(t, get(t, f.Redirect).body, "The agent works with the page Catering")
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.Redirect, nil)
		require.NoError(t, err)
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		return err != nil
	}, 10*time.Second, 5*time.Millisecond, "it ends with its consent")

	found, err := d.Find(t.Context(), key("a", wiro.FacebookPages))
	require.NoError(t, err)
	require.True(t, found.Done(), "what came back is known after its page")
	require.NoError(t, d.Drop(t.Context(), key("b", wiro.Twitter), other))
	found, err = d.Find(t.Context(), key("b", wiro.Twitter))
	require.NoError(t, err)
	require.Nil(t, found)
}

func TestWhatWiroRefusesIsSaid(t *testing.T) {
	t.Parallel()
	d := newFlows(t, memory(t))
	f := begun(t, d, key("a", wiro.YouTube), "", func(context.Context, wiro.Account) (wiro.Account, error) {
		return wiro.Account{}, errors.New("Wiro says <no>")
	})
	get(t, f.Redirect+"?yt_connected=true&yt_channels="+url.QueryEscape(`[{"channelid":"UC1","channeltitle":"TV"}]`))
	require.Contains(t, get(t, f.Redirect).body, "Wiro says &lt;no&gt;")
	found, err := d.Find(t.Context(), key("a", wiro.YouTube))
	require.NoError(t, err)
	require.True(t, found.Done())
	require.Equal(t, "UC1", found.Chosen.ID, "a single choice needs no question")
	require.Equal(t, "Wiro says <no>", found.Failure)
}

func TestAListOfNothingAsksForTheID(t *testing.T) {
	t.Parallel()
	d := newFlows(t, memory(t))
	f := begun(t, d, key("a", wiro.GoogleAds), public(t, d).URL, nil)
	get(t, f.Redirect+"?gads_connected=true")
	require.Contains(t, get(t, f.Redirect).body, `<input type="text" id="id"`)
	require.Equal(t, http.StatusBadRequest, post(t, f.Redirect, " ").status)
	post(t, f.Redirect, "123-456-7890")
	found, err := d.Find(t.Context(), key("a", wiro.GoogleAds))
	require.NoError(t, err)
	require.Equal(t, "123-456-7890", found.Chosen.ID)
}

func FuzzReturns(f *testing.F) {
	f.Add("fb_connected=true&fb_pages=%5B%7B%22id%22%3A1%7D%5D")
	f.Add("fb_error=%00&fb_error_detail=%E2%80%AE")
	f.Fuzz(func(t *testing.T, query string) {
		s := memory(t)
		d := consent.NewFlows(s, zerolog.Nop())
		k := key("a", wiro.FacebookPages)
		flow := begun(t, d, k, "https://mcp.example", nil)
		r := httptest.NewRequest(http.MethodGet, consent.Path+flow.State, nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		d.Serve(w, r, "https://mcp.example")
		if location := w.Header().Get("Location"); location != "" && location != flow.State {
			t.Fatal(location)
		}
		found, err := d.Find(t.Context(), k)
		if err != nil || found == nil {
			t.Fatal(found, err)
		}
		if found.Return != nil && strings.ContainsAny(found.Return.Account+found.Return.Error+found.Return.Detail, "\x00\n\r\u202e") {
			t.Fatalf("%+v", found.Return)
		}
	})
}
