package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

// pack writes a package of npm with these words.
func pack(t *testing.T, words, of string) string {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	files := tar.NewWriter(zipped)
	for name, text := range map[string]string{
		"package/package.json": "{}",
		"package/words.json":   `{"size":3,"words":` + words + `,"vectors":` + of + `}`,
	} {
		require.NoError(t, files.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600}))
		_, err := files.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, files.Close())
	require.NoError(t, zipped.Close())
	name := filepath.Join(t.TempDir(), "words.tgz")
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	return name
}

func TestAPackageIsReadInTheOrderOfItsWordsAndOnlyIfItIsTheOneKnown(t *testing.T) {
	t.Parallel()
	name := pack(t, `["the","cat"]`, `{"cat":[1,2,3],"the":[0.5]}`)
	words, err := readGloVe(name)
	require.ErrorContains(t, err, "checksum")
	require.Len(t, words, 2)
	require.Equal(t, "the", words[0].text)
	require.InDelta(t, 0.5, words[0].vector[0], 0)
	require.InDelta(t, 3, words[1].vector[2], 0)

	require.Error(t, run([]string{name}), "and no table is written")
	require.Error(t, run(nil))
}

func TestAVocabularyHasFrequentWordsAndTheOnesNeeded(t *testing.T) {
	t.Parallel()
	all := make([]gloveWord, frequent+100)
	for i := range all {
		all[i].text = string([]rune{rune('a' + i%26), rune('a' + i/26%26), rune('a' + i/676%26), rune('a' + i/17576)})
		all[i].vector[i%gloveDims] = 1 + float64(i%7)
	}
	rare, never := all[frequent+50].text, "wiro"
	v := newVocabulary(all, map[string]bool{rare: true, never: true})
	require.Len(t, v.words, frequent+2)
	require.Contains(t, v.ids, rare)
	require.NotContains(t, v.ids, all[frequent+51].text)
	require.Equal(t, vectors.Vector{}, v.vectors[v.ids[never]], "what no text told has no meaning yet")
	length := func(w string) float32 {
		x := v.vectors[v.ids[w]]
		return x.Dot(&x)
	}
	require.Less(t, length(all[0].text), length(all[1400].text), "a common word says less")
}

func TestTrainingBringsTheQuestionsOfASectionTogether(t *testing.T) {
	t.Parallel()
	words := []string{"cost", "price", "bill", "picture", "photo", "image"}
	v := &vocabulary{words: words, ids: map[string]int32{}, vectors: make([]vectors.Vector, len(words))}
	for i, w := range words {
		v.ids[w] = int32(i) //nolint:gosec // six words
		v.vectors[i][i] = 0.1
	}
	near := func(a, b string) float32 {
		x, y := v.vectors[v.ids[a]], v.vectors[v.ids[b]]
		x.Normalize()
		y.Normalize()
		return x.Dot(&y)
	}
	require.Zero(t, near("cost", "bill"))
	v.train([]section{
		{page: 0, questions: [][]string{{"cost"}, {"price"}, {"bill"}, {"cost", "price"}}, text: []string{"price"}},
		{page: 1, questions: [][]string{{"picture"}, {"photo"}, {"image"}, {"image", "photo"}}, text: []string{"image"}},
	})
	require.Greater(t, near("cost", "bill"), float32(0.5))
	require.Less(t, near("cost", "photo"), near("image", "photo"))
}

func TestSectionsAreReadWithTheirWords(t *testing.T) {
	t.Parallel()
	sections, err := readSections(fstest.MapFS{
		"tea.md": {Data: []byte("# Tea\n\n## Brew it\n\n<!-- questions:\n- how hot\n- How long, minutes?\n-->\n\nHot.\n\n## Sell it\n\nDear.\n")},
	})
	require.NoError(t, err)
	require.Equal(t, []section{{
		questions: [][]string{{"how", "hot"}, {"how", "long", "minutes"}},
		text:      []string{"tea", "brew", "it", "brew", "it"},
	}}, sections)
}
