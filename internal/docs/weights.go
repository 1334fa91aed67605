package docs

// Weights are the figures that ranking rests on. All are global: none knows a page, a word or a query.
type Weights struct {
	// Title, Heading, Questions and Body say what a word counts for by where it stands: in the page's title
	// or a heading above, in the section's own heading, in its questions, in its text.
	Title, Heading, Questions, Body float64
	// Part is what a part of an identifier counts for, beside 1 for the whole.
	Part float64
	// Saturation is BM25's k1: how soon a word said again stops to count.
	Saturation float64
	// Length is BM25's b: how far words of a long section count less.
	Length float64
	// Question is what the section's question that is most like the query counts for, beside 1 for all words.
	Question float64
	// Phrase is what words count for that make one term together, beside 1 for a word.
	Phrase float64
	// Asked is what the words of the question that matched count for in choosing the snippet, beside 1 for the
	// query's own.
	Asked float64
	// Weak is the share of the best result's score below which a result is dropped.
	Weak float64
	// Second is the factor of a page's second section in the results.
	Second float64
	// Fuzzy, Inside and Related say what a word counts for that is spelled nearly alike, that holds the
	// query's word, and that means about the same. With 0 there are none.
	Fuzzy, Inside, Related float64
	// NoStemming keeps words as they are written.
	NoStemming bool
}

// DefaultWeights returns the weights that searches use. Each lies on a plateau: half or twice of it moves the
// measures of package eval by a point or two.
func DefaultWeights() Weights {
	return Weights{
		Title: 2, Heading: 4, Questions: 1, Body: 1,
		Part: 0.8, Saturation: 1, Length: 0.5,
		Question: 0.75, Phrase: 0.5, Asked: 0.5, Weak: 0.5, Second: 0.85,
		Fuzzy: 0.8, Inside: 0.5, Related: 0.5,
	}
}
