package docs

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// shelf is a small documentation of a made-up print shop.
func shelf() fstest.MapFS {
	files := fstest.MapFS{}
	add := func(slug, text string) { files[slug+".md"] = &fstest.MapFile{Data: []byte(text)} }
	add("orders", `---
title: Orders
slug: orders
section: Shop
summary: Place and follow print orders.
url: https://print.example/docs/orders
---

# Orders

An order asks the shop to print something.

<!-- questions:
- what is a print order
-->

## Place an order: POST /Shop/Order/Place

<!-- questions:
- have a leaflet printed
- how do I buy prints
-->

`+"Send `papersize` and `copies`; the answer holds `ordertoken`."+`

`+"```json"+`
{"papersize": "A4", "copies": 20, "deliveryAddress": {"street": "1 Main St", "city": "Springfield"}}
`+"```"+`

## Follow an order

<!-- questions:
- where is my parcel
- how far along is my print
-->

| Status | Meaning |
|---|---|
`+rows("| `order_stage_%02d` | Stage %d of the press has the sheets |\n", 30)+`| `+"`order_shipped`"+` | The courier took the parcel |

## Cancel an order

Orders on the press cannot be canceled; others can, and the money comes back within a week.

<!-- questions:
- get rid of a purchase I regret
-->
`)
	add("inks", `---
title: Inks & papers
slug: inks
section: Stock
summary: Which inks and papers there are.
url: https://print.example/docs/inks
---

# Inks & papers

Error code 96 says that an ink is sold out; error code 97 that a paper is. The header `+"`x-ink-key`"+` picks an ink.

<!-- questions:
- which colors are in stock
-->

## Glossy paper

Glossy paper takes two days to dry.
`)
	add("courier", `# Courier

Parcels leave at noon. The couriers are reached under `+"`courierSecret`"+`.

## Opening hours

`+strings.Repeat("The desk of the courier is open from nine to five, and closed on feast days and whenever the river floods. ", 30)+`On Saturdays a bell named Gwendolyn rings at dawn. `+strings.Repeat("Nobody knows why the clock in the yard is always late, but it is. ", 30)+`
`)
	return files
}

func rows(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i, i)
	}
	return b.String()
}

func TestPagesAreListedFromTheirFrontMatterAlone(t *testing.T) {
	t.Parallel()
	files := shelf()
	delete(files, "courier.md")
	counted := &countingFS{FS: files}
	l := Open(counted)
	require.Zero(t, counted.opened, "opening a library reads nothing")
	pages := l.Pages()
	require.Len(t, pages, 2)
	require.Equal(t, Page{
		Title: "Inks & papers", Slug: "inks", Section: "Stock",
		Summary: "Which inks and papers there are.", URL: "https://print.example/docs/inks",
	}, pages[0])
	require.Equal(t, "orders", pages[1].Slug)
	l.Pages()
	require.Equal(t, 2, counted.opened, "each page is opened once")
}

func TestPagesWithoutFrontMatterAreListedToo(t *testing.T) {
	t.Parallel()
	pages := Open(shelf()).Pages()
	require.Len(t, pages, 3)
	require.Equal(t, Page{Title: "Courier", Slug: "courier"}, pages[0])
}

func TestMarkdownIsTheWholePageBySlug(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	text, err := l.Markdown("inks")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text, "# Inks & papers\n\nError code 96"))
	require.Contains(t, text, "## Glossy paper\n\nGlossy paper takes")
	require.NotContains(t, text, "questions")

	_, err = l.Markdown("ink")
	var notFound *NotFoundError
	require.ErrorAs(t, err, &notFound)
	require.Equal(t, "inks", notFound.Closest[0])
}

func TestCompleteOffersSlugsThatBeginWithWhatIsTyped(t *testing.T) {
	t.Parallel()
	l := Open(shelf())
	require.Equal(t, []string{"orders"}, l.Complete("Ord"))
	require.Equal(t, []string{"courier", "inks", "orders"}, l.Complete(""))
	require.Equal(t, []string{"courier"}, l.Complete("rier"))
	require.Empty(t, l.Complete("zz"))
}

func TestABrokenPageIsLeftOut(t *testing.T) {
	t.Parallel()
	files := shelf()
	files["broken.md"] = &fstest.MapFile{Data: []byte("# X\n\n\xff\n")}
	l := Open(files)
	require.Len(t, l.Pages(), 3)
	_, err := l.Read("orders", "")
	require.NoError(t, err)
}

// countingFS counts the files that are opened.
type countingFS struct {
	fs.FS
	opened int
}

func (c *countingFS) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".md") {
		c.opened++
	}
	return c.FS.Open(name)
}
