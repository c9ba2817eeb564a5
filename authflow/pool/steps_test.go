package pool_test

import (
	"context"
	"errors"
	"slices"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/pool"
)

// get calls Get.
func (s *schedule) get(key string) {
	ctx, cancel := context.WithCancel(s.t.Context())
	g := &get{key: key, cancel: cancel}
	s.gets = append(s.gets, g)
	s.note("get %d: Get(%s)", len(s.gets)-1, key)
	go func() {
		f, err := s.pool.Get(ctx, key)
		s.mu.Lock()
		defer s.mu.Unlock()
		g.got = &result{f, err}
	}()
	synctest.Wait()
	if s.model.closed {
		want([]*get{g}, result{err: pool.ErrClosed})
		return
	}
	s.wait(key, g)
}

// complete lets a call of create return a flow, an error or a panic.
func (s *schedule) complete() {
	running := slices.Concat(s.model.calls, s.late)
	if len(running) == 0 {
		return
	}
	c := running[s.random.IntN(len(running))]
	var f *modelFlow
	r := result{err: errBroken}
	switch s.random.IntN(8) {
	case 0:
	case 1:
		r.err = errOops
	default:
		f = s.newFlow(c.key)
		r = result{flow: f.Flow}
		if s.random.IntN(4) == 0 {
			s.renew(f)
		}
	}
	s.note("create(%s) returns %v, %v", c.key, r.flow, r.err)
	c.result <- r
	synctest.Wait()
	isLate := slices.Contains(s.late, c)
	s.late = slices.DeleteFunc(s.late, func(l *call) bool { return l == c })
	s.model.calls = slices.DeleteFunc(s.model.calls, func(l *call) bool { return l == c })
	switch {
	case isLate && f != nil:
		s.model.owe(f)
		s.loggedOut(f)
	case isLate:
	case f != nil:
		s.model.arrive(f)
		want(c.waiting, r)
	default:
		s.model.failed++
		if c.isAbandoned {
			s.wait(c.key, c.waiting...)
		} else {
			want(c.waiting, r)
		}
	}
}

// leave ends the context of a caller of Get that waits.
func (s *schedule) leave() {
	for _, c := range s.model.calls {
		if len(c.waiting) == 0 {
			continue
		}
		g := c.waiting[s.random.IntN(len(c.waiting))]
		s.note("get %d: its context ends", slices.Index(s.gets, g))
		g.cancel()
		synctest.Wait()
		want([]*get{g}, result{err: context.Canceled})
		c.waiting = slices.DeleteFunc(c.waiting, func(w *get) bool { return w == g })
		c.isAbandoned = c.isAbandoned || len(c.waiting) == 0
		return
	}
}

// loggedOut notes that the pool has logged out a flow that is owed, and returns how
// many of its tokens are alive.
func (s *schedule) loggedOut(f *modelFlow) int {
	f.isClosed = true
	if !s.broken {
		f.expires = nil
	}
	n := f.alive()
	if n == 0 {
		s.model.owed = slices.DeleteFunc(s.model.owed, func(o *modelFlow) bool { return o == f })
	}
	return n
}

// discard notes that the results of calls of create are not used, and returns the
// callers that wait for them.
func (s *schedule) discard(isDiscarded func(*call) bool) (waiting []*get) {
	for _, c := range s.model.calls {
		if isDiscarded(c) {
			waiting = append(waiting, c.waiting...)
			s.late = append(s.late, c)
		}
	}
	s.model.calls = slices.DeleteFunc(s.model.calls, isDiscarded)
	return waiting
}

func (s *schedule) forget(key string) {
	s.note("Forget(%s)", key)
	err := s.pool.Forget(s.t.Context(), key)
	synctest.Wait()
	waiting := s.discard(func(c *call) bool { return c.key == key })
	isOfKey := func(f *modelFlow) bool { return f.key == key }
	for _, f := range s.model.flows {
		if isOfKey(f) {
			s.model.owe(f)
			s.model.forgotten++
		}
	}
	s.model.flows = slices.DeleteFunc(s.model.flows, isOfKey)
	alive, dropped := 0, 0
	var failed []*modelFlow
	for _, f := range slices.DeleteFunc(slices.Clone(s.model.owed), func(f *modelFlow) bool { return !isOfKey(f) }) {
		n := s.loggedOut(f)
		alive += n
		if n > 0 {
			failed = append(failed, f)
		}
	}
	for _, f := range failed {
		was := s.model.lost.now().flows
		if !s.model.closed {
			s.model.trim(f)
		}
		dropped += s.model.lost.now().flows - was
	}
	var got pool.ForgetError
	if e := (*pool.ForgetError)(nil); errors.As(err, &e) {
		got = *e
	}
	if (err == nil) != (alive == 0) || got.Credentials != alive || got.Dropped != dropped {
		s.fail("Forget(%s): %v, dropped %d, want %d alive, dropped %d", key, err, got.Dropped, alive, dropped)
	}
	s.wait(key, waiting...)
}

func (s *schedule) close() {
	s.note("Close")
	err := s.pool.Close(s.t.Context())
	synctest.Wait()
	s.model.closed = true
	want(s.discard(func(*call) bool { return true }), result{err: pool.ErrClosed})
	for _, f := range s.model.flows {
		s.model.owe(f)
	}
	s.model.flows = nil
	lost := s.model.lost.now()
	all, failed, alive := len(s.model.owed)+lost.flows, lost.flows, lost.credentials
	for _, f := range slices.Clone(s.model.owed) {
		n := s.loggedOut(f)
		alive += n
		if n > 0 {
			failed++
		}
	}
	var got pool.CloseError
	if e := (*pool.CloseError)(nil); errors.As(err, &e) {
		got = *e
	} else {
		all = 0
	}
	if (err == nil) != (failed == 0) || got.Failed != failed || got.Flows != all || got.Credentials != alive {
		s.fail("Close: %v, want %d of %d, %d alive", err, failed, all, alive)
	}
}

// endFlow lets the user of a flow close it or log it out. It may have been dropped.
func (s *schedule) endFlow() {
	if len(s.all) == 0 {
		return
	}
	f := s.all[s.random.IntN(len(s.all))]
	if s.random.IntN(2) == 0 {
		s.note("the user of %v closes it", f)
		_ = f.Close()
		f.isClosed = true
		return
	}
	s.note("the user of %v logs it out", f)
	_ = f.Logout(s.t.Context())
	f.isClosed = true
	if !s.broken {
		f.expires = nil
	}
}

// use acquires a token with a flow.
func (s *schedule) use() {
	if len(s.all) == 0 {
		return
	}
	f := s.all[s.random.IntN(len(s.all))]
	if !f.isClosed {
		s.renew(f)
		s.note("%v acquires a token", f)
	}
}

func (s *schedule) renew(f *modelFlow) {
	err := f.Renew(s.t.Context())
	if err != nil {
		s.fail("%v: %v", f, err)
	}
	f.expires = append(f.expires, time.Now().Add(modelLife))
}
