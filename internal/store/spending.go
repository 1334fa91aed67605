package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// Spending is what a caller spent on a UTC day, in USD.
type Spending struct {
	Spent    float64   // charged, from the records of tasks
	Reserved float64   // quotes of runs in flight
	Resets   time.Time // when the next day begins
}

// OverLimitError refuses a reservation that does not fit under the day's limit.
type OverLimitError struct {
	Spending
	Limit float64 // USD per day
	Asked float64
}

// Left is what may still be spent today.
func (e *OverLimitError) Left() float64 {
	return max(0, math.Round((e.Limit-e.Spent-e.Reserved)*1e9)/1e9)
}

func (e *OverLimitError) Error() string {
	return fmt.Sprintf("$%g does not fit under the limit of $%g a day: $%g spent, $%g reserved", e.Asked, e.Limit, e.Spent, e.Reserved)
}

// nano is a billionth of a dollar: sums of whole ones are exact.
type nano int64

func nanos(usd float64) nano {
	if math.IsNaN(usd) {
		return 0
	}
	return nano(math.Round(min(max(usd, 0), 1e9) * 1e9))
}

func (n nano) usd() float64 { return float64(n) / 1e9 }

// day is a caller's spending on one day.
type day struct {
	Spent    nano          `json:"spent"`
	Reserved []reservation `json:"reserved,omitempty"`
	Counted  []string      `json:"counted,omitempty"` // tasks in Spent, newest last
}

type reservation struct {
	Names []string `json:"names"` // hashed
	USD   nano     `json:"usd"`
}

func (d *day) reserved() (sum nano) {
	for _, r := range d.Reserved {
		sum += r.USD
	}
	return sum
}

const (
	keepDays     = 48 * time.Hour
	mostReserved = 500
	mostCounted  = 2000 // names, two or three to a task
)

func (s *Store) dayKey(caller Caller, at time.Time) string {
	return s.key("spend", caller.BaseURL, caller.Key, at.UTC().Format(time.DateOnly))
}

func nextDay(at time.Time) time.Time {
	return at.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
}

// Spending returns what the caller spent and reserved today.
func (s *Store) Spending(ctx context.Context, caller Caller) (Spending, error) {
	now := s.now()
	result := Spending{Resets: nextDay(now)}
	err := update(ctx, s, s.dayKey(caller, now), keepDays, func(d *day) (bool, error) {
		result.Spent, result.Reserved = d.Spent.usd(), d.reserved().usd()
		return false, errUnchanged
	})
	return result, err
}

// Reserve sets an amount aside for a run in flight, under the name of the run (Run.ID). It
// returns *OverLimitError, and reserves nothing, where the day's spending would exceed limit
// USD. Until Settle the amount counts as spent. Reserving a name again changes nothing.
func (s *Store) Reserve(ctx context.Context, caller Caller, name string, usd, limit float64) error {
	if math.IsNaN(usd) || usd < 0 {
		return fmt.Errorf("$%g cannot be reserved", usd)
	}
	now, hashed, amount := s.now(), s.hash(name), nanos(usd)
	return update(ctx, s, s.dayKey(caller, now), keepDays, func(d *day) (bool, error) {
		if d.find([]string{hashed}) >= 0 {
			return false, errUnchanged
		}
		if reserved := d.reserved(); amount > 0 && d.Spent+reserved+amount > nanos(limit) {
			return false, &OverLimitError{Spending{d.Spent.usd(), reserved.usd(), nextDay(now)}, limit, usd}
		}
		if len(d.Reserved) >= mostReserved { // the oldest is taken for spent
			d.Spent += d.Reserved[0].USD
			d.Reserved = slices.Delete(d.Reserved, 0, 1)
		}
		d.Reserved = append(d.Reserved, reservation{[]string{hashed}, amount})
		return true, nil
	})
}

func (d *day) find(names []string) int {
	return slices.IndexFunc(d.Reserved, func(r reservation) bool {
		return slices.ContainsFunc(r.Names, func(name string) bool { return slices.Contains(names, name) })
	})
}

// Bind names a reservation's task, by its id and its token, so that whoever reads the task's
// record can settle it. A task that was named before is not the run's. A task that was over
// and recorded before it was bound is settled by it.
func (s *Store) Bind(ctx context.Context, caller Caller, name string, others ...string) error {
	hashed := s.hashes(others)
	_, err := s.onDays(ctx, caller, s.now(), []string{name}, func(d *day, i int) {
		if d.counted(hashed) {
			d.Reserved = slices.Delete(d.Reserved, i, i+1)
			return
		}
		d.Reserved[i].Names = append([]string{s.hash(name)}, hashed...)
	})
	return err
}

// Settle replaces a reservation by what the task's record says was charged; 0 releases it.
// Names are those of the reservation: any of them will do. Settled reports whether there was
// one; a second time there is none, and nothing is counted twice.
func (s *Store) Settle(ctx context.Context, caller Caller, usd float64, names ...string) (settled bool, err error) {
	return s.onDays(ctx, caller, s.now(), names, func(d *day, i int) {
		d.count(d.Reserved[i].Names, usd)
		d.Reserved = slices.Delete(d.Reserved, i, i+1)
	})
}

// Record counts what a task's record says was charged at a time: it settles the reservation
// where there is one, and counts a task without one once. A time before yesterday is ignored.
func (s *Store) Record(ctx context.Context, caller Caller, at time.Time, usd float64, names ...string) error {
	if settled, err := s.Settle(ctx, caller, usd, names...); err != nil || settled || usd <= 0 {
		return err
	}
	if s.now().Sub(at) > keepDays-24*time.Hour {
		return nil
	}
	hashed := s.hashes(names)
	return update(ctx, s, s.dayKey(caller, at), keepDays, func(d *day) (bool, error) {
		if d.counted(hashed) {
			return false, errUnchanged
		}
		d.count(hashed, usd)
		return true, nil
	})
}

func (d *day) counted(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(d.Counted, name) })
}

func (d *day) count(names []string, usd float64) {
	d.Spent += nanos(usd)
	d.Counted = append(d.Counted, names...)
	if extra := len(d.Counted) - mostCounted; extra > 0 {
		d.Counted = slices.Delete(d.Counted, 0, extra)
	}
}

func (s *Store) hashes(names []string) []string {
	var list []string
	for _, name := range names {
		if name != "" {
			list = append(list, s.hash(name))
		}
	}
	return list
}

// onDays changes a reservation of today or, for a run that began before midnight, of
// yesterday.
func (s *Store) onDays(ctx context.Context, caller Caller, now time.Time, names []string, change func(d *day, i int)) (found bool, err error) {
	ctx = context.WithoutCancel(ctx)
	hashed := s.hashes(names)
	for _, at := range []time.Time{now, now.Add(-24 * time.Hour)} {
		err = update(ctx, s, s.dayKey(caller, at), keepDays, func(d *day) (bool, error) {
			i := d.find(hashed)
			if found = i >= 0; !found {
				return false, errUnchanged
			}
			change(d, i)
			return true, nil
		})
		if err != nil || found {
			return found, err
		}
	}
	return false, nil
}
