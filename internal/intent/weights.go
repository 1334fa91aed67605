package intent

import (
	"cmp"
	_ "embed"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// weights.txt has in each line a feature and how much it speaks for jobs: pairs of a job's number
// and a weight in hundredths. The number after the last job's stands for no job. The command
// train makes it.
//
//go:embed weights.txt
var weightList string

type weight struct {
	job    int
	weight float64
}

// weights are read when the first request comes.
var weights = sync.OnceValue(func() map[string][]weight {
	table := make(map[string][]weight, strings.Count(weightList, "\n"))
	for line := range strings.Lines(weightList) {
		fields := strings.Fields(line)
		row := make([]weight, 0, len(fields)-1)
		for _, field := range fields[1:] {
			number, hundredths, _ := strings.Cut(field, ":")
			job, err := strconv.Atoi(number)
			by, badWeight := strconv.Atoi(hundredths)
			if err != nil || badWeight != nil || job > len(Jobs()) {
				panic("intent: weights.txt: " + line)
			}
			row = append(row, weight{job, float64(by) / 100})
		}
		table[fields[0]] = row
	}
	return table
})

// judge gives every job, and last no job, its probability, or nothing if no feature is known.
func judge(features map[string]float64) []float64 {
	scores := make([]float64, len(Jobs())+1)
	known := false
	for _, name := range slices.Sorted(maps.Keys(features)) { // sums in one order are the same
		row, strength := weights()[name], features[name]
		known = known || len(row) > 0 && strength != 0 && name != bias
		for _, w := range row {
			scores[w.job] += strength * w.weight
		}
	}
	if !known {
		return nil
	}
	return Probabilities(scores)
}

// Probabilities turns scores, of which there is at least one, into probabilities in their place, and
// returns them: e to the power of each, divided by the sum of all.
func Probabilities(scores []float64) []float64 {
	most, sum := slices.Max(scores), 0.0
	for i := range scores {
		scores[i] = math.Exp(scores[i] - most)
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
	return scores
}

// Sure is the probability from which other jobs are hardly meant.
const Sure = 0.95

const (
	noJob    = 0.4  // probability from which a request is for no job
	possible = 0.02 // least probability of a job
	guess    = 0.12 // probability of the likeliest job below which nothing is understood
)

// Likeliest are the jobs by their probabilities; none is set if the request is for no job.
func Likeliest(probabilities []float64) (likely []Job, none bool) {
	if len(probabilities) == 0 {
		return nil, false
	}
	if last := len(probabilities) - 1; probabilities[last] >= noJob {
		return nil, true
	}
	for i, job := range Jobs() {
		if job.Score = probabilities[i]; job.Score >= possible {
			likely = append(likely, job)
		}
	}
	slices.SortStableFunc(likely, func(a, b Job) int { return cmp.Compare(b.Score, a.Score) })
	if len(likely) == 0 || likely[0].Score < guess {
		return nil, false
	}
	return likely, false
}
