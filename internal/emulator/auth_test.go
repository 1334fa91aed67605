package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestRequestsAreRefusedWithTheDocumentedMessages(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{
		{Key: "open", Balance: 10},
		{Key: "signed", Secret: "s3cret", Balance: 10},
		{Key: "elsewhere", AllowedIPs: []string{"10.0.0.0/8", "192.0.2.1"}},
		{Key: "here", AllowedIPs: []string{"127.0.0.0/8"}},
	}})
	good := signed("signed", "s3cret", "1734513809")
	tests := map[string]struct {
		key     string
		header  http.Header
		code    float64
		message string
	}{
		"no key":            {message: "Project authorization is not founded."},
		"unknown key":       {key: "nobody", message: "Project authorization is not founded."},
		"bearer":            {header: http.Header{"Authorization": {"Bearer x"}}, code: 99, message: "Authorization bearer token is invalid."},
		"no signature":      {key: "signed", message: "Project requires signature authentication. x-signature and x-nonce headers are required."},
		"no nonce":          {key: "signed", header: http.Header{"X-Signature": good["X-Signature"]}, message: "Project requires signature authentication. x-signature and x-nonce headers are required."},
		"wrong secret":      {key: "signed", header: signed("signed", "other", "1"), message: "Project authorization is not valid."},
		"not hex":           {key: "signed", header: http.Header{"X-Nonce": {"1"}, "X-Signature": {"zz"}}, message: "Project authorization is not valid."},
		"another nonce":     {key: "signed", header: http.Header{"X-Nonce": {"2"}, "X-Signature": good["X-Signature"]}, message: "Project authorization is not valid."},
		"address elsewhere": {key: "elsewhere", message: "Requested ip 127.0.0.1 is not allowed."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := a.as(test.key).do(http.MethodPost, a.s.APIURL()+"/Tool/Explore", "application/json", test.header, strings.NewReader("{}"))
			require.NoError(t, err)
			require.Equal(t, http.StatusUnauthorized, out.status)
			code, message := out.failure(t)
			require.Equal(t, test.code, code)
			require.Equal(t, test.message, message)
		})
	}
	for _, key := range []string{"open", "here"} {
		a.as(key).ok("Tool/Explore", obj{})
	}
}

func TestSignedRequestWorksOnceForEachNonce(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{}).as(emulator.DemoSignedKey)
	send := func(nonce string) answer {
		out, err := a.do(http.MethodPost, a.s.APIURL()+"/Tool/Explore", "application/json",
			signed(emulator.DemoSignedKey, emulator.DemoSignedSecret, nonce), strings.NewReader("{}"))
		require.NoError(t, err)
		return out
	}
	require.Equal(t, http.StatusOK, send("1").status)
	require.Equal(t, http.StatusOK, send("2").status)
	replayed := send("1")
	require.Equal(t, http.StatusUnauthorized, replayed.status)
	_, message := replayed.failure(t)
	require.Equal(t, "Project authorization is not valid.", message)
}

func TestUnknownEndpointsAreNotFound(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	root := strings.TrimSuffix(a.s.APIURL(), "/api/v1")
	for _, url := range []string{
		a.s.APIURL() + "/Tool/Nothing", a.s.APIURL() + "/tool/list", a.s.APIURL() + "/Run", a.s.APIURL() + "/Run/",
		root + "/Tool/List", root + "/v1/Tool/List", root + "/",
	} {
		out, err := a.do(http.MethodPost, url, "application/json", nil, strings.NewReader("{}"))
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, out.status, url)
		_, message := out.failure(t)
		require.Equal(t, "Error parsing url.", message)
	}
	out, err := a.do(http.MethodGet, a.s.APIURL()+"/Tool/List", "", nil, http.NoBody)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, out.status, "every endpoint is POST")
}

func TestRateLimitAnswersWithRetryAfter(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: "slow", RateLimit: 1e-9}}}).as("slow")
	a.ok("Tool/Explore", obj{})
	out := a.post("Tool/Explore", obj{})
	require.Equal(t, http.StatusTooManyRequests, out.status)
	require.Equal(t, "1", out.header.Get("Retry-After"))
}

func TestProjectsSeeOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: "ada", Balance: 300}, {Key: "bob", Balance: 300}}})
	ada, bob := a.as("ada"), a.as("bob")
	token := ada.run("sandbox/run-forever", obj{})
	id := ada.detail(token)["id"]
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.TaskStart))

	for path, body := range map[string]obj{
		"Task/Detail": {"tasktoken": token},
		"Task/Cancel": {"tasktoken": token},
		"Task/Kill":   {"socketaccesstoken": token},
	} {
		code, message := bob.refused(path, body)
		require.Equal(t, 1.0, code, path)
		require.Equal(t, "There is no task yet.", message, path)
	}
	_, message := bob.refused("Task/Detail", obj{"taskid": id})
	require.Equal(t, "There is no task yet.", message)
	_, message = bob.refused("Task/InputOutputDelete", obj{"tasktoken": token})
	require.Equal(t, "task-not-exist", message)
	require.Equal(t, "0", bob.ok("Task/List", obj{})["total"])
	require.Equal(t, "1", ada.ok("Task/List", obj{})["total"])

	folder := ada.ok("File/FolderCreate", obj{"name": "mine"})["list"].([]any)[0].(obj)["id"].(string)
	_, message = bob.form("File/Upload", []formFile{{"file", "a.txt", "x"}}, "folderid", folder).failure(t)
	require.Equal(t, "There is no folder yet.", message)
}
