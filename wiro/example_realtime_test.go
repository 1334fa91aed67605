package wiro_test

import (
	"context"
	"fmt"
	"log"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// Have a text spoken. Audio is raw PCM: 24 kHz, 16 bit, one channel.
func ExampleRealtimeService_Open() {
	srv := wirotest.NewServer()
	defer srv.Close()

	ctx := context.Background()
	session, err := srv.Client().Realtime.Open(ctx, "wiro/moss-tts", wiro.Params{"text": "Good morning to all of you"})
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	pcm := 0
	for event, err := range session.Events(ctx) {
		switch e := event.(type) {
		case wiro.Audio:
			pcm += len(e.PCM) // play it, or write it to a file
		case wiro.TurnEnded:
			_ = session.Finish() // an error is the session's end
		case wiro.Ended:
			if err != nil {
				log.Fatal(err) // sound may be missing
			}
			fmt.Printf("cost $%.3f\n", *e.Task.Cost)
		}
	}
	fmt.Printf("%.2f seconds\n", float64(pcm)/wiro.BytesPerSample/wiro.SampleRate)
	// Output:
	// cost $0.005
	// 2.16 seconds
}

// Hold a conversation: sound is sent while words and speech come in.
func ExampleSession_Send() {
	srv := wirotest.NewServer()
	defer srv.Close()

	ctx := context.Background()
	session, err := srv.Client().Realtime.Open(ctx, "openai/gpt-realtime-mini", wiro.Params{
		"voice": "marin", "system_instructions": "Be brief.",
		"input_audio_format": "audio/pcm", "output_audio_format": "audio/pcm", // not telephone sound, its default
	})
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	go func() { // a microphone, in frames of 200 ms; here two seconds of a square wave
		for range 10 {
			frame := make([]byte, wiro.FrameBytes)
			for i := 1; i < len(frame); i += 2 {
				frame[i] = 0x20
			}
			if session.Send(frame) != nil {
				return // the session is over
			}
		}
		_ = session.Send(make([]byte, 5*wiro.FrameBytes)) // silence: it is the AI's turn
	}()

	var words wiro.Transcript
	for event, err := range session.Events(ctx) {
		switch e := event.(type) {
		case wiro.TranscriptDelta:
			words.Add(e)
		case wiro.TurnEnded:
			_ = session.Finish() // one answer is enough; an error is the session's end
		case wiro.Ended:
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	fmt.Println(words.Text())
	// Output:
	// You: (2.0 seconds of speech)
	// AI: Turn 1. The sandbox heard 2.0 seconds.
}
