package authflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// arrival is one call as a shard server saw it.
type arrival struct {
	op, user, secret string
	at               time.Duration
	status           int // of the response; 0 if there was none
}

// behavior is what a shard server does with a call.
type behavior struct {
	status  int // 0 means 200
	takes   time.Duration
	swallow bool // never respond
	headers []string
}

// shards is a server of which each call may behave differently.
type shards struct {
	began   time.Time
	respond func(s *shards, c arrival) behavior

	mu       sync.Mutex
	arrivals []arrival
	alive    map[string]bool
	tokens   int
	validity time.Duration
}

func newShards(respond func(s *shards, c arrival) behavior) *shards {
	return &shards{began: time.Now(), respond: respond, alive: map[string]bool{}, validity: 300 * time.Second}
}

func (s *shards) now() time.Duration { return time.Since(s.began) }

func (s *shards) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	var in struct {
		Username, Password, Token string
		SecretKey                 string `json:"secret_key"`
		UserIdentifier            string `json:"user_identifier"`
	}
	_ = json.Unmarshal(body, &in)
	c := arrival{op: r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], user: in.Username + in.UserIdentifier, secret: in.Password + in.SecretKey, at: s.now()}
	s.mu.Lock()
	b := s.respond(s, c)
	if b.status == 0 && !b.swallow {
		b.status = 200
	}
	c.status = b.status
	s.arrivals = append(s.arrivals, c)
	if c.op == "revoke" && b.status == 200 {
		delete(s.alive, in.Token)
	}
	s.mu.Unlock()
	if b.swallow {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if b.takes > 0 {
		select {
		case <-time.After(b.takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if b.status != 200 {
		return reply(r, b.status, `{"error":{"message":{"code":10002}}}`, b.headers...), nil
	}
	if c.op == "revoke" {
		return reply(r, 204, ""), nil
	}
	s.mu.Lock()
	s.tokens++
	token := fmt.Sprintf("token-%d-of-%s", s.tokens, c.user)
	s.alive[token] = true
	life := s.validity
	s.mu.Unlock()
	return reply(r, 200, fmt.Sprintf(`{"token":%q,"creation_time_in_millis":1000000000000,"expiration_time_in_millis":%d,"valid_for_username":%q}`,
		token, 1000000000000+life.Milliseconds(), c.user)), nil
}

func shardCluster(t testing.TB, s *shards, opts ...authflow.Option) *authflow.Cluster {
	c, err := authflow.New(fakeURL, append([]authflow.Option{
		authflow.WithHTTPClient(&http.Client{Transport: s}), authflow.WithSecretKey("the-secret-key"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func keyFlow(t testing.TB, c *authflow.Cluster, user string) *authflow.Flow {
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func passwordFlow(t testing.TB, c *authflow.Cluster, user, password string) *authflow.Flow {
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user, Password: gen.Secret(password)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const fastCall = 50 * time.Millisecond

// inAttack runs f in a bubble and waits until what it began is over.
func inAttack(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t)
		time.Sleep(10 * time.Minute) // fake clock
	})
}

// outcomeOf is what a caller met.
type outcomeOf struct {
	user        string
	began, took time.Duration
	ahead       time.Duration // the queue before it, at the rate
	err         error
}

func isGood(o outcomeOf) bool { return o.user[0] == 'g' }

type callers struct {
	s    *shards
	rate float64
	mu   sync.Mutex
	all  []outcomeOf
	wait sync.WaitGroup
}

func (c *callers) ask(cluster *authflow.Cluster, f *authflow.Flow, user string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := c.s.now()
	var ahead time.Duration
	if cluster != nil {
		q := cluster.Stats().Queue
		ahead = time.Duration(float64(q.Callers.Length) / c.rate * float64(time.Second))
	}
	_, err := f.Token(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, outcomeOf{user, began, c.s.now() - began, ahead, err})
	return err
}

// check fails the test if a caller that matches failed or waited longer than most,
// beyond the queue before it.
func (c *callers) check(t *testing.T, what string, most time.Duration, is func(outcomeOf) bool) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var longest time.Duration
	n, failed := 0, 0
	var last error
	for _, o := range c.all {
		if !is(o) {
			continue
		}
		n++
		longest = max(longest, o.took-o.ahead)
		if o.err != nil {
			failed, last = failed+1, o.err
		}
	}
	if n == 0 || failed > 0 || longest > most {
		t.Errorf("%s: %d of %d failed, the longest wait is %v: %v", what, failed, n, longest, last)
	}
}
