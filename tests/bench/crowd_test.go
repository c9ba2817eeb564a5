package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// bubble runs a scenario of many users for each library, in virtual time. A synctest
// bubble needs a *testing.T, so a scenario is a test that prints its results as a
// benchmark does.
//
// An application keeps a client for each user in a map, whatever the library: a map
// of token sources is what users of oauth2 write. The http.Client has a Timeout of
// 10 s, without which most libraries would wait for ever. ghinstallation is left
// out: it knows no users, and signs each call with RSA.
//
// No two goroutines use one client at the same time: a lock that is held over the
// network would stop the bubble's clock for ever.
func bubble(t *testing.T, scenario func(t *testing.T, p peers.Peer, server *fake.Server, s peers.Setup)) {
	t.Helper()
	for _, p := range peers.Renewing() {
		if p.Name == "ghinstallation" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			server := fake.New(300*time.Second, 50*time.Millisecond)
			scenario(t, p, server, setup(t, server, fake.InProcess, &http.Client{Transport: server, Timeout: 10 * time.Second}))
			time.Sleep(time.Minute) // fake clock; ends what nobody waits for any more
		})
	}
}

// clients returns a client for each of n users.
func clients(t *testing.T, p peers.Peer, s peers.Setup, name string, n int) []peers.Client {
	t.Helper()
	all := make([]peers.Client, n)
	for i := range all {
		s.Username = fmt.Sprintf("%s-%05d", name, i)
		all[i] = begin(t, p, s)
	}
	return all
}

// try is one request for a token, as its user saw it.
type try struct {
	began, ended time.Time
	ok           bool
}

// wait is how long the user waited.
func (t try) wait() time.Duration { return t.ended.Sub(t.began) }

// tries are noted by many users at once.
type tries struct {
	mu  sync.Mutex
	all []try
}

// once lets a user request a token, and reports whether there is one.
func (t *tries) once(ctx context.Context, c peers.Client, url string) bool {
	began := time.Now()
	err := c.Authorize(request(ctx, url))()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, try{began, time.Now(), err == nil})
	return err == nil
}

// untilServed lets a user request a token again and again, with a pause after each
// error, as people do who reload a page.
func (t *tries) untilServed(ctx context.Context, c peers.Client, url string, pause time.Duration) {
	for !t.once(ctx, c, url) {
		time.Sleep(pause) // fake clock
	}
}

// failed counts the tries that got no token.
func (t *tries) failed() (n int) {
	for _, try := range t.all {
		if !try.ok {
			n++
		}
	}
	return n
}

// metric is a value as benchmarks print it.
type metric struct {
	value float64
	unit  string
}

// result prints the result of a scenario as a benchmark does.
func result(benchmark, library string, metrics ...metric) {
	fmt.Printf("Benchmark%s/%s 1", benchmark, lib(library))
	for _, m := range metrics {
		fmt.Printf(" %g %s", m.value, m.unit)
	}
	fmt.Println()
}
