package tokenservice

import (
	"context"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// recording is a token that is about to be handed out and waits to be recorded in the
// Store.
type recording struct {
	token handedOut
	began time.Time // of its request

	// The goroutine that changes the record owns these until done is closed.
	isTried bool  // the Store may have it
	err     error // errSuperseded or errRepeated: it is not to be handed out
	done    chan struct{}
}

// record records a token. It returns an error if the token must not be handed out. One
// change of the record of a user is in progress at a time and carries the tokens of all
// requests that wait, so that a crowd of tabs costs a distant Store a few changes. If the
// Store does not respond within two seconds, the token is recorded later.
func (s *Service) record(u *user, h *handedOut, began time.Time) error {
	v := s.recordOf(u.name)
	if v == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordTime)
	defer cancel()
	r := &recording{token: *h, began: began, done: make(chan struct{})}
	u.mu.Lock()
	u.waiting = append(u.waiting, r)
	u.mu.Unlock()
	select {
	case <-r.done:
	case u.recordTurn <- struct{}{}:
		s.recordAll(ctx, u, v)
		<-u.recordTurn
	case <-ctx.Done():
	}
	select {
	case <-r.done:
		h.isRecorded = r.token.isRecorded
		return r.err
	default: // nobody had the time; it is recorded with the next one
		u.mu.Lock()
		defer u.mu.Unlock()
		u.waiting = slices.DeleteFunc(u.waiting, func(other *recording) bool { return other == r })
		return nil
	}
}

// recordAll records the tokens that wait, and those that could not be recorded before.
// The caller holds the turn.
func (s *Service) recordAll(ctx context.Context, u *user, v *authflow.SharedValue) {
	u.mu.Lock()
	batch := u.waiting
	u.waiting = nil
	u.mu.Unlock()
	var rest, ended []gen.Secret
	err := changeRecord(ctx, v, func(r *record) error {
		for _, w := range batch {
			w.addTo(r)
		}
		rest, ended = u.addUnrecorded(r)
		return nil
	})
	if err == nil {
		u.noteRecorded(rest)
		s.retries.recorded(s.users, u)
	}
	for _, w := range batch {
		w.token.isRecorded = err == nil
		close(w.done)
	}
	if len(ended) > 0 { // the user has signed out at another replica since they were handed out
		u.noteEnding(ended)
		s.inBackground(u, func(ctx context.Context) { _ = s.revokeEnding(ctx, u) })
	}
}

// addTo adds the token to a record, unless it must not be handed out.
func (w *recording) addTo(r *record) {
	w.err = nil
	isRepeated := r.has(w.token.token) && !w.isTried
	r.remove([]gen.Secret{w.token.token})
	if r.isSignedOutSince(w.began) {
		w.err = errSuperseded // the token is revoked
		return
	}
	r.add(w.token)
	if isRepeated {
		w.err = errRepeated
		return
	}
	w.isTried = true
}

// recordRest records the tokens that could not be recorded before.
func (s *Service) recordRest(ctx context.Context, u *user) {
	v := s.recordOf(u.name)
	select {
	case u.recordTurn <- struct{}{}:
		s.recordAll(ctx, u, v)
		<-u.recordTurn
	case <-ctx.Done():
	}
	u.mu.Lock()
	isOwed := u.hasUnrecorded()
	u.mu.Unlock()
	if isOwed {
		s.retries.add(s.users, u, owed{recording: true})
	} else {
		s.retries.recorded(s.users, u)
	}
}

// hasUnrecorded reports whether tokens are still to be recorded. Tokens that are to be
// ended are not. The caller holds the lock.
func (u *user) hasUnrecorded() bool {
	now := time.Now()
	return slices.ContainsFunc(u.alive, func(h handedOut) bool { return !h.isRecorded && !h.isEnding && h.isAlive(now) })
}

// addUnrecorded adds to a record the tokens that could not be recorded before, and
// returns them. Tokens from before a sign-out at another replica are not added; ended
// has them.
func (u *user) addUnrecorded(r *record) (added, ended []gen.Secret) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	for _, h := range u.alive {
		switch {
		case h.isRecorded || h.isEnding || !h.isAlive(now):
		case r.isSignedOutSince(h.at):
			ended = append(ended, h.token)
		default:
			r.remove([]gen.Secret{h.token})
			r.add(h)
			added = append(added, h.token)
		}
	}
	return added, ended
}

// noteRecorded notes that tokens are recorded.
func (u *user) noteRecorded(tokens []gen.Secret) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range u.alive {
		h := &u.alive[i]
		h.isRecorded = h.isRecorded || slices.Contains(tokens, h.token)
	}
}

// noteEnding notes that tokens are to be ended.
func (u *user) noteEnding(tokens []gen.Secret) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range u.alive {
		h := &u.alive[i]
		h.isEnding = h.isEnding || slices.Contains(tokens, h.token)
	}
}
