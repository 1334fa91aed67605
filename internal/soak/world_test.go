package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const picture = "pruna/p-image"

// stage is a world with a user, without a server between them.
type stage struct {
	*testing.T
	*world
	*user
	report *report
}

func newStage(t *testing.T) *stage {
	t.Helper()
	r := newReport(false)
	w := newWorld(1, r)
	t.Cleanup(w.close)
	s := &soak{seed: 1, world: w, report: r}
	return &stage{t, w, &user{soak: s, key: w.keys[0], Rand: s.source(1)}, r}
}

// pay runs a model as a server would, and waits for its end.
func (s *stage) pay(what work) (token string) {
	s.Helper()
	token = s.submit(what)
	require.NoError(s, s.AwaitStage(s.Context(), token, "task_postprocess_end"))
	return token
}

func (s *stage) submit(what work) (token string) {
	s.Helper()
	body, err := json.Marshal(map[string]any{"prompt": what.prompt})
	require.NoError(s, err)
	request, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.URL+"/Run/"+what.model, strings.NewReader(string(body)))
	require.NoError(s, err)
	request.Header.Set("x-api-key", what.key)
	request.Header.Set("Content-Type", "application/json")
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	require.NoError(s, err)
	defer response.Body.Close()
	var run struct {
		Token string `json:"socketaccesstoken"`
	}
	require.NoError(s, json.NewDecoder(response.Body).Decode(&run))
	require.NotEmpty(s, run.Token)
	require.Eventually(s, func() bool { _, known := s.ownerOf(run.Token); return known }, 10*time.Second, time.Millisecond)
	return run.Token
}

func (s *stage) work() work { return work{s.keys[0], picture, "fox"} }

// job is one that was paid for n times, and whose last result was delivered.
func (s *stage) job(n int) *job {
	j := &job{work: s.work()}
	s.begin(j)
	for range n {
		j.delivered = s.pay(j.work)
	}
	return j
}

// found are the kinds of faults that were found.
func (s *stage) found() (kinds []string) {
	for _, kind := range []string{"doubled", "lost", "crossed", "misreported", "unanswered"} {
		for range s.report.faults[kind] {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func TestTheAuditFindsWhatWasPaidTwiceOrLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do    func(s *stage)
		found []string
	}{
		"paid once":                  {func(s *stage) { s.job(1) }, nil},
		"paid twice":                 {func(s *stage) { s.job(2) }, []string{"doubled"}},
		"twice, as asked":            {func(s *stage) { s.job(2).again = 1 }, nil},
		"its result was on its way":  {func(s *stage) { j := s.job(2); j.givenUp = append(j.givenUp, gaveUp{at: time.Now()}) }, nil},
		"given up before it existed": {func(s *stage) { at := time.Now(); j := s.job(2); j.givenUp = append(j.givenUp, gaveUp{at: at}) }, []string{"doubled"}},
		"no result":                  {func(s *stage) { s.job(1).delivered = "" }, []string{"lost"}},
		"no task at all":             {func(s *stage) { s.job(0) }, []string{"lost"}},
		"its token was on its way": {func(s *stage) {
			s.Behave(picture, wirotest.Behavior{HoldAt: wirotest.TaskStart, Times: 1})
			s.submit(s.work())
			j := s.job(1)
			j.givenUp = append(j.givenUp, gaveUp{time.Now(), true})
		}, nil},
		"it was not to have a token": {func(s *stage) {
			s.Behave(picture, wirotest.Behavior{HoldAt: wirotest.TaskStart, Times: 1})
			s.submit(s.work())
			at := time.Now()
			j := s.job(1)
			j.givenUp = append(j.givenUp, gaveUp{at: at})
		}, []string{"doubled"}},
		"delivered by a process that could not note it": {func(s *stage) {
			j := s.job(1)
			now := time.Now()
			j.got = now
			s.storeAway(now, now.Add(time.Hour))
			s.replicaEnded()
			s.begin(&job{work: j.work, delivered: j.delivered, got: now.Add(time.Second)})
		}, nil},
		"delivered long before that": {func(s *stage) {
			j := s.job(1)
			j.got = time.Now()
			s.replicaEnded()
			s.storeAway(time.Now().Add(time.Hour), time.Now().Add(2*time.Hour))
			s.begin(&job{work: j.work, delivered: j.delivered})
		}, []string{"lost"}},
		"not started, whichever": {func(s *stage) {
			j := s.job(1)
			s.begin(&job{work: j.work, twin: true, refused: true})
			require.True(s, s.leaveOut(j.work))
			require.False(s, s.leaveOut(j.work), "the other one was")
		}, nil},
		"started, and left out": {func(s *stage) {
			j := s.job(1)
			s.begin(&job{work: j.work, twin: true, refused: true})
			require.True(s, s.leaveOut(j.work))
			s.pay(j.work)
		}, []string{"lost"}},
		"one result for two": {func(s *stage) { j := s.job(1); s.begin(&job{work: j.work, delivered: j.delivered}) }, []string{"lost"}},
		"nobody wanted it":   {func(s *stage) { s.pay(s.work()) }, []string{"doubled"}},
		"it said that it did nothing": {func(s *stage) {
			began := time.Now()
			j := s.job(1)
			s.quietly(claim{j.work, began, time.Now(), "Nothing was submitted"})
		}, []string{"misreported"}},
		"a charge that nobody has a task for": {func(s *stage) { s.SetBalance(s.keys[1], 5) }, []string{"misreported"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			test.do(s)
			s.audit()
			require.Equal(t, test.found, s.found(), "%v", s.report.faults)
		})
	}
}

func TestWhatIsToldIsJudgedByTheRecord(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	own := s.pay(s.work())
	foreign := s.pay(work{s.keys[1], picture, "fox"})
	cost, other := 0.005, 0.004
	for name, test := range map[string]struct {
		token, state, text string
		cost               *float64
		found              []string
	}{
		"the truth":            {own, "completed", "Completed. Charged $0.005.", &cost, nil},
		"unknown":              {own, "completed", "Completed.", nil, nil},
		"young":                {own, "running", "Still running.", nil, nil},
		"another outcome":      {own, "failed", "Failed.", nil, []string{"misreported"}},
		"another amount":       {own, "completed", "", &other, []string{"misreported"}},
		"another amount, told": {own, "completed", "Charged $0.004.", &cost, []string{"misreported"}},
		"not charged":          {own, "completed", "Not charged.", &cost, []string{"misreported"}},
		"too early":            {own, "running", "Not charged.", nil, []string{"misreported"}},
		"another caller's":     {foreign, "completed", "", nil, []string{"crossed"}},
		"nobody's":             {"tok", "completed", "", nil, []string{"crossed"}},
		"nothing":              {"", "completed", "", nil, []string{"unanswered"}},
	} {
		s.report.faults = map[string][]string{}
		a := answer{text: test.text}
		a.told.State, a.told.Task.Token, a.told.Task.Cost = test.state, test.token, test.cost
		s.judge(s.work(), a, "run_model")
		require.Equal(t, test.found, s.found(), "%s: %v", name, s.report.faults)
	}
}
