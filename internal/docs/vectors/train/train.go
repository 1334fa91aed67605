package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/wiroai/wiro-mcp-go/internal/docs/vectors"
)

// Parameters of training. Half or twice their values change little.
const (
	steps      = 150
	rate       = 0.003 // of Adam
	anchor     = 1e-3  // how strongly words are held where they began
	sharpness  = 12    // of the choice among sections
	askedShare = 3     // one question in so many is asked in a step, the others describe their section
	dropAsked  = 0.5   // share of words left out of a question that is asked, so that each word must do alone
	dropTold   = 0.25  // of one that describes
)

// text is a text of a step: its words, the sum of their vectors at length 1, that sum's length, and the gradient.
type text struct {
	words    []int32
	section  int
	vector   vectors.Vector
	length   float32
	gradient vectors.Vector
}

// trainer moves words so that each question is most like its own section.
type trainer struct {
	*vocabulary
	start    []vectors.Vector
	gradient []vectors.Vector
	mean     []vectors.Vector // of Adam
	variance []vectors.Vector
	random   *rand.Rand
	pages    []int // of each section
	asked    []text
	told     []text
	heads    []text
	sections []text // each the sum of what describes it
}

// train moves the words of the sections' questions. It is a classifier without a layer of its own: a question's vector
// chooses among those of the sections, which are made of the same words' vectors.
func (v *vocabulary) train(sections []section) {
	t := &trainer{
		vocabulary: v,
		start:      append([]vectors.Vector(nil), v.vectors...),
		gradient:   make([]vectors.Vector, len(v.words)),
		mean:       make([]vectors.Vector, len(v.words)),
		variance:   make([]vectors.Vector, len(v.words)),
		random:     rand.New(rand.NewPCG(1, 2)), //nolint:gosec // to be the same each time
	}
	for _, s := range sections {
		t.pages = append(t.pages, s.page)
	}
	for step := 1; step <= steps; step++ {
		t.deal(sections)
		loss := t.learn()
		t.move(step)
		if step%10 == 0 {
			fmt.Printf("step %d: loss %.3f\n", step, loss)
		}
	}
}

// deal divides the questions of each section into those asked and those told.
func (t *trainer) deal(sections []section) {
	t.asked, t.told, t.heads = t.asked[:0], t.told[:0], t.heads[:0]
	for i, s := range sections {
		t.heads = append(t.heads, t.text(i, s.text, 0))
		order := t.random.Perm(len(s.questions))
		first := t.random.IntN(askedShare) // so that those of small sections are asked too
		for n, q := range order {
			if n%askedShare == first {
				t.asked = append(t.asked, t.text(i, s.questions[q], dropAsked))
			} else {
				t.told = append(t.told, t.text(i, s.questions[q], dropTold))
			}
		}
	}
	t.describe(len(sections))
}

// text sums the words of a text, without some that are left out by chance.
func (t *trainer) text(section int, words []string, drop float64) text {
	x := text{section: section}
	for _, w := range words {
		if id := t.ids[w]; len(words) <= 2 || t.random.Float64() >= drop {
			x.words = append(x.words, id)
			x.add(&t.vectors[id], 1)
		}
	}
	x.finish()
	return x
}

func (x *text) add(v *vectors.Vector, weight float32) {
	for i := range v {
		x.vector[i] += weight * v[i]
	}
}

func (x *text) finish() {
	x.length = max(float32(math.Sqrt(float64(x.vector.Dot(&x.vector)))), 1e-6)
	for i := range x.vector {
		x.vector[i] /= x.length
	}
}

// describe sums what describes each section: the mean of its questions, and its headings.
func (t *trainer) describe(n int) {
	t.sections = make([]text, n)
	count := make([]float32, n)
	for _, q := range t.told {
		count[q.section]++
	}
	for i := range t.heads {
		t.sections[i].add(&t.heads[i].vector, 1)
	}
	for i := range t.told {
		q := &t.told[i]
		t.sections[q.section].add(&q.vector, 1/count[q.section])
	}
	for i := range t.sections {
		t.sections[i].finish()
	}
	for i := range t.told {
		t.told[i].length *= count[t.told[i].section] // it is that part of the mean
	}
}

// learn computes the gradients of what a question's section, and its page, are not chosen with, and returns the loss.
func (t *trainer) learn() (loss float64) {
	share := make([]float32, len(t.sections))
	for i := range t.asked {
		q := &t.asked[i]
		sum, page := float32(0), float32(0)
		for s := range share {
			share[s] = float32(math.Exp(sharpness * (float64(q.vector.Dot(&t.sections[s].vector)) - 1)))
			sum += share[s]
			if t.pages[s] == t.pages[q.section] {
				page += share[s]
			}
		}
		loss -= (math.Log(float64(share[q.section]/sum)) + math.Log(float64(page/sum))) / float64(len(t.asked))
		for s := range share {
			pull := 2 * share[s] / sum
			if s == q.section {
				pull--
			}
			if t.pages[s] == t.pages[q.section] {
				pull -= share[s] / page
			}
			pull *= sharpness / float32(len(t.asked))
			o := &t.sections[s]
			for d := range q.gradient {
				q.gradient[d] += pull * o.vector[d]
				o.gradient[d] += pull * q.vector[d]
			}
		}
	}
	for i := range t.sections {
		t.sections[i].unnormalize()
		t.heads[i].gradient = t.sections[i].gradient
	}
	for i := range t.told {
		t.told[i].gradient = t.sections[t.told[i].section].gradient
	}
	for _, texts := range [][]text{t.asked, t.told, t.heads} {
		for i := range texts {
			x := &texts[i]
			x.unnormalize()
			for _, w := range x.words {
				for d := range x.gradient {
					t.gradient[w][d] += x.gradient[d]
				}
			}
		}
	}
	return loss
}

// unnormalize turns the gradient of a vector of length 1 into that of the sum that it was made from.
func (x *text) unnormalize() {
	along := x.gradient.Dot(&x.vector)
	for d := range x.gradient {
		x.gradient[d] = (x.gradient[d] - along*x.vector[d]) / x.length
	}
}

// move moves the words against their gradients, by Adam, and forgets the gradients.
func (t *trainer) move(step int) {
	const first, second = 0.9, 0.999
	correctMean := 1 - math.Pow(first, float64(step))
	correctVariance := 1 - math.Pow(second, float64(step))
	for w := range t.vectors {
		for d := range t.vectors[w] {
			g := float64(t.gradient[w][d]) + 2*anchor*float64(t.vectors[w][d]-t.start[w][d])
			m := first*float64(t.mean[w][d]) + (1-first)*g
			v := second*float64(t.variance[w][d]) + (1-second)*g*g
			t.mean[w][d], t.variance[w][d] = float32(m), float32(v)
			t.vectors[w][d] -= float32(rate * (m / correctMean) / (math.Sqrt(v/correctVariance) + 1e-8))
		}
		t.gradient[w] = vectors.Vector{}
	}
}
