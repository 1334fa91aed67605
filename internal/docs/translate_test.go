package docs

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/docsindex"
)

func TestQuestionsInOtherLanguagesFindTheEnglishPages(t *testing.T) {
	t.Parallel()
	l := Open(docsindex.Pages())
	for query, page := range map[string]string{
		"Wie groß darf eine hochgeladene Datei sein?":      "Files",
		"Wie gross darf eine Datei maximal sein":           "Files",
		"Dateigröße beim Hochladen":                        "Files", // a compound
		"Wie breche ich einen laufenden Auftrag ab?":       "Tasks",
		"Yüklenen dosya en fazla ne kadar büyük olabilir?": "Files",
		"yuklenen dosya en fazla ne kadar buyuk olabilir":  "Files", // typed without accents
		"Takıma üye davet etmek":                           "Managing Teams",
		"¿Cuál es el tamaño máximo de un archivo?":         "Files",
		"enviar un mensaje a un agente":                    "Agent Messaging",
		"Quelle est la taille maximale d'un fichier ?":     "Files",
		"Telegram-Bot einrichten":                          "Telegram Integration", // names stay as they are
	} {
		r, err := l.Search(t.Context(), query, 3)
		require.NoError(t, err)
		require.NotEmpty(t, r.English, query)
		var pages []string
		for _, m := range r.Matches {
			pages = append(pages, m.Page)
		}
		require.Contains(t, pages, page, "%s: searched as %q", query, r.English)
	}
}

func TestAQuestionInAnotherLanguageGetsTheClosestPassage(t *testing.T) {
	t.Parallel()
	r, err := Open(docsindex.Pages()).Search(t.Context(), "Was kostet ein Bild mit Wolkenkratzern bei Sonnenuntergang?", 1)
	require.NoError(t, err)
	require.Equal(t, Found, r.Outcome)
	require.Len(t, r.Matches, 1)
}

func TestEnglishStaysEnglish(t *testing.T) {
	t.Parallel()
	l := Open(docsindex.Pages())
	for _, query := range []string{
		"how large may an upload be", "authentification signatrue heder", "die hard agent", "what is the xyzzy of a model",
		"comment on an instagram post", "sefl hosted mcp varaibels", "UserAgent/Message/Send", "qwertyuiop", "",
	} {
		r, err := l.Search(t.Context(), query, 1)
		require.NoError(t, err)
		require.Empty(t, r.English, query)
	}
}

func TestFoldIgnoresAccents(t *testing.T) {
	t.Parallel()
	for w, want := range map[string]string{
		"Größe": "grosse", "Groesse": "grosse", "İPTAL": "iptal", "ığdır": "igdir", "ÉTAT": "etat", "plain": "plain",
	} {
		require.Equal(t, want, fold(w))
	}
}

func TestTheTableOfTranslationsIsSound(t *testing.T) {
	t.Parallel()
	x := Open(docsindex.Pages()).index()
	require.Len(t, languages(), 4)
	for i, l := range languages() {
		require.NotEmpty(t, l.fillers)
		for stem, english := range l.stems {
			require.NotEmpty(t, english, "%d: %s", i, stem)
			require.NotContains(t, stem, "_", "words are matched one by one")
			require.NotContains(t, stem, "-", "words are matched one by one")
			for _, w := range english {
				require.True(t, x.knows(w), "%d: %s means %q, which no page has", i, stem, w)
			}
		}
	}
}
