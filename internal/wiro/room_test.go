package wire

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEmptyValuesWithoutEndAreNotDecoded(t *testing.T) {
	t.Parallel()
	type wide struct {
		A, B, C, D, E, F, G, H string
		Children               []wide
	}
	many := func(piece string) []byte {
		return []byte(`{"list":[` + strings.Repeat(piece+",", 300_000) + piece + `],"any":` + `[` + strings.Repeat(piece+",", 300_000) + piece + `]}`)
	}
	for _, piece := range []string{"{}", "[]", `""`, "null"} {
		var structs struct{ List []wide }
		require.ErrorContains(t, Decode(many(piece), &structs), "more values", piece)
	}
	var anything struct{ Any any }
	require.ErrorContains(t, Decode(many("{}"), &anything), "more values")
	var few struct{ List []string }
	require.NoError(t, Decode([]byte(`{"list":["`+strings.Repeat("x", 4<<20)+`"]}`), &few), "size alone is no fault")
}

func TestLargeResponsesAreDecodedAFewAtATime(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"result":true,"x":"` + strings.Repeat("x", 2*mediumResponse) + `"}`))
	}))
	t.Cleanup(s.Close)
	transport := New(Options{
		BaseURL: s.URL, HTTPClient: s.Client(), Observer: &counts{}, Logger: slog.New(slog.DiscardHandler), MinBackoff: time.Millisecond,
	})
	t.Cleanup(transport.Close)
	calls := 4 * largeAtOnce
	read, decode, done := make(chan error), make(chan struct{}), make(chan struct{})
	for range calls {
		go func() {
			ctx, decoded := transport.WithRoom(context.Background())
			_, err := transport.Exec(ctx, Caller{}, Operation{Path: "x", Timeout: ShortTimeout}, JSON([]byte("{}")))
			read <- err
			<-decode
			decoded()
			done <- struct{}{}
		}()
	}
	for range largeAtOnce {
		require.NoError(t, <-read)
	}
	require.Equal(t, largeAtOnce, transport.rooms.large.Held())
	for n := largeAtOnce; n < calls; n++ {
		select {
		case err := <-read:
			require.NoError(t, err)
			require.Fail(t, "more than have a place")
		default:
		}
		decode <- struct{}{}
		<-done
		require.NoError(t, <-read)
	}
	for range largeAtOnce {
		decode <- struct{}{}
		<-done
	}
	require.Zero(t, transport.rooms.large.Held())
	require.Zero(t, transport.rooms.medium.Held())
}

func TestAnAttemptThatFailedHoldsNoPlaceUntilTheNext(t *testing.T) {
	t.Parallel()
	attempts, transport := 0, (*Transport)(nil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if attempts++; attempts > 1 {
			if transport.rooms.large.Held() > 0 || transport.rooms.medium.Held() > 0 {
				w.WriteHeader(http.StatusConflict)
			}
			_, _ = w.Write([]byte(`{"result":true}`))
			return
		}
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte(strings.Repeat("x", 2*mediumResponse)))
	}))
	t.Cleanup(s.Close)
	transport = New(Options{
		BaseURL: s.URL, HTTPClient: s.Client(), Observer: &counts{}, Logger: slog.New(slog.DiscardHandler), MinBackoff: time.Millisecond,
	})
	t.Cleanup(transport.Close)
	ctx, decoded := transport.WithRoom(context.Background())
	defer decoded()
	_, err := transport.Exec(ctx, Caller{}, Operation{Path: "x", Timeout: ShortTimeout}, JSON([]byte("{}")))
	require.NoError(t, err)
	require.Equal(t, 2, attempts)
}

func TestARefusalIsCutBeforeItIsRedacted(t *testing.T) {
	t.Parallel()
	longest := 0
	caller := Caller{Redact: func(text string) string { longest = max(longest, len(text)); return text }}
	r := responseReader{caller: caller, status: http.StatusOK}
	body := `{"result":false,"errors":[` + strings.Repeat(`{"code":0,"message":"`+strings.Repeat("word ", 100_000)+`"},`, 10) + `{"code":97,"message":"x"}]}`
	_, failure := r.open([]byte(body))
	require.Equal(t, Refused, failure.Kind)
	require.Equal(t, 97, failure.Code)
	total := 0
	for _, m := range failure.Messages {
		total += len(m)
	}
	require.LessOrEqual(t, total, maxMessage+10)
	require.LessOrEqual(t, longest, maxMessage+10)
	require.Nil(t, failure.Extra)
}
