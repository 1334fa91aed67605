package main

import (
	"math"

	"github.com/wiroai/wiro-mcp-go/internal/intent"
)

const (
	rounds   = 20
	rate     = 0.3
	decay    = 4.2e-4 // of a weight for each example that it is used in, and those since the last
	leastOf  = 2      // examples that have a feature
	recently = 2000   // examples
	matters  = 9      // hundredths, least weight that is kept
)

// A model is logistic regression of the jobs, and no job, on the features of requests. What
// is raised are the probabilities of the jobs that serve an example, the best most: each by the root
// of its probability, so that a frequent job does not take the examples of a rare one.
type model struct {
	classes int
	ids     map[string]int
	weights []float64
}

func (m *model) row(id int) []float64 { return m.weights[id*m.classes:][:m.classes] }

// learn fits a model by gradient descent in which each weight has its own rate (AdaGrad). The weights
// are the means of those after each of the last rounds.
func learn(examples []example) *model {
	m := &model{classes: len(intent.Jobs()) + 1, ids: map[string]int{}}
	counts := map[string]int{}
	for _, e := range examples {
		for _, name := range e.names {
			if counts[name]++; counts[name] == leastOf {
				m.ids[name] = len(m.ids)
			}
		}
	}
	m.weights = make([]float64, len(m.ids)*m.classes)
	squares := make([]float64, len(m.weights))
	last := make([]int, len(m.ids))
	step := 0
	sum := make([]float64, len(m.weights))
	for round := range rounds {
		for i := range examples {
			e := examples[mixed(i, len(examples))]
			step++
			p := m.judge(e)
			served := 1e-12
			for job, good := range e.good {
				served += good * math.Sqrt(p[job])
			}
			for k, name := range e.names {
				id, ok := m.ids[name]
				if !ok {
					continue
				}
				since := float64(min(step-last[id], recently)) * decay * float64(len(examples)) / 3000
				last[id] = step
				row, square := m.row(id), squares[id*m.classes:]
				for job := range row {
					gradient := p[job] - e.good[job]*math.Sqrt(p[job])/served
					gradient = gradient*e.strengths[k] + since*row[job]
					square[job] += gradient * gradient
					row[job] -= rate * gradient / math.Sqrt(square[job]+0.01)
				}
			}
		}
		if round >= rounds/2 {
			for i, w := range m.weights {
				sum[i] += w / (rounds - rounds/2)
			}
		}
	}
	m.weights = sum
	return m
}

// mixed is the i-th of n examples in an order that has nothing to do with that of the file.
func mixed(i, n int) int {
	const prime = 7919
	if n%prime == 0 {
		return i
	}
	return (i * prime) % n
}

// judge gives each job, and last no job, its probability.
func (m *model) judge(e example) []float64 {
	scores := make([]float64, m.classes)
	for k, name := range e.names {
		if id, ok := m.ids[name]; ok {
			for job, w := range m.row(id) {
				scores[job] += e.strengths[k] * w
			}
		}
	}
	return intent.Probabilities(scores)
}
