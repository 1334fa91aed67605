package intent_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/intent"
)

// rate reads requests with the categories that serve them, or "none", and returns the part of
// them of which one of the three likeliest jobs has such a category: the first three models come
// from these.
func rate(t *testing.T, file string) float64 {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	total, served := 0, 0
	for line := range strings.Lines(string(content)) {
		request, wanted, ok := strings.Cut(strings.TrimSpace(line), "\t")
		require.True(t, ok, line)
		total++
		found := intent.Understand(request).Jobs
		if len(found) == 0 && wanted == "none" || slices.ContainsFunc(found[:min(3, len(found))], func(job intent.Job) bool {
			return slices.ContainsFunc(strings.Split(wanted, ","), func(c string) bool { return slices.Contains(job.Categories[:min(2, len(job.Categories))], c) })
		}) {
			served++
		} else if strings.HasSuffix(file, "tuned.tsv") {
			t.Logf("%s: taken for %v, wanted %s", request, found, wanted)
		}
	}
	t.Logf("%s: %d of %d", file, served, total)
	return float64(served) / float64(total)
}

func TestOrdinaryRequestsAreUnderstood(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, rate(t, "testdata/tuned.tsv"), 0.97)
	require.GreaterOrEqual(t, rate(t, "testdata/held_out.tsv"), 0.93)
}

func first(request string) string {
	jobs := intent.Understand(request).Jobs
	if len(jobs) == 0 {
		return ""
	}
	return jobs[0].As
}

func TestNothingIsMadeUp(t *testing.T) {
	t.Parallel()
	for _, request := range []string{"", "   ", "42", "asdf qwer", "hello there"} {
		require.Empty(t, intent.Understand(request).Jobs, request)
	}
	require.Equal(t, []string{"lighthouse", "dawn"}, intent.Understand("make a picture of a lighthouse at dawn").Words)
}

func TestWhatGoesInAndWhatComesOutAreToldApart(t *testing.T) {
	t.Parallel()
	for request, as := range map[string]string{
		"a picture of my street":                "an image",
		"make my picture brighter":              "an edited image",
		"a video from a picture":                "a video from an image",
		"the video should become a cartoon":     "an edited video",
		"turn an image into a 3D model":         "a 3D model from an image",
		"a voice for my video":                  "speech from text",
		"music for my video":                    "music",
		"a poster for our song contest":         "an image",
		"a text about photography":              "text",
		"turn a voice memo into text":           "speech to text",
		"Hintergrundmusik für ein Video":        "music",
		"fotoğrafımdan video yap":               "a video from an image",
		"video için müzik":                      "music",
		"una voz para mi vídeo":                 "speech from text",
		"une affiche pour un film":              "an image",
		"une vidéo à partir d'une photo":        "a video from an image",
		"not a video, I need a picture of it":   "an image",
		"kein Foto, eine Zeichnung einer Katze": "an image",
		"summarize a video":                     "a description of a video",
		"answer questions about a picture":      "text about an image",
	} {
		require.Equal(t, as, first(request), request)
	}
}

func TestMisspelledWordsAreUnderstood(t *testing.T) {
	t.Parallel()
	for request, as := range map[string]string{
		"upscael": "an edited image", "trasncribe": "speech to text", "illustraiton": "an image", "Hintergurnd": "an edited image", "translte": "a translation",
	} {
		require.Equal(t, as, first(request), request)
	}
}

func TestErrandsAreNoJobs(t *testing.T) {
	t.Parallel()
	for _, request := range []string{"order a taxi to the airport", "Bestell mir eine Pizza", "taksi çağır", "resérvame un hotel", "commande un taxi"} {
		found := intent.Understand(request)
		require.True(t, found.Errand, request)
		require.Empty(t, found.Jobs, request)
	}
	require.Equal(t, "text", first("write a polite reminder to pay"))
	require.Equal(t, "an image", first("a poster for a pizza place"))
}

func TestLongRequestsAreReadFromTheirBeginning(t *testing.T) {
	t.Parallel()
	require.Equal(t, "an image", first(strings.Repeat("a poster for a concert ", 30)+strings.Repeat("translate this song into a video ", 20_000)))
	require.Empty(t, first(strings.Repeat("video", 100_000)))
}

func FuzzUnderstand(f *testing.F) {
	f.Add("a picture of İstanbul’s çay")
	f.Fuzz(func(t *testing.T, request string) {
		for _, job := range intent.Understand(request).Jobs {
			if job.As == "" || len(job.Categories) == 0 {
				t.Fatalf("%q: %+v", request, job)
			}
		}
	})
}
