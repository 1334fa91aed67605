package core

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// A Project is what a key opens: credentials and a wallet. Tasks and files belong to one.
type Project struct {
	ID, name, Account string
	Key, secret       string
	allowed           []netip.Prefix
	Suspended, Guest  bool
	Blocked           map[string]bool // slugs of models that it may not run
	OwnWallet         Wallet
	Shared            atomic.Pointer[Wallet] // of the team that the project belongs to
	nonces            nonces
	limiter           *rate.Limiter // nil: no limit

	mu     sync.Mutex
	active int // tasks that have not ended
}

// newProjects builds the projects of keys, by API key.
func newProjects(keys []Key, ids *IDs) map[string]*Project {
	projects := make(map[string]*Project, len(keys))
	for _, k := range keys {
		if k.Key == "" || projects[k.Key] != nil {
			panic(fmt.Sprintf("emulator: API key %q is empty or given twice", k.Key))
		}
		p := &Project{
			ID: k.ID, name: k.Name, Account: k.Account, Key: k.Key, secret: k.Secret,
			Suspended: k.Suspended, Guest: k.Guest,
			OwnWallet: Wallet{usd: k.Balance},
		}
		if p.ID == "" {
			p.ID = ids.number()
		}
		if p.Account == "" {
			p.Account = "account-" + p.ID
		}
		for _, allowed := range k.AllowedIPs {
			p.allowed = append(p.allowed, mustPrefix(allowed))
		}
		if k.RateLimit > 0 {
			p.limiter = rate.NewLimiter(rate.Limit(k.RateLimit), max(1, int(k.RateLimit)))
		}
		for _, slug := range k.BlockedModels {
			if p.Blocked == nil {
				p.Blocked = map[string]bool{}
			}
			p.Blocked[slug] = true
		}
		projects[k.Key] = p
	}
	return projects
}

func mustPrefix(s string) netip.Prefix {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen())
	}
	return netip.MustParsePrefix(s)
}

// authenticate finds the project of a request, or the documented reason to refuse it.
//
// Wiro docs: Authentication; Error Reference, Authentication Errors.
func (s *Server) authenticate(r *http.Request) (*Project, error) {
	key := r.Header.Get("X-Api-Key")
	if key == "" && r.Header.Get("Authorization") != "" {
		return nil, unauthorized(99, "Authorization bearer token is invalid.")
	}
	p := s.Projects[key]
	if p == nil {
		return nil, unauthorized(0, "Project authorization is not founded.")
	}
	if ip := remoteIP(r); !p.allows(ip) {
		return nil, unauthorized(0, fmt.Sprintf("Requested ip %s is not allowed.", ip))
	}
	if p.secret == "" {
		return p, nil
	}
	signature, nonce := r.Header.Get("X-Signature"), r.Header.Get("X-Nonce")
	if signature == "" || nonce == "" {
		return nil, unauthorized(0, "Project requires signature authentication. x-signature and x-nonce headers are required.")
	}
	if !p.signed(signature, nonce) || !p.nonces.firstUse(nonce) {
		return nil, unauthorized(0, "Project authorization is not valid.")
	}
	return p, nil
}

func unauthorized(code int, message string) *Failure {
	return &Failure{status: http.StatusUnauthorized, Errors: []WireError{{Code: code, Message: message}}}
}

// signed checks HMAC-SHA256 of secret+nonce, keyed with the API key.
func (p *Project) signed(signature, nonce string) bool {
	given, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(p.Key))
	mac.Write([]byte(p.secret + nonce))
	return hmac.Equal(given, mac.Sum(nil))
}

func (p *Project) allows(ip string) bool {
	if len(p.allowed) == 0 {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, prefix := range p.allowed {
		if prefix.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return strings.Trim(r.RemoteAddr, "[]")
	}
	return host
}

// Where concurrency limits end, in USD.
//
// Wiro docs: Concurrency Limits.
const unlimitedAbove = 250

// BeginTask counts one more active task, unless the balance allows no more; endTask takes
// it back.
func (p *Project) BeginTask() error {
	balance := p.Wallet().Balance()
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := max(1, int(balance*0.10))
	if balance <= unlimitedAbove && p.active >= limit {
		return Fail(96, fmt.Sprintf("You have reached your concurrent task limit. With your current balance of $%.2f, you can run up to %d tasks at the same time. Add funds to increase your limit.", balance, limit))
	}
	p.active++
	return nil
}

// EndTask takes back what BeginTask counted.
func (p *Project) EndTask() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active--
}

// nonces remembers which nonces a project has used: at least the last 50,000, at most
// twice as many.
type nonces struct {
	mu       sync.Mutex
	now, old map[string]struct{}
}

const noncesKept = 50_000

// firstUse reports whether the nonce is new, and remembers it.
func (n *nonces) firstUse(nonce string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, now := n.now[nonce]
	_, before := n.old[nonce]
	if now || before {
		return false
	}
	if n.now == nil || len(n.now) >= noncesKept {
		n.now, n.old = map[string]struct{}{}, n.now
	}
	n.now[nonce] = struct{}{}
	return true
}
