package wiro_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func TestRunSubmitsOnceAndWaits(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	var heard updatesHeard
	task, err := c.Run(soon(t), picture, wiro.Params{"prompt": "a lighthouse"}, wiro.OnUpdate(heard.add))
	require.NoError(t, err)
	require.NoError(t, task.Err())
	require.Equal(t, 1, s.RequestCount("Run/"+picture))
	require.NotEmpty(t, heard.statuses())

	var file, through bytes.Buffer
	n, err := task.Outputs[0].Download(soon(t), &file)
	require.NoError(t, err)
	require.EqualValues(t, task.Outputs[0].Size, n)
	_, err = c.Download(soon(t), task.Outputs[0], &through)
	require.NoError(t, err)
	require.Equal(t, file.Bytes(), through.Bytes())
}

func TestAFailedTaskSaysWhy(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	s.Behave(picture, wirotest.Behavior{FailWith: &wirotest.Exit{Code: "137", Stderr: []string{"CUDA out of memory"}}})
	task, err := c.Run(soon(t), picture, wiro.Params{"prompt": "x"})
	require.NoError(t, err)
	failure, ok := errors.AsType[*wiro.RunError](task.Err())
	require.True(t, ok)
	require.Equal(t, task.ID, failure.Task.ID)
	require.ErrorContains(t, failure, "exit code 137: CUDA out of memory")
}

func TestUpdatesEndWithTheTask(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	submission, err := c.Runs.Submit(soon(t), chat, wiro.Params{"prompt": "hello"})
	require.NoError(t, err)
	var last wiro.Update
	for update, err := range submission.Updates(soon(t)) {
		require.NoError(t, err)
		require.Nil(t, last.Task, "nothing follows the last update")
		last = update
	}
	require.NotNil(t, last.Task)
	require.Equal(t, wiro.TaskPostprocessEnd, last.Status)
	var said bytes.Buffer
	_, err = last.Task.Outputs[0].Download(soon(t), &said)
	require.NoError(t, err)
	require.Equal(t, last.Task.Outputs[0].Content.Text(), said.String())
	require.NotEmpty(t, said.String())

	// A task that is over has one update; leaving the loop is no error.
	for update, err := range c.Tasks.Updates(soon(t), submission.Ref()) {
		require.NoError(t, err)
		require.Equal(t, wiro.TaskPostprocessEnd, update.Status)
		break
	}
	failures := 0
	for _, err := range c.Tasks.Updates(soon(t), wiro.TaskRef{Token: "nobodys"}) {
		require.ErrorIs(t, err, wiro.ErrNotFound)
		failures++
	}
	require.Equal(t, 1, failures)
}

func TestASubmissionOfAnotherProcessIsWaitedForByItsToken(t *testing.T) {
	t.Parallel()
	_, err := wiro.Submission{Token: "tok"}.Wait(t.Context())
	require.ErrorContains(t, err, "Tasks.Wait")
}

// The wait for the response ends with its context; the exchange goes on, and its token can
// still be had.
func TestAPendingSubmissionOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int32
	release, reached := make(chan struct{}), make(chan struct{})
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		close(reached)
		<-release
		answer(w, 200, accepted)
	})
	caller, leave := context.WithCancel(t.Context())
	pending := c.Runs.Start(caller, anyModel, anyParams)
	<-reached
	leave()
	_, err := pending.Wait(caller)
	require.ErrorIs(t, err, context.Canceled)
	close(release)
	submission, err := pending.Wait(soon(t))
	require.NoError(t, err)
	require.Equal(t, "tok7", submission.Token)
	<-pending.Done()
	submission, err = pending.Wait(caller)
	require.NoError(t, err, "an outcome that is known is returned")
	require.Equal(t, "tok7", submission.Token)
	require.EqualValues(t, 1, arrived.Load())
}

// A run that is given up before it was written is not sent.
func TestARunThatIsGivenUpBeforeItWasWrittenIsNotSent(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	c := fakeWith(t, beforeSending{cancel}, func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		answer(w, 200, accepted)
	})
	_, err := c.Runs.Submit(ctx, anyModel, anyParams)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, wiro.ErrUnknownOutcome)
	require.Zero(t, arrived.Load())
}

// beforeSending is a transport whose caller gives up before it sends.
type beforeSending struct{ giveUp func() }

func (b beforeSending) RoundTrip(r *http.Request) (*http.Response, error) {
	b.giveUp()
	<-r.Context().Done() // as soon as the client notices
	return http.DefaultTransport.RoundTrip(r)
}

func TestFilesInParamsMakeAForm(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cat.png")
	require.NoError(t, os.WriteFile(name, []byte("a picture"), 0o600))
	file, err := wiro.FileFromPath(name)
	require.NoError(t, err)
	require.Equal(t, "image/png", file.ContentType)
	form := make(chan map[string][]string, 1)
	c := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			answer(w, 400, `{}`)
			return
		}
		got := maps.Clone(r.MultipartForm.Value)
		for name, headers := range r.MultipartForm.File {
			for _, header := range headers {
				content, _ := header.Open()
				data, _ := io.ReadAll(content)
				got[name+" files"] = append(got[name+" files"], header.Filename+": "+string(data))
			}
		}
		form <- got
		answer(w, 200, accepted)
	})
	_, err = c.Runs.Submit(t.Context(), anyModel, wiro.Params{
		"prompt": "a cat", "steps": json.Number("12345678901234567890"), "flag": true, "tags": []string{"a", "b"},
		"inputImage": file, "docs": []any{wiro.FileFromBytes("a.txt", []byte("A")), "https://a.test/b.txt"},
		"docsUrl": "https://a.test/c.txt",
	}, wiro.CallbackURL("https://a.test/hook"), wiro.BillTo("p1"))
	require.NoError(t, err)
	require.Equal(t, map[string][]string{
		"prompt": {"a cat"}, "steps": {"12345678901234567890"}, "flag": {"true"}, "tags": {"a", "b"},
		"inputImageUrl": {""}, "inputImage files": {"cat.png: a picture"},
		"docs": {"https://a.test/b.txt"}, "docs files": {"a.txt: A"}, "docsUrl": {"https://a.test/c.txt"},
		"callbackUrl": {"https://a.test/hook"}, "projectid": {"p1"},
	}, <-form)
	_, err = wiro.FileFromPath(t.TempDir())
	require.Error(t, err, "a folder")
}

func TestTasksAndModelsAreIteratedOver(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	want := map[string]bool{}
	for range 5 {
		submission, err := c.Runs.Submit(soon(t), picture, wiro.Params{"prompt": "x"})
		require.NoError(t, err)
		want[submission.TaskID] = true
	}
	got := map[string]bool{}
	for task, err := range c.Tasks.All(soon(t), wiro.TaskQuery{Limit: 2}) {
		require.NoError(t, err)
		require.False(t, got[task.ID], "twice")
		got[task.ID] = true
	}
	require.Equal(t, want, got)

	page, err := c.Models.List(soon(t), wiro.ModelQuery{Limit: 1})
	require.NoError(t, err)
	count := 0
	for model, err := range c.Models.All(soon(t), wiro.ModelQuery{Limit: 7}) {
		require.NoError(t, err)
		require.NotEmpty(t, model.Slug().String())
		count++
	}
	require.EqualValues(t, page.Total, count)
}

func TestAFileIsUploadedFromAnAddress(t *testing.T) {
	t.Parallel()
	_, c := emulator(t)
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-api-key") != "" {
			t.Error("credentials were sent to another host")
		}
		if r.URL.Path != "/files/cat.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "a cat")
	}))
	t.Cleanup(source.Close)
	stored, err := c.Files.UploadURL(soon(t), source.URL+"/files/cat.txt?token=1", "")
	require.NoError(t, err)
	require.Equal(t, "cat.txt", stored.Name)
	require.EqualValues(t, 5, stored.Size)
	_, err = c.Files.UploadURL(soon(t), source.URL+"/none", "")
	require.ErrorIs(t, err, wiro.ErrNotFound)
	for _, address := range []string{"", "file:///etc/passwd", "cat.txt"} {
		_, err = c.Files.UploadURL(soon(t), address, "")
		_, isInput := errors.AsType[*wiro.InputError](err)
		require.True(t, isInput, address)
	}
}

func TestAnAddressThatDoesNotEndIsNotUploaded(t *testing.T) {
	t.Parallel()
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(source.Close)
	c := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			answer(w, 200, `{"result":true,"list":[{"id":"1"}]}`)
		}
	})
	_, err := c.Files.UploadURL(soon(t), source.URL+"/endless", "")
	require.ErrorContains(t, err, "100 MB")
}

func TestCredentialsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("WIRO_API_KEY", " key-from-the-environment ")
	t.Setenv("WIRO_API_SECRET", "secret-from-the-environment")
	keys := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys <- r.Header
		answer(w, 200, `{"result":true}`)
	}))
	t.Cleanup(server.Close)
	c := wiro.NewClient(wiro.Options{BaseURL: server.URL, SocketURL: wiro.NoSocket})
	t.Cleanup(c.Close)
	_, err := c.Models.Explore(t.Context())
	require.NoError(t, err)
	header := <-keys
	require.Equal(t, "key-from-the-environment", header.Get("x-api-key"))
	require.NotEmpty(t, header.Get("x-signature"))

	// Credentials that are given are not mixed with those of the environment.
	other := wiro.NewClient(wiro.Options{BaseURL: server.URL, SocketURL: wiro.NoSocket, Credentials: wiro.Credentials{Key: "other"}})
	t.Cleanup(other.Close)
	_, err = other.Models.Explore(t.Context())
	require.NoError(t, err)
	header = <-keys
	require.Equal(t, "other", header.Get("x-api-key"))
	require.Empty(t, header.Get("x-signature"))
}

func TestSealsAndFingerprintsDependOnTheCredentials(t *testing.T) {
	t.Parallel()
	c := wiro.NewClient(wiro.Options{Credentials: wiro.Credentials{Key: "a", Secret: "s"}})
	same := wiro.NewClient(wiro.Options{Credentials: wiro.Credentials{Key: "a", Secret: "s"}})
	other := c.WithCredentials(wiro.Credentials{Key: "b", Secret: "s"})
	require.Equal(t, c.Seal("x", "y"), same.Seal("x", "y"))
	require.NotEqual(t, c.Seal("x", "y"), c.Seal("xy", ""))
	require.NotEqual(t, c.Seal("x", "y"), other.Seal("x", "y"))
	one, two := wiro.Credentials{Key: "a"}, wiro.Credentials{Key: "b"}
	require.Equal(t, one.Fingerprint([]byte("salt")), one.Fingerprint([]byte("salt")))
	require.NotEqual(t, one.Fingerprint([]byte("salt")), two.Fingerprint([]byte("salt")))
	require.NotEqual(t, one.Fingerprint([]byte("salt")), one.Fingerprint([]byte("pepper")))
}

func TestAWaitAfterCloseIsRefused(t *testing.T) {
	t.Parallel()
	s := servingTask(t, func(int) string { return taskIs("task_start") }, nil)
	c := s.client(t)
	c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := c.Tasks.Wait(ctx, wiro.TaskRef{Token: taskToken})
	require.ErrorIs(t, err, wiro.ErrClosed)
}
