package params

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// units may stand behind a number without changing it: seconds, pixels, lines, a factor.
var units = map[string]bool{
	"s": true, "sec": true, "secs": true, "second": true, "seconds": true,
	"px": true, "pixel": true, "pixels": true, "p": true, "x": true,
}

// matchOption finds the one option that a value can mean: by its value, by its label, or by
// either in another spelling. It reports false where none or more than one can be meant.
func matchOption(options []Option, given string) (string, bool) {
	for _, o := range options {
		if o.Value == given {
			return o.Value, true
		}
	}
	const longest = 256 // of another spelling
	if len(given) > longest {
		return "", false
	}
	for _, same := range []func(Option) bool{
		func(o Option) bool { return strings.EqualFold(o.Value, given) },
		func(o Option) bool { return o.Label != "" && strings.EqualFold(strings.TrimSpace(o.Label), given) },
		func(o Option) bool { return spelled(o.Value) == spelled(given) },
		func(o Option) bool { return o.Label != "" && spelled(o.Label) == spelled(given) },
		sameNumber(options, given),
	} {
		if value, ok := only(options, same); ok {
			return value, true
		}
	}
	return "", false
}

func only(options []Option, same func(Option) bool) (string, bool) {
	found, n := "", 0
	for _, o := range options {
		if same(o) {
			if found = o.Value; found != "" {
				n++
			}
		}
	}
	return found, n == 1
}

// between is what people write between the two numbers of a ratio or a size.
var between = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(\d)\s*[x×*:/]\s*(\d)`) })

// spelled removes what spellings differ in: case, spaces, "_", "-", and how a ratio is written.
func spelled(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.ContainsAny(s, "x×*:/") {
		s = between().ReplaceAllString(s, "$1:$2")
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-':
			return -1
		}
		return r
	}, s)
}

// sameNumber matches numbers with and without a unit: "10s" and 10 for "10", 1080 for
// "1080p". A unit is only added where all options have the same one, and never exchanged.
func sameNumber(options []Option, given string) func(Option) bool {
	never := func(Option) bool { return false }
	digits, unit, ok := splitNumber(given)
	if !ok || strings.HasPrefix(given, "-") && unit != "" {
		return never
	}
	common, mixed := "", false
	for i, o := range options {
		_, u, isNumber := splitNumber(o.Value)
		if i > 0 && u != common || !isNumber {
			mixed = true
		}
		common = u
	}
	return func(o Option) bool {
		d, u, isNumber := splitNumber(o.Value)
		if !isNumber || compareNumbers(d, digits) != 0 {
			return false
		}
		switch {
		case u == unit:
			return true
		case u == "":
			return units[unit]
		case unit == "":
			return !mixed
		}
		return sameUnit(u, unit)
	}
}

func sameUnit(a, b string) bool {
	return units[a] && units[b] && a[0] == b[0] && (a[0] == 's' || len(a) > 1 && len(b) > 1)
}

var numberWithUnit = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)\s*([A-Za-z]*)$`)
})

// splitNumber splits "10 s" into the JSON number 10 and the lower-case unit "s".
func splitNumber(s string) (digits, unit string, ok bool) {
	const longest = 80
	s = strings.TrimSpace(s)
	if len(s) == 0 || len(s) > longest || (s[0] > '9' && s[0] != '.') {
		return "", "", false
	}
	m := numberWithUnit().FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	if n, err := strconv.ParseFloat(m[1], 64); err != nil || math.IsInf(n, 0) {
		return "", "", false
	}
	return canonical(m[1]), strings.ToLower(m[2]), true
}

func isNumber(s string) bool {
	_, unit, ok := splitNumber(s)
	return ok && unit == ""
}

// canonical writes a decimal number as JSON takes it: no "+", digits on both sides of the
// point, no leading zeros.
func canonical(s string) string {
	s = strings.TrimPrefix(strings.TrimSpace(s), "+")
	sign := ""
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		sign, s = "-", rest
	}
	for len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	if strings.HasPrefix(s, ".") {
		s = "0" + s
	}
	if i := strings.IndexByte(s, '.'); i >= 0 && (i+1 == len(s) || s[i+1] < '0' || s[i+1] > '9') {
		s = s[:i] + s[i+1:]
	}
	return sign + s
}

// compareNumbers compares two decimal numbers. Whole numbers beyond 53 bits are compared
// digit by digit.
func compareNumbers(a, b string) int {
	x, errA := strconv.ParseFloat(strings.TrimSpace(a), 64)
	y, errB := strconv.ParseFloat(strings.TrimSpace(b), 64)
	if errA != nil || errB != nil {
		return strings.Compare(a, b)
	}
	if x != y || math.Abs(x) < 1<<53 {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	m, okA := new(big.Int).SetString(strings.TrimSpace(a), 10)
	n, okB := new(big.Int).SetString(strings.TrimSpace(b), 10)
	if okA && okB {
		return m.Cmp(n)
	}
	return 0
}
