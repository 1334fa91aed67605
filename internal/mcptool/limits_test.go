package mcptool_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

func TestLimitsAreOnlyNarrowed(t *testing.T) {
	t.Parallel()
	usd := func(n float64) *float64 { return &n }
	for name, test := range map[string]struct{ a, b, want *float64 }{
		"none":       {nil, nil, nil},
		"the first":  {usd(1), nil, usd(1)},
		"the second": {nil, usd(2), usd(2)},
		"the lower":  {usd(1), usd(2), usd(1)},
		"0":          {usd(1), usd(0), usd(0)},
	} {
		got := mcptool.SpendingLimits{PerRun: test.a, PerDay: test.b}.Narrow(mcptool.SpendingLimits{PerRun: test.b, PerDay: test.a})
		require.Equal(t, test.want, got.PerRun, name)
		require.Equal(t, test.want, got.PerDay, name)
	}
}

func TestTheLastPageHasNoNextStart(t *testing.T) {
	t.Parallel()
	for shown, want := range map[int]string{3: `{"total":12,"start":3,"nextStart":6}`, 9: `{"total":12,"start":3,"nextStart":null}`} {
		data, err := json.Marshal(mcptool.NewPage(12, 3, shown))
		require.NoError(t, err)
		require.Equal(t, want, string(data))
	}
}

func TestAChargeThatIsNotKnownIsNot0(t *testing.T) {
	t.Parallel()
	text := mcptool.Charge{What: "Running a/b", Unknown: true, When: "$0.02 per turn"}.String()
	require.Equal(t, "Running a/b: what it costs cannot be known before it ends. It is charged $0.02 per turn.", text)
}
