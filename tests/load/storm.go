package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// result is what a load has met.
type result struct {
	pages   int         // that requested a token
	without int         // that got none
	answers map[int]int // how often each status was answered
	broken  int         // connections that failed
	twice   int         // tokens that were given to a second page
	last    time.Duration

	waits, slow, crowded waits // of the pages that got one, by kind of user

	mints, refusedByCluster int
	memory                  int64
	processor               time.Duration
}

// waits is how long pages waited for their token, sorted.
type waits []time.Duration

// at returns the wait that a part p of them did not exceed.
func (w waits) at(p float64) time.Duration {
	if len(w) == 0 {
		return 0
	}
	return w[min(int(p*float64(len(w))), len(w)-1)]
}

// How many users there are for each slow one, and for each one with many tabs.
const (
	slowEvery    = 100
	crowdedEvery = 1000
	tabs         = 30
)

// storm lets the users come, and returns when each has a token, or gave up.
func (l load) storm(ctx context.Context, addr string) *result {
	s := &storm{load: l, addr: addr, result: &result{answers: make(map[int]int)}, tokens: make(map[string]bool)}
	began := time.Now()
	var all sync.WaitGroup
	for i := range l.users {
		if !rest(ctx, time.Until(began.Add(l.over*time.Duration(i)/time.Duration(l.users)))) {
			break
		}
		name, kind, pages, kept := fmt.Sprintf("user-%d", i), fast, 1, &s.waits
		switch {
		case i%slowEvery == slowEvery/2:
			kind, kept = []pageKind{slowSender, slowReader}[i/slowEvery%2], &s.slow
		case i%crowdedEvery == crowdedEvery/20+1:
			pages, kept = tabs, &s.crowded
		}
		for range pages {
			all.Go(func() { s.visit(ctx, name, kind, kept) })
		}
	}
	all.Wait()
	s.last = time.Since(began)
	for _, w := range []waits{s.waits, s.slow, s.crowded} {
		slices.Sort(w)
	}
	return s.result
}

type storm struct {
	load
	addr string

	mu sync.Mutex
	*result
	tokens map[string]bool
}

// visit is a page that wants a token, and keeps how long it waited.
func (s *storm) visit(ctx context.Context, user string, kind pageKind, kept *waits) {
	began := time.Now()
	s.mu.Lock()
	s.pages++
	s.mu.Unlock()
	for {
		a, err := ask(ctx, s.addr, user, kind)
		s.mu.Lock()
		switch {
		case err != nil:
			s.broken++
		case a.status == http.StatusOK:
			s.answers[a.status]++
			*kept = append(*kept, time.Since(began))
			if s.tokens[a.token] {
				s.twice++
			}
			s.tokens[a.token] = true
			s.mu.Unlock()
			return
		default:
			s.answers[a.status]++
		}
		if a.retry == 0 && s.reload > 0 { // people are not all of a beat
			a.retry = s.reload/2 + rand.N(s.reload)
		}
		gone := a.retry == 0 || ctx.Err() != nil
		if gone {
			s.without++
		}
		s.mu.Unlock()
		if gone {
			return
		}
		rest(ctx, a.retry)
	}
}

// rest waits for d, and reports that ctx has not ended.
func rest(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
