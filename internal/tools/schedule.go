package tools

import (
	"fmt"
	"strconv"
	"strings"
)

var weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// schedule says in words when a cron expression fires; "on its own schedule, UTC" for the rarer
// forms, which stand beside it anyway. It is empty without an expression.
func schedule(cron string) string {
	fields := strings.Fields(cron)
	if len(fields) == 0 {
		return ""
	}
	const other = "on its own schedule, UTC"
	if len(fields) != 5 || fields[3] != "*" {
		return other
	}
	minute, hour, day, weekday := fields[0], fields[1], fields[2], fields[4]
	if every, ok := strings.CutPrefix(minute, "*/"); ok && hour == "*" && day == "*" && weekday == "*" {
		return "every " + every + " minutes"
	}
	m, err := strconv.Atoi(minute)
	if err != nil {
		return other
	}
	if every, ok := strings.CutPrefix(hour, "*/"); ok && day == "*" && weekday == "*" {
		return fmt.Sprintf("every %s hours at minute %d, UTC", every, m)
	}
	if hour == "*" && day == "*" && weekday == "*" {
		return fmt.Sprintf("every hour at minute %d", m)
	}
	var times []string
	for h := range strings.SplitSeq(hour, ",") {
		n, err := strconv.Atoi(h)
		if err != nil {
			return other
		}
		times = append(times, fmt.Sprintf("%02d:%02d", n, m))
	}
	at := "at " + strings.Join(times, " and ") + " UTC"
	switch {
	case day == "*" && weekday == "*":
		return "every day " + at
	case day == "*" && weekday == "1-5":
		return "Monday to Friday " + at
	case day == "*":
		var days []string
		for d := range strings.SplitSeq(weekday, ",") {
			n, err := strconv.Atoi(d)
			if err != nil || n < 0 || n >= len(weekdays) {
				return other
			}
			days = append(days, weekdays[n])
		}
		return "every " + strings.Join(days, " and ") + " " + at
	case weekday == "*":
		if n, err := strconv.Atoi(day); err == nil {
			return fmt.Sprintf("on day %d of every month %s", n, at)
		}
	}
	return other
}
