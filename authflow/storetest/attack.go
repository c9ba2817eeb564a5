package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// attacker is a Store in the hands of a person who can read and write it but has
// no key. Before an operation it may copy a value to another name, rename, delete
// or damage one, or bring an old one back.
type attacker struct {
	authflow.Store

	mu    sync.Mutex
	rng   *rand.Rand
	names []string
	seen  map[string][][]byte // every value that was stored under a name
}

// record remembers a value that authflow stores.
func (a *attacker) record(name string, value []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen[name] == nil {
		a.names = append(a.names, name)
	}
	a.seen[name] = append(a.seen[name], bytes.Clone(value))
}

// attack does one thing at random, or nothing. An attacker who gets an error does
// no harm with it.
func (a *attacker) attack(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.names) == 0 {
		return
	}
	from, to := a.names[a.rng.IntN(len(a.names))], a.names[a.rng.IntN(len(a.names))]
	values := a.seen[from]
	last, old := values[len(values)-1], values[a.rng.IntN(len(values))]
	ttl := time.Duration(1+a.rng.IntN(300)) * time.Second
	switch a.rng.IntN(8) {
	case 0: // copy
		_ = a.Store.Save(ctx, to, last, ttl)
	case 1: // rename
		_ = a.Store.Save(ctx, to, last, ttl)
		_ = a.Store.Delete(ctx, from, last)
	case 2: // delete
		_ = a.Store.Delete(ctx, from, last)
	case 3, 4: // replay
		_ = a.Store.Save(ctx, from, old, ttl)
	case 5: // damage
		damaged := bytes.Clone(last)
		damaged[a.rng.IntN(len(damaged))] ^= 1
		_ = a.Store.Save(ctx, from, damaged, ttl)
	}
}

// Load implements authflow.Store.
func (a *attacker) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	a.attack(ctx)
	return a.Store.Load(ctx, name)
}

// Save implements authflow.Store.
func (a *attacker) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	a.record(name, value)
	err := a.Store.Save(ctx, name, value, ttl)
	a.attack(ctx)
	return err
}

// Swap implements authflow.Store.
func (a *attacker) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	a.attack(ctx)
	err := a.Store.Swap(ctx, name, old, value, ttl)
	if err == nil {
		a.record(name, value)
	}
	return err
}

// Delete implements authflow.Store.
func (a *attacker) Delete(ctx context.Context, name string, value []byte) error {
	a.attack(ctx)
	return a.Store.Delete(ctx, name, value)
}

// victim is a process of one user that uses the attacker's Store.
type victim struct {
	user string
	flow *authflow.Flow

	base     http.RoundTripper
	mu       sync.Mutex
	rejected map[string]bool // tokens that the server rejected, as Authorization headers
	used     []string        // tokens in the order in which they came into use
	reused   int             // how often a rejected token came back into use too soon
}

// remembered is how many of its latest tokens a Flow recognizes when the Store
// returns them again.
const remembered = 6

// RoundTrip implements http.RoundTripper. It notes which tokens are sent and rejected.
func (v *victim) RoundTrip(req *http.Request) (*http.Response, error) {
	header := req.Header.Get("Authorization")
	if header != "" {
		v.use(header)
	}
	resp, err := v.base.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		v.mu.Lock()
		v.rejected[header] = true
		v.mu.Unlock()
	}
	return resp, err
}

// use notes a token that is in use. A rejected token may stay in use during the
// back-off after that. Once it was replaced, it must not come back before as many
// other tokens have come and gone as a Flow remembers.
func (v *victim) use(header string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	last := len(v.used) - 1
	if last >= 0 && v.used[last] == header {
		return
	}
	recent := v.used[max(0, len(v.used)-1-remembered):]
	if v.rejected[header] && slices.Contains(recent, header) {
		v.reused++
	}
	v.used = append(v.used, header)
}

func (v *victim) timesReused() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.reused
}

// siege is the victims, an attacker between them and the Store under test, and a
// server.
type siege struct {
	*fleet
	rng     *rand.Rand
	victims []*victim
}

func newSiege(s *subject, seed uint64) *siege {
	s.Helper()
	g := &siege{fleet: newFleet(s), rng: rand.New(rand.NewPCG(seed, 1))}
	store := &attacker{Store: s.Store, rng: rand.New(rand.NewPCG(seed, 2)), seen: make(map[string][][]byte)}
	for _, user := range []string{"ann", "ann", "bob", "bob"} {
		v := &victim{user: user, base: g.sim.Transport(), rejected: make(map[string]bool)}
		c, err := authflow.New(g.sim.URL, authflow.WithHTTPClient(&http.Client{Transport: v}),
			authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithStore(store, g.key))
		if err != nil {
			s.Fatal(err)
		}
		v.flow, err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
		if err != nil {
			s.Fatal(err)
		}
		g.victims = append(g.victims, v)
	}
	return g
}

// seedVar names the environment variable that repeats a random schedule.
const seedVar = "STORETEST_SEED"

// seed returns the seed of a random schedule and logs it.
func seed(s *subject) uint64 {
	s.Helper()
	n := rand.Uint64()
	if given, err := strconv.ParseUint(os.Getenv(seedVar), 10, 64); err == nil {
		n = given
	}
	s.Logf("%s=%d repeats this schedule", seedVar, n)
	return n
}

func attacked(s *subject) { newSiege(s, seed(s)).run(120, func() {}) }

// run lets the victims work for some steps, while the server revokes all tokens
// now and then. pause is called between the steps.
func (g *siege) run(steps int, pause func()) {
	g.Helper()
	for range steps {
		pause()
		v := g.victims[g.rng.IntN(len(g.victims))]
		switch g.rng.IntN(5) {
		case 0:
			g.sim.RevokeAll()
		case 1, 2:
			g.checkToken(v)
		default:
			g.checkRequest(v)
		}
	}
	for _, v := range g.victims {
		g.checkToken(v)
		if n := v.timesReused(); n > 0 {
			g.Errorf("a process of %s went back %d times to a token that the server had rejected", v.user, n)
		}
	}
}

// checkToken asks a victim's Flow for its token.
func (g *siege) checkToken(v *victim) {
	g.Helper()
	token := g.token(v.flow)
	if token.Username != v.user {
		g.Errorf("%s was given the token of %s", v.user, token.Username)
	}
	v.use("Bearer " + string(token.Value))
}

// checkRequest makes a request. It may meet a 401, because a token that the
// attacker brought back may have been revoked, but never another user.
func (g *siege) checkRequest(v *victim) {
	g.Helper()
	req, err := http.NewRequestWithContext(g.within(2*g.patience), http.MethodGet, g.sim.URL+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		g.Fatal(err)
	}
	resp, err := v.flow.Do(req)
	if err != nil {
		g.Errorf("a request of %s: %v", v.user, err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusUnauthorized {
		return
	}
	var user struct{ Name string }
	if err == nil {
		err = json.Unmarshal(body, &user)
	}
	if err != nil || resp.StatusCode != http.StatusOK || user.Name != v.user {
		g.Errorf("a request of %s: status %d as user %q, %v", v.user, resp.StatusCode, user.Name, err)
	}
}
