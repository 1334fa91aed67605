package deploy

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// metrics are the labels of every metric that a server has after a bit of everything.
func metrics(t *testing.T) map[string][]string {
	t.Helper()
	shared, err := wiromcp.OpenStore("redis://127.0.0.1:1", wiromcp.StoreOptions{}) // nobody answers there
	require.NoError(t, err)
	t.Cleanup(func() { _ = shared.Close() })
	upstream := wirotest.NewServer()
	t.Cleanup(upstream.Close)
	telemetry := wiromcp.NewTelemetry(nil)
	client := wiro.NewClient(wiro.Options{BaseURL: upstream.URL, SocketURL: upstream.SocketURL, Observer: telemetry})
	t.Cleanup(client.Close)
	replica := wiromcp.NewServer(wiromcp.ServerOptions{Client: client, Telemetry: telemetry, Store: shared})
	t.Cleanup(func() { require.NoError(t, replica.Shutdown(context.Background())) })
	_, err = replica.Handler(wiromcp.HTTPOptions{})
	require.NoError(t, err)
	server := wiromcp.NewServer(wiromcp.ServerOptions{Client: client, Telemetry: telemetry})
	t.Cleanup(func() { require.NoError(t, server.Shutdown(context.Background())) })
	handler, err := server.Handler(wiromcp.HTTPOptions{BurstPerKey: 4, RatePerKey: 0.001, OAuthSecrets: []string{strings.Repeat("s", 44)}})
	require.NoError(t, err)
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	send := func(method, path, key, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		if key != "" {
			request.Header.Set("Authorization", "Bearer "+key)
		}
		answer, err := web.Client().Do(request)
		require.NoError(t, err)
		defer answer.Body.Close() //nolint:errcheck // it was only read
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	const run = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_model","arguments":{"model":"sandbox/echo","params":{"prompt":"x"}}}}`
	status := 0
	for i := 0; i < 10 && status != http.StatusTooManyRequests; i++ {
		status, _ = send(http.MethodPost, "/mcp", wirotest.DemoKey, run)
	}
	require.Equal(t, http.StatusTooManyRequests, status)
	status, _ = send(http.MethodPost, "/register", "", `{"redirect_uris":["http://127.0.0.1/cb"]}`)
	require.Equal(t, http.StatusCreated, status)

	found := map[string][]string{"up": nil}
	_, text := send(http.MethodGet, "/metrics", "", "")
	for _, sample := range regexp.MustCompile(`(?m)^([a-z_]+)(?:\{(.*)\})? `).FindAllStringSubmatch(text, -1) {
		labels := found[sample[1]]
		for _, label := range regexp.MustCompile(`([a-z_]+)="`).FindAllStringSubmatch(sample[2], -1) {
			if !slices.Contains(labels, label[1]) {
				labels = append(labels, label[1])
			}
		}
		found[sample[1]] = labels
	}
	return found
}

// ofTarget are labels that Prometheus adds.
var ofTarget = []string{"job", "instance", "namespace", "pod"}

var (
	quoted    = regexp.MustCompile(`"[^"]*"`)
	selection = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}`)
	grouping  = regexp.MustCompile(`\b(?:by|without|on|ignoring)\s*\(([^)]*)\)`)
	ranges    = regexp.MustCompile(`\[[^\]]*\]`)
	name      = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*(\s*\()?`)
	label     = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*`)
	increases = regexp.MustCompile(`\b(?:rate|increase)\((\w+)`)
	counters  = regexp.MustCompile(`_(?:total|bucket|sum|count)$`)
	quantiles = regexp.MustCompile(`histogram_quantile\([\d.]+, sum by \(le\b[^)]*\) \(rate\(\w+_bucket\b`)
	operators = []string{"and", "or", "unless", "bool"}
)

// checkExpression finds metrics and labels of a PromQL expression that do not exist, and
// functions of metrics that are of another kind.
func checkExpression(expression string, known map[string][]string) (faults []string) {
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(expression, pair[:1]) != strings.Count(expression, pair[1:]) {
			faults = append(faults, "unbalanced "+pair)
		}
	}
	for _, of := range increases.FindAllStringSubmatch(expression, -1) {
		if !counters.MatchString(of[1]) {
			faults = append(faults, of[1]+" is no counter")
		}
	}
	if strings.Count(expression, "histogram_quantile(") != len(quantiles.FindAllString(expression, -1)) {
		faults = append(faults, "a quantile is not of buckets by le")
	}
	text := ranges.ReplaceAllString(quoted.ReplaceAllString(expression, `""`), "")
	labels := slices.Clone(ofTarget)
	used := map[string][]string{}
	text = selection.ReplaceAllStringFunc(text, func(s string) string {
		parts := selection.FindStringSubmatch(s)
		used[parts[1]] = append(used[parts[1]], label.FindAllString(parts[2], -1)...)
		return parts[1]
	})
	var groups []string
	text = grouping.ReplaceAllStringFunc(text, func(s string) string {
		groups = append(groups, label.FindAllString(grouping.FindStringSubmatch(s)[1], -1)...)
		return ""
	})
	for _, word := range name.FindAllString(text, -1) {
		if strings.HasSuffix(word, "(") || slices.Contains(operators, word) || regexp.MustCompile(`^e\d*$`).MatchString(word) {
			continue
		}
		if _, ok := known[word]; !ok {
			faults = append(faults, "no metric "+word)
		}
		labels = append(labels, known[word]...)
	}
	for metric, wanted := range used {
		for _, l := range wanted {
			if !slices.Contains(known[metric], l) && !slices.Contains(ofTarget, l) {
				faults = append(faults, metric+" has no label "+l)
			}
		}
	}
	for _, l := range groups {
		if !slices.Contains(labels, l) {
			faults = append(faults, "nothing has the label "+l)
		}
	}
	return faults
}

func TestAlertsAndPanelsAreAboutMetricsThatExist(t *testing.T) {
	t.Parallel()
	known := metrics(t)
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert       string
				Expr        string
				For         string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, "monitoring", "alerts.yaml")), &rules))
	alerts := 0
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			alerts++
			require.Empty(t, checkExpression(rule.Expr, known), rule.Alert)
			require.True(t, slices.ContainsFunc(strings.Split(rule.Expr, " or "), func(part string) bool {
				return !strings.Contains(part, `job="`)
			}), "%s: scrape configurations have names of their own for the job", rule.Alert)
			require.Contains(t, []string{"warning", "critical"}, rule.Labels["severity"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["description"], rule.Alert)
			if rule.For != "" {
				_, err := time.ParseDuration(rule.For)
				require.NoError(t, err, rule.Alert)
			}
		}
	}
	require.Positive(t, alerts)

	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
			GridPos struct{ X, Y, W, H int }
		}
		Annotations struct{ List []struct{ Name, Expr string } }
		Templating  struct {
			List []struct {
				Name  string
				Query any
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, "monitoring", "dashboard.json")), &dashboard))
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		require.False(t, ids[panel.ID], "the id of %s is taken", panel.Title)
		ids[panel.ID] = true
		require.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24, panel.Title)
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			require.Empty(t, checkExpression(target.Expr, known), panel.Title)
		}
	}
	require.Positive(t, len(dashboard.Panels))
	for _, annotation := range dashboard.Annotations.List {
		require.Empty(t, checkExpression(annotation.Expr, known), annotation.Name)
	}
	require.Contains(t, known, "wiro_mcp_waits", "the autoscaler goes by it")
	require.Contains(t, read(t, "kubernetes", "prometheus-adapter.yaml"), "seriesQuery: wiro_mcp_waits{")

	for expression, fault := range map[string]string{
		`rate(wiro_mcp_cals_total[5m])`: "no metric wiro_mcp_cals_total", `wiro_mcp_waits{tool="x"}`: "wiro_mcp_waits has no label tool",
		`sum by (tol) (wiro_mcp_calls_total)`: "nothing has the label tol", `sum(rate(wiro_mcp_waits[5m])`: "unbalanced ()",
		`increase(wiro_mcp_waits[5m])`: "wiro_mcp_waits is no counter",
		`histogram_quantile(0.5, sum by (tool) (rate(wiro_mcp_call_duration_seconds_bucket[5m])))`: "a quantile is not of buckets by le",
	} {
		require.Contains(t, checkExpression(expression, known), fault)
	}
}
