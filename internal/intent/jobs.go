package intent

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed jobs.txt
var jobList string

// Jobs are all kinds of work, in the order of the table of weights.
var Jobs = sync.OnceValue(func() []Job {
	var all []Job
	for line := range strings.Lines(jobList) {
		as, categories, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok && !strings.HasPrefix(line, "#") {
			all = append(all, Job{As: as, Categories: strings.Fields(categories)})
		}
	}
	return all
})
