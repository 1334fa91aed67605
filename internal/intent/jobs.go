package intent

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// A job is a kind of work, and what in a request speaks for it.
type job struct {
	as         string
	categories []string
	signs      []sign
}

// A sign speaks for a job, or against it, by its weight if a request has all of its concepts.
type sign struct {
	weight   float64
	concepts []string // name, or !name for one that must be missing
}

func (j job) score(strength map[string]float64) float64 {
	score := 0.0
	for _, s := range j.signs {
		part := s.weight
		for _, name := range s.concepts {
			if missing, ok := strings.CutPrefix(name, "!"); ok {
				part *= 1 - strength[missing]
			} else {
				part *= strength[name]
			}
		}
		score += part
	}
	return score
}

//go:embed jobs.txt
var jobList string

// jobs are read when the first request comes.
var jobs = sync.OnceValue(func() []job {
	var all []job
	for line := range strings.Lines(jobList) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			as, categories, _ := strings.Cut(line[1:], ":")
			all = append(all, job{as: strings.TrimSpace(as), categories: strings.Fields(categories)})
		default:
			last := &all[len(all)-1]
			for text := range strings.SplitSeq(line, ",") {
				fields := strings.Fields(text)
				weight, err := strconv.ParseFloat(fields[0], 64)
				if err != nil {
					panic("intent: jobs.txt: " + line)
				}
				last.signs = append(last.signs, sign{weight, fields[1:]})
			}
		}
	}
	return all
})
