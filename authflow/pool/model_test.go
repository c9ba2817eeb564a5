package pool_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The pool of a schedule.
const (
	modelMax  = 3
	modelOwed = 4
	modelIdle = time.Minute
	modelLife = 10 * time.Minute // of a token
)

// model says in plain Go what a pool has to do. It is compared with the pool after
// every step of a schedule, when nothing moves any more.
type model struct {
	flows  []*modelFlow // the least recently used first
	calls  []*call      // of create that are running and whose result is used
	owed   []*modelFlow
	lost   lost
	closed bool

	created, failed, dropped, forgotten, replaced uint64
}

// lost counts the flows that did not fit, as they were then.
type lost struct {
	flows, credentials int
	until              time.Time
}

// now returns what of it is alive: all or nothing.
func (l lost) now() lost {
	if !time.Now().Before(l.until) {
		return lost{}
	}
	return l
}

// modelFlow is a flow that create returned.
type modelFlow struct {
	*authflow.Flow
	key      string
	used     time.Time
	isClosed bool
	expires  []time.Time // of its tokens that are alive at the server
}

// call is a call of create.
type call struct {
	key         string
	ctx         context.Context
	result      chan result
	waiting     []*get
	isAbandoned bool
}

// get is a call of Get.
type get struct {
	key    string
	cancel context.CancelFunc
	got    *result // or nil while it waits
	want   *result // or nil while it has to wait
}

// find returns the flow of a key that Get has to return, or nil.
func (m *model) find(key string) *modelFlow {
	now := time.Now()
	m.dropIdle(now)
	i := slices.IndexFunc(m.flows, func(f *modelFlow) bool { return f.key == key })
	if i < 0 {
		return nil
	}
	f := m.flows[i]
	m.flows = slices.Delete(m.flows, i, i+1)
	if f.isClosed {
		m.replaced++
		m.owe(f)
		m.trim(f)
		return nil
	}
	f.used = now
	m.flows = append(m.flows, f)
	return f
}

func (m *model) dropIdle(now time.Time) {
	for !m.closed && len(m.flows) > 0 && now.Sub(m.flows[0].used) >= modelIdle {
		m.flows = m.flows[1:]
		m.dropped++
	}
}

// arrive keeps the flow of a call of create that is not discarded.
func (m *model) arrive(f *modelFlow) {
	m.created++
	f.used = time.Now()
	m.flows = append(m.flows, f)
	if len(m.flows) > modelMax {
		m.flows = m.flows[1:]
		m.dropped++
	}
}

func (m *model) owe(f *modelFlow) { m.owed = append(m.owed, f) }

// trim keeps the bound of the debts.
func (m *model) trim(f *modelFlow) {
	if len(m.owed) > modelOwed {
		m.owed = slices.DeleteFunc(m.owed, func(f *modelFlow) bool { return f.alive() == 0 })
	}
	i := slices.Index(m.owed, f)
	if len(m.owed) > modelOwed && i >= 0 {
		m.owed = slices.Delete(m.owed, i, i+1)
		n, until := f.Outstanding()
		m.lost = m.lost.now()
		m.lost.flows++
		m.lost.credentials += n
		if until.After(m.lost.until) {
			m.lost.until = until
		}
	}
}

// alive returns how many tokens of a flow the server accepts.
func (f *modelFlow) alive() (n int) {
	for _, end := range f.expires {
		if time.Now().Before(end) {
			n++
		}
	}
	return n
}

// schedule is a pool, its model, and the world around them.
type schedule struct {
	t       *testing.T
	random  *rand.Rand
	pool    *pool.Pool[string]
	cluster *authflow.Cluster
	model   model
	log     []string

	mu      sync.Mutex // guards what the pool calls
	started []*call
	broken  bool           // the server revokes nothing
	tokens  map[string]int // alive at the server, by user; expired ones included
	issued  int
	all     []*modelFlow
	gets    []*get
	late    []*call // calls of create whose result is discarded
}

var userName = regexp.MustCompile(`flow-[0-9]+`)

// server issues tokens and revokes them.
func (s *schedule) server(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	name := userName.FindString(string(body))
	status, text := http.StatusNoContent, ""
	switch {
	case strings.HasSuffix(r.URL.Path, "/revoke") && s.broken:
		status, text = http.StatusForbidden, `{}`
	case strings.HasSuffix(r.URL.Path, "/revoke"):
		s.tokens[name]--
	default:
		s.tokens[name]++
		s.issued++
		now := time.Now().UnixMilli()
		status, text = http.StatusOK, fmt.Sprintf(`{"token":"tok-%s-%d","creation_time_in_millis":%d,"expiration_time_in_millis":%d,"valid_for_username":%q}`,
			name, s.issued, now, now+modelLife.Milliseconds(), name)
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// create waits for its result, and does not look at its context.
func (s *schedule) create(ctx context.Context, key string) (*authflow.Flow, error) {
	c := &call{key: key, ctx: ctx, result: make(chan result)}
	s.mu.Lock()
	s.started = append(s.started, c)
	s.mu.Unlock()
	r := <-c.result
	if errors.Is(r.err, errOops) {
		panic("oops")
	}
	return r.flow, r.err
}

var errOops = errors.New("oops")

// newFlow returns a flow of its own.
func (s *schedule) newFlow(key string) *modelFlow {
	f, err := s.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: fmt.Sprint("flow-", len(s.all))})
	if err != nil {
		s.t.Fatal(err)
	}
	m := &modelFlow{Flow: f, key: key}
	s.all = append(s.all, m)
	return m
}

// begin notes in the model the calls of create that have begun, which must be those
// of the keys.
func (s *schedule) begin(keys ...string) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var got []string
	for _, c := range s.started {
		got = append(got, c.key)
	}
	if !slices.Equal(got, keys) {
		s.fail("create was called for %v, want %v", got, keys)
	}
	s.model.calls = append(s.model.calls, s.started...)
	s.started = nil
}

func (s *schedule) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s\nafter:\n%s", fmt.Sprintf(format, args...), strings.Join(s.log, "\n"))
}

// callOf returns the call of create that callers of Get for a key wait for.
func (s *schedule) callOf(key string) *call {
	for _, c := range s.model.calls {
		if c.key == key {
			return c
		}
	}
	return nil
}

// want lets gets have a result.
func want(gets []*get, r result) {
	for _, g := range gets {
		g.want = &r
	}
}

// wait lets gets wait for a creation.
func (s *schedule) wait(key string, gets ...*get) {
	if len(gets) == 0 {
		return
	}
	f := s.model.find(key)
	if f != nil {
		want(gets, result{flow: f.Flow})
		return
	}
	c := s.callOf(key)
	if c == nil {
		s.begin(key)
		c = s.callOf(key)
	}
	c.waiting = append(c.waiting, gets...)
}
