package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// fakeURL is the address of a server that is a function of the test. It is for
// tests of behaviour that the simulator does not have.
const fakeURL = "https://ts.example"

// mixedKey has letters of both cases, in an order that appears nowhere else.
const mixedKey = "Key-ABCdef-42"

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// reply returns a response with headers in pairs.
func reply(r *http.Request, status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

// fresh responds to a token request with a token for 300 seconds.
func fresh(r *http.Request, value string) *http.Response {
	return reply(r, 200, fmt.Sprintf(`{"token":%q,"creation_time_in_millis":1000000000000,"expiration_time_in_millis":1000000300000}`, value))
}

// minting reports whether r requests a token of full access.
func minting(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/token/full") }

// fakeCluster returns a Cluster whose server is base.
func fakeCluster(tb testing.TB, base roundTrip, opts ...authflow.Option) *authflow.Cluster {
	tb.Helper()
	c, err := authflow.New(fakeURL, append([]authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: base})}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// on returns a Flow of full access for ann, on a Cluster of its own whose server
// is base.
func on(tb testing.TB, base roundTrip, opts ...authflow.Option) *authflow.Flow {
	tb.Helper()
	return fullAccess(tb, fakeCluster(tb, base, opts...), 0)
}

// request returns a GET request of url.
func request(tb testing.TB, url string) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// silent returns a Cluster to which no request may be sent.
func silent(t *testing.T, opts ...authflow.Option) (*authflow.Cluster, error) {
	t.Helper()
	return authflow.New("https://acme.thoughtspot.cloud", append([]authflow.Option{
		authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			t.Errorf("a request was sent: %s %s", r.Method, r.URL)
			return nil, errors.New("sent")
		})}),
	}, opts...)...)
}

// once is a policy of one attempt, which needs no clock.
var once = authflow.WithPolicy(authflow.Policy{MaxAttempts: 1})

func ptr[T any](v T) *T { return &v }

// mint is a source of tokens under the control of the test. Its lock guards what
// the goroutines of the Flow and the test share.
type mint struct {
	mu       sync.Mutex
	calls    []time.Time
	lifetime time.Duration
	latency  time.Duration
	fail     error
	open     chan struct{} // if not nil, calls wait until it is closed
}

func (m *mint) token(ctx context.Context) (authflow.Token, error) {
	m.mu.Lock()
	sent := time.Now()
	m.calls = append(m.calls, sent)
	n, lifetime, latency, open := len(m.calls), m.lifetime, m.latency, m.open
	m.mu.Unlock()
	if open != nil {
		select {
		case <-open:
		case <-ctx.Done():
			return authflow.Token{}, ctx.Err()
		}
	}
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return authflow.Token{}, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return authflow.Token{}, m.fail
	}
	return authflow.Token{Value: gen.Secret(fmt.Sprintf("token-%d", n)), Created: sent, Expires: sent.Add(lifetime)}, nil
}

func (m *mint) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *mint) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.calls)
}

// flow returns a Flow on the tokens of m.
func (m *mint) flow(t *testing.T, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	c, err := authflow.New(fakeURL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.TokensFrom(m.token)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// carried returns the token that a request carries after Edit.
func carried(ctx context.Context, f *authflow.Flow) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.Server()+"/api/rest/2.0/metadata/search", nil)
	if err != nil {
		return "", err
	}
	err = f.Edit(ctx, req)
	return strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "), err
}

func mustCarry(t *testing.T, f *authflow.Flow) string {
	t.Helper()
	v, err := carried(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustToken(t *testing.T, f *authflow.Flow, opts ...authflow.TokenOption) authflow.Token {
	t.Helper()
	token, err := f.Token(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// accepts reports whether the server still accepts a token.
func accepts(t *testing.T, sim *authtest.Simulator, token authflow.Token) bool {
	t.Helper()
	req := request(t, sim.URL+"/api/rest/2.0/metadata/search")
	req.Header.Set("Authorization", "Bearer "+string(token.Value))
	resp, err := sim.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// acquisitions are the calls that make a Flow acquire a token.
func acquisitions() map[string]func(context.Context, *authflow.Flow) error {
	return map[string]func(context.Context, *authflow.Flow) error{
		"Token": func(ctx context.Context, f *authflow.Flow) error { _, err := f.Token(ctx); return err },
		"Exclusive": func(ctx context.Context, f *authflow.Flow) error {
			_, err := f.Token(ctx, authflow.Exclusive())
			return err
		},
		"Edit":  func(ctx context.Context, f *authflow.Flow) error { _, err := carried(ctx, f); return err },
		"Do":    func(ctx context.Context, f *authflow.Flow) error { _, err := get(ctx, f); return err },
		"Renew": func(ctx context.Context, f *authflow.Flow) error { return f.Renew(ctx) },
	}
}

// events collects the events that an observer receives.
type events struct {
	mu   sync.Mutex
	list []authflow.Event
}

func (e *events) observe(ev authflow.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, ev)
}

func (e *events) take() []authflow.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list
	e.list = nil
	return list
}

// fullAccess returns a Flow of full access for ann, with the validity in seconds
// that it requests, or 0.
func fullAccess(tb testing.TB, c *authflow.Cluster, validity int32) *authflow.Flow {
	tb.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey, ValidityTimeInSec: validity})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// sharedStore is a Store in memory that several processes share, with their rate.
type sharedStore struct {
	storetest.Memory
	storetest.MemoryLimiter
}

// storeView is a Store as one process sees it. Each operation first calls before with
// its name; an error of before is the result of the operation. A successful operation
// then calls after, whose error is the result, too: its response was lost.
type storeView struct {
	*sharedStore
	before, after func(ctx context.Context, op string) error
	unlocks       func(unlock func()) func() // what Lock returns in place of unlock
}

// tokensOnly is a Store that does not share the rate.
type tokensOnly struct{ authflow.Store }

// operate runs an operation between before and after.
func (v *storeView) operate(ctx context.Context, op string, call func() error) error {
	if v.before != nil {
		if err := v.before(ctx, op); err != nil {
			return err
		}
	}
	err := call()
	if err == nil && v.after != nil {
		err = v.after(ctx, op)
	}
	return err
}

func (v *storeView) Load(ctx context.Context, name string) (value []byte, left time.Duration, err error) {
	err = v.operate(ctx, "Load", func() (err error) {
		value, left, err = v.sharedStore.Load(ctx, name)
		return err
	})
	return value, left, err
}

func (v *storeView) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	return v.operate(ctx, "Save", func() error { return v.sharedStore.Save(ctx, name, value, ttl) })
}

func (v *storeView) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	return v.operate(ctx, "Swap", func() error { return v.sharedStore.Swap(ctx, name, old, value, ttl) })
}

func (v *storeView) Delete(ctx context.Context, name string, value []byte) error {
	return v.operate(ctx, "Delete", func() error { return v.sharedStore.Delete(ctx, name, value) })
}

func (v *storeView) Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error) {
	err = v.operate(ctx, "Lock", func() (err error) {
		unlock, err = v.sharedStore.Lock(ctx, name, limit)
		return err
	})
	if err == nil && v.unlocks != nil {
		unlock = v.unlocks(unlock)
	}
	return unlock, err
}

func (v *storeView) Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (wait time.Duration, err error) {
	err = v.operate(ctx, "Reserve", func() (err error) {
		wait, err = v.sharedStore.Reserve(ctx, name, n, perSecond, burst)
		return err
	})
	return wait, err
}

// distance returns a before of a Store that is so far away: each operation takes d.
func distance(d time.Duration) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var (
	oneKey   = make([]byte, 32)
	otherKey = append(make([]byte, 31), 1)
)

const admin = authtest.DefaultUsername

// replica returns the Flow of a user in a process of its own, with the secret key.
func replica(t *testing.T, sim *authtest.Simulator, s authflow.Store, user string, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	return userNamed(t, process(t, sim, s, append([]authflow.Option{authflow.WithSecretKey(authtest.DefaultSecretKey)}, opts...)...), user)
}

// process returns a Cluster in a process of its own that shares a Store.
func process(t *testing.T, sim *authtest.Simulator, s authflow.Store, opts ...authflow.Option) *authflow.Cluster {
	t.Helper()
	return clusterOf(t, sim, append([]authflow.Option{authflow.WithStore(s, oneKey)}, opts...)...)
}

// byPassword returns a Flow of full access with a password.
func byPassword(t *testing.T, c *authflow.Cluster, user string, password gen.Secret) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// of returns the events of a kind.
func (e *events) of(kind authflow.EventKind) (found []authflow.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.list {
		if event.Kind == kind {
			found = append(found, event)
		}
	}
	return found
}

// countingStore counts the operations of a Store.
type countingStore struct {
	storeView
	operations atomic.Int64
}

// counting returns a Store that counts its operations.
func counting() *countingStore {
	s := &countingStore{storeView: storeView{sharedStore: &sharedStore{}}}
	s.before = func(context.Context, string) error {
		s.operations.Add(1)
		return nil
	}
	return s
}
