package wiro_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

// The answer's shape is not documented: what states one figure is read, nothing is added up.
func TestABalanceIsReadWhereverItStands(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]any{
		`"balance":"12.50"`:                12.5,
		`"balance":0`:                      0.0,
		`"wallet":{"total_balance":"$50"}`: 50.0,
		`"wallets":[{"owner":"personal","Balance":"3.25"}]`:                                                         3.25,
		`"data":{"wallets":[{"walletBalance":7}],"x":1}`:                                                            7.0,
		`"balance":9,"deposits":[{"balance":4},{"balance":5}]`:                                                      9.0,
		`"wallets":[{"balance":"4"},{"balance":"5"}]`:                                                               nil,
		`"wallet":{"amount":"1,250.50"}`:                                                                            1250.5,
		`"wallet":{"gifted":"12.5","store":0,"amount":50,"total":null}`:                                             62.5,
		`"list":[{"id":"1","uuid":"u1","currency":"USD","amount":"20.00","gifted":"5"}],"total":"1"`:                25.0,
		`"data":[{"Amount":7}]`:                                                                                     7.0,
		`"rows":[{"available_balance":"USD 9.99"}]`:                                                                 9.99,
		`"data":{"wallet":{"total":100,"gifted":50,"amount":50}}`:                                                   100.0,
		`"balance":{"amount":"12.5","currency":"USD"}`:                                                              12.5,
		`"balance":{"usd":3,"eur":2}`:                                                                               3.0,
		`"balances":[{"currency":"USD","balance":5},{"currency":"EUR","balance":7}]`:                                5.0,
		`"wallet":{"balance":5},"wallets":[{"balance":5},{"balance":6}]`:                                            5.0,
		`"wallet":{"amount":40,"autopay":{"amount":50,"threshold":10},"deposits":[{"amount":60,"expirytime":"1"}]}`: 40.0,
		`"wallets":[{"teamguid":"other","amount":1},{"teamguid":"team-1","amount":2}]`:                              2.0,
		`"wallet":{"amount":"-1.25"}`:                                                                               -1.25,
		`"list":[{"amount":60,"expirytime":"1"}]`:                                                                   nil,
		`"autopay":{"amount":50}`:                                                                                   nil,
		`"wallet":{"balance":9,"currency":"EUR"}`:                                                                   nil,
		`"wallet":{"amount":"12,50"}`:                                                                               nil,
		`"wallet":null`:                                                                                             nil,
		`"list":null`:                                                                                               nil,
		`"wallets":[]`:                                                                                              nil, `"total":"3"`: nil, `"balance":null`: nil, `"balance":"lots"`: nil, `"balance":"NaN"`: nil,
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "/v1/Wallet/List", r.URL.Path)
				_, _ = w.Write([]byte(`{"result":true,"errors":[],` + answer + `}`))
			}))
			t.Cleanup(server.Close)
			client := wiro.NewClient(wiro.Options{BaseURL: server.URL + "/v1", SocketURL: wiro.NoSocket, Credentials: wiro.Credentials{Key: "k"}})
			t.Cleanup(client.Close)
			balance, err := client.WithTeam("team-1").Billing.Balance(t.Context())
			require.NoError(t, err)
			require.NotContains(t, balance.Raw, "result")
			require.NotEmpty(t, balance.Raw)
			if want == nil {
				require.Nil(t, balance.USD)
				return
			}
			require.NotNil(t, balance.USD)
			require.InDelta(t, want, *balance.USD, 1e-9)
		})
	}
}

func TestTheBalanceSetsHowManyTasksRunAtOnce(t *testing.T) {
	t.Parallel()
	for usd, want := range map[float64]int{-3: 1, 0: 1, 10: 1, 19.99: 1, 50: 5, 100: 10, 250: 25, 250.01: 0, 1000: 0} {
		tasks, limited := wiro.Balance{USD: &usd}.MaxConcurrentTasks()
		require.Equal(t, want, tasks, usd)
		require.Equal(t, want > 0, limited, usd)
	}
	_, limited := wiro.Balance{}.MaxConcurrentTasks()
	require.False(t, limited)
}

func TestTheEmulatorShowsItsWallets(t *testing.T) {
	t.Parallel()
	server := wirotest.NewServer()
	t.Cleanup(server.Close)
	client := wiro.NewClient(wiro.Options{BaseURL: server.URL, SocketURL: wiro.NoSocket, Credentials: wiro.Credentials{Key: wiro.Secret(server.Key)}})
	t.Cleanup(client.Close)
	balance, err := client.Billing.Balance(t.Context())
	require.NoError(t, err)
	require.InDelta(t, server.Balance(server.Key), *balance.USD, 0.01)
}
