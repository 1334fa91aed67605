// Package money writes amounts of money.
package money

import (
	"strconv"
	"strings"
)

// USD writes an amount in USD without the sign: cents, or as many further digits as a
// small amount has, twelve at most, which is what Wiro's amounts have.
func USD(amount float64) string {
	if amount == 0 {
		return "0"
	}
	digits := strings.TrimRight(strconv.FormatFloat(amount, 'f', 12, 64), "0")
	if point := strings.IndexByte(digits, '.'); len(digits)-point-1 < 2 {
		digits += strings.Repeat("0", 3-(len(digits)-point))
	}
	return digits
}
