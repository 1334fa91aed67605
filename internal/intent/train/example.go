package main

import (
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/intent"
)

// nothing is wanted of models by a request that is to be asked back.
const nothing = "none"

// An example is a request with the categories of models that serve it.
type example struct {
	writer, language string
	wanted           []string
	good             []float64 // of each job, and last no job, how well it serves, from 0 to 1
	names            []string
	strengths        []float64
	fold             int
}

// readExamples reads lines of a request, the categories or none, and who wrote it.
func readExamples(file string) ([]example, error) {
	content, err := os.ReadFile(file) //nolint:gosec // a source file
	if err != nil {
		return nil, err
	}
	var all []example
	for line := range strings.Lines(string(content)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s: not a request, its categories and its writer: %q", file, line)
		}
		e := example{writer: fields[2], language: intent.Language(fields[0]), wanted: strings.Split(fields[1], ",")}
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(fields[0]))
		e.fold = int(hash.Sum32()>>8) % folds
		features := intent.Features(fields[0])
		for _, name := range slices.Sorted(maps.Keys(features)) {
			e.names, e.strengths = append(e.names, name), append(e.strengths, features[name])
		}
		if e.good = e.serving(1); slices.Max(e.good) == 0 {
			e.good = e.serving(2)
		}
		if slices.Max(e.good) == 0 {
			return nil, fmt.Errorf("%s: no job has these categories: %q", file, line)
		}
		all = append(all, e)
	}
	return all, nil
}

// serving tells of each job how well it serves, by its closest categories: best if one is the
// first that is wanted, and of jobs with the same closest one that with most of its others.
func (e example) serving(closest int) []float64 {
	const alsoWanted, alike = 0.4, 0.3
	jobs := intent.Jobs()
	good := make([]float64, len(jobs)+1)
	best := map[string]int{} // by the closest category
	for i, job := range jobs {
		if !e.wants(job, closest) {
			continue
		}
		good[i] = 1
		if !slices.Contains(job.Categories[:min(closest, len(job.Categories))], e.wanted[0]) {
			good[i] = alsoWanted
		}
		before, ok := best[job.Categories[0]]
		switch {
		case !ok:
			best[job.Categories[0]] = i
		case e.fit(job) > e.fit(jobs[before]):
			best[job.Categories[0]] = i
			good[before] *= alike
		default:
			good[i] *= alike
		}
	}
	if slices.Contains(e.wanted, nothing) {
		good[len(good)-1] = 1
	}
	return good
}

// fit is the part of a job's categories that are wanted.
func (e example) fit(job intent.Job) float64 {
	wanted := 0
	for _, c := range job.Categories {
		if slices.Contains(e.wanted, c) {
			wanted++
		}
	}
	return float64(wanted) / float64(len(job.Categories))
}

func (e example) wants(job intent.Job, closest int) bool {
	return slices.ContainsFunc(job.Categories[:min(closest, len(job.Categories))], func(c string) bool { return slices.Contains(e.wanted, c) })
}

// serves reports whether the first three models hold one that can do the job, if the first model
// of each job is of its closest category.
func (e example) serves(jobs []intent.Job) bool {
	if len(jobs) == 0 {
		return slices.Contains(e.wanted, nothing)
	}
	shown := 3
	if jobs[0].Score >= intent.Sure {
		shown = 2 // two models are of the first job
	}
	return slices.ContainsFunc(jobs[:min(shown, len(jobs))], func(job intent.Job) bool { return e.wants(job, 1) })
}
