package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/money"
)

func TestUSD(t *testing.T) {
	t.Parallel()
	for amount, want := range map[float64]string{
		0: "0", 1: "1.00", 9: "9.00", 100: "100.00", 1299: "1299.00", 0.5: "0.50", 3.2: "3.20", 0.42: "0.42", 19.99: "19.99",
		0.005: "0.005", 0.0000025: "0.0000025", 0.1 + 0.2: "0.30", 45.5: "45.50", -5: "-5.00", -0.25: "-0.25", 1e-13: "0.00",
	} {
		require.Equal(t, want, money.USD(amount))
	}
}
