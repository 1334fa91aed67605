package realtime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/realtime"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestKindsByCategoryAndBilling(t *testing.T) {
	t.Parallel()
	turn := []wiro.Price{{Method: "cp-realtimeturn"}}
	for _, test := range []struct {
		model wiro.Model
		kind  realtime.Kind
	}{
		{wiro.Model{Categories: []string{"audio", "realtime-conversation"}}, realtime.Conversation},
		{wiro.Model{Categories: []string{"realtime-tts"}}, realtime.Speech},
		{wiro.Model{Categories: []string{"Realtime STT"}}, realtime.Transcription},
		{wiro.Model{DynamicPrice: turn}, realtime.Conversation},
		{wiro.Model{DynamicPrice: turn, Categories: []string{"text-to-speech"}}, realtime.Speech},
		{wiro.Model{DynamicPrice: turn, Categories: []string{"speech-to-text"}}, realtime.Transcription},
		{wiro.Model{Title: "Realtime", Categories: []string{"text-to-speech", "fast"}, DynamicPrice: []wiro.Price{{Method: "cpr"}}}, realtime.None},
		{wiro.Model{}, realtime.None},
	} {
		require.Equal(t, test.kind, realtime.KindOf(test.model), "%+v", test.model)
	}
}

func model(params ...wiro.Param) wiro.Model {
	return wiro.Model{Parameters: []wiro.ParamList{{Items: params}}}
}

func choice(id, standard string, values ...string) wiro.Param {
	p := wiro.Param{ID: id, Type: "select", Default: standard}
	for _, value := range values {
		p.Options = append(p.Options, wiro.ParamOption{Label: "The " + value, Value: value})
	}
	return p
}

func TestSoundParametersAreSetToPCM(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		param wiro.Param
		want  any
	}{
		{choice("input_audio_format", "audio/pcmu", "audio/pcma", "audio/pcmu", "audio/pcm"), "audio/pcm"},
		{choice("output_audio_format", "ulaw_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100", "ulaw_8000"), "pcm_24000"},
		{choice("output_audio_rate", "8000", "24000", "8000"), "24000"},
		{choice("outputAudioFormat", "g711", "g711", "PCM16"), "PCM16"},
		{choice("output_format", "mp3_44100_128", "mp3_44100_128", "pcm_24000"), "pcm_24000"},
		{choice("sample_rate", "16000", "16 kHz", "24 kHz"), "24 kHz"},
		{choice("encoding", "mulaw", "mulaw", "linear16"), "linear16"},
		{choice("channels", "2", "1", "2"), "1"},
		{choice("output_audio_format", "ulaw_8000"), "pcm_24000"},
		{choice("input_audio_format", "audio/pcmu"), "audio/pcm"},
		{choice("input_audio_rate", ""), "24000"},
		{choice("voice", "alloy", "alloy", "pcm"), nil},
		{choice("speaking_rate", "1"), nil},
		{choice("output_format", "text", "text", "json"), nil},
		{choice("response_format", "json"), nil},
		{choice("turn_rate", "1", "1", "2"), nil},
	} {
		params, err := realtime.AskForPCM(model(test.param), wiro.Params{"text": "x"})
		require.NoError(t, err, test.param.ID)
		require.Equal(t, test.want, params[test.param.ID], test.param.ID)
		require.Equal(t, "x", params["text"])
	}
}

func TestOtherSoundIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	format := choice("output_audio_format", "audio/pcmu", "audio/pcmu", "audio/pcm")
	given := wiro.Params{"output_audio_format": "audio/pcmu"}
	_, err := realtime.AskForPCM(model(format), given)
	require.EqualError(t, err, `output_audio_format: must be "audio/pcm", not "audio/pcmu": realtime sessions carry 16-bit PCM at 24 kHz, one channel; leave it out, and it is set`)
	require.Equal(t, wiro.Params{"output_audio_format": "audio/pcmu"}, given, "the caller's own are left alone")

	_, err = realtime.AskForPCM(model(choice("output_audio_rate", "", "8000", "16000")), nil)
	require.ErrorContains(t, err, "the model offers 8000, 16000")
	var input *wiro.InputError
	require.ErrorAs(t, err, &input)

	for _, same := range []any{"audio/pcm", "The audio/pcm"} {
		params, err := realtime.AskForPCM(model(format), wiro.Params{"output_audio_format": same})
		require.NoError(t, err)
		require.Equal(t, "audio/pcm", params["output_audio_format"])
	}
	params, err := realtime.AskForPCM(model(choice("input_audio_rate", "")), wiro.Params{"input_audio_rate": 24000})
	require.NoError(t, err)
	require.Equal(t, 24000, params["input_audio_rate"])
}
