package wiro_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func TestAMessageCarriesFiles(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	agent := runningEditor(t, c)
	menu, photo := wiro.FileFromBytes("menu.txt", []byte("rye")), wiro.FileFromBytes("shop.png", []byte("\x89PNG\r\n\x1a\n"))
	for _, test := range []struct {
		message string
		files   []wiro.File
		field   string
	}{
		{"Read this", []wiro.File{menu}, "attachment"},
		{"", []wiro.File{menu, photo}, "attachments[]"},
	} {
		sent, err := c.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: agent.GUID, Message: test.message, SessionKey: "files", Attachments: test.files})
		require.NoError(t, err)
		message, err := sent.Wait(soon(t))
		require.NoError(t, err)
		require.Equal(t, wiro.MessageEnded, message.Status)
		require.Equal(t, test.message, message.Content)
		require.Equal(t, "files", message.SessionKey)
		require.Len(t, message.Attachments, len(test.files))
		for i, file := range message.Attachments {
			require.Equal(t, test.files[i].Name, file.Name)
			require.Equal(t, test.files[i].Size, file.Size)
			require.NotEmpty(t, file.URL)
		}
		requests := s.RequestsTo("UserAgent/Message/Send")
		for _, file := range requests[len(requests)-1].Files {
			require.Equal(t, test.field, file.Field)
		}
	}
	before := s.RequestCount("UserAgent/Message/Send")
	for _, m := range []wiro.NewMessage{
		{UserAgentGUID: agent.GUID}, {Attachments: []wiro.File{menu}},
		{UserAgentGUID: agent.GUID, Attachments: []wiro.File{{Name: "film.mp4", Size: wiro.MaxUpload + 1}}},
	} {
		_, err := c.Messages.Send(t.Context(), m)
		require.ErrorAs(t, err, new(*wiro.InputError))
	}
	require.Equal(t, before, s.RequestCount("UserAgent/Message/Send"))
}

// No event and no webhook tells of a message that is canceled while it is queued.
func TestAMessageThatIsCanceledInTheQueueIsNoticedSoon(t *testing.T) {
	t.Parallel()
	s, c := emulator(t)
	agent := runningEditor(t, c)
	patient := wiro.NewClient(wiro.Options{ // as a program's client by default
		BaseURL: s.URL, SocketURL: s.SocketURL,
		Credentials: wiro.Credentials{Key: wirotest.DemoSignedKey, Secret: wirotest.DemoSignedSecret},
	})
	t.Cleanup(patient.Close)
	sent, err := patient.Messages.Send(t.Context(), wiro.NewMessage{UserAgentGUID: agent.GUID, Message: "please wait in line"})
	require.NoError(t, err)
	var canceled time.Time
	message, err := sent.Wait(soon(t), func(u wiro.MessageUpdate) {
		if u.Status == wiro.MessageQueued && canceled.IsZero() {
			if err := c.Messages.Cancel(t.Context(), sent.Ref()); err != nil {
				t.Error(err)
			}
			canceled = time.Now()
		}
	})
	require.NoError(t, err)
	require.Equal(t, wiro.MessageCanceled, message.Status)
	require.Less(t, time.Since(canceled), 8*time.Second, "at most two seconds, on a machine with time to spare")
}
