package docs

// Weights are the parameters of ranking. All are global: none depends on a page, a word or a query.
type Weights struct {
	// Title, Heading, Questions, Body and Context are the weights of a word in the page's title or a heading above,
	// in the section's own heading, in its questions, in its text, and in the questions of the page's opening.
	Title, Heading, Questions, Body, Context float64
	// Part is the weight of a part of an identifier; the whole has 1.
	Part float64
	// Saturation is BM25's k1: how fast repetitions of a word lose weight.
	Saturation float64
	// Length is BM25's b: how much less words of a long section weigh.
	Length float64
	// Question is the weight of the section's questions that are most like the query; all words together have 1.
	// Page is the weight of the page's best sections; the section itself has 1. Of several questions or sections
	// each has Runner of the weight of the one before.
	Question, Page, Runner float64
	// Evenness is the power to which the score of the words is raised: below 1 weak scores are nearer to strong ones.
	Evenness float64
	// Meaning is the weight of how near the section's questions are to the query by the meaning of their words.
	Meaning float64
	// Phrase is the weight of words that together make one term; a word has 1.
	Phrase float64
	// Asked is the weight in choosing the snippet of the words of the question that matched; the query's words
	// have 1.
	Asked float64
	// Weak is the share of the best result's score below which a result is dropped.
	Weak float64
	// Second is the factor of a page's second section in the results.
	Second float64
	// Fuzzy, Inside, Related and Neighbor are the weights of a word with a similar spelling, of one that contains
	// the query's word, of one that means about the same, and of one with a vector that is the same; the less alike
	// the vectors are, the less it weighs. 0 turns them off.
	Fuzzy, Inside, Related, Neighbor float64
	// NoStemming keeps words as they are written.
	NoStemming bool
}

// DefaultWeights returns the weights that searches use. Each lies on a plateau: half or twice its value moves the
// figures of package eval by a point or two.
func DefaultWeights() Weights {
	return Weights{
		Title: 2, Heading: 6, Questions: 1, Body: 1, Context: 0.3,
		Part: 0.8, Saturation: 1, Length: 0.5,
		Question: 1, Page: 0.5, Runner: 0.7, Meaning: 0.8, Evenness: 0.75, Phrase: 0.5, Asked: 0.5, Weak: 0.6, Second: 0.87,
		Fuzzy: 0.8, Inside: 0.5, Related: 0.45, Neighbor: 0.7,
	}
}
