package tokenservice

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// errSuperseded is for a request that began before its user signed out. The application
// may decide otherwise when it is asked again.
var errSuperseded = errors.New("tokenservice: the user has signed out since the request began")

// errRepeated is for a token that was handed out before.
var errRepeated = errors.New("tokenservice: the cluster returned a token again that was handed out before")

// tokenRequest is one request of a browser.
type tokenRequest struct {
	service *Service
	number  uint64 // in the order of requests and sign-outs
	began   time.Time
	req     Request
	user    *user
	entry   *entry
	wait    time.Duration // for the cluster, so far
}

// token returns what the browser gets, and where it came from.
func (k *tokenRequest) token(ctx context.Context) (authflow.Token, Outcome, error) {
	s := k.service
	s.waiting.Add(1)
	defer func(began time.Time) {
		s.waiting.Add(-1)
		k.wait = time.Since(began)
	}(time.Now())
	k.entry = k.user.entryOf(k.req.sum, s.reuse > 0)
	if k.entry.turn != nil { // those behind get what the first one brings, or try themselves
		select {
		case k.entry.turn <- struct{}{}:
			defer func() { <-k.entry.turn }()
		case <-ctx.Done():
			return authflow.Token{}, Unavailable, context.Cause(ctx)
		}
		t, ok := k.kept(ctx, s.reuse, s.minLife)
		if ok {
			return t, Reused, nil
		}
	}
	t, err := k.issue(ctx)
	if err == nil {
		return t, Served, nil
	}
	o := outcomeOf(err)
	if s.isStaleAllowed && (o == Unavailable || o == Throttled) {
		t, ok := k.kept(ctx, math.MaxInt64, s.staleFor)
		if ok {
			return t, ServedStale, err
		}
	}
	return authflow.Token{}, o, err
}

// issue gets a token that nobody was given before, and hands it out.
func (k *tokenRequest) issue(ctx context.Context) (authflow.Token, error) {
	t, err := k.mint(ctx)
	if err != nil {
		return authflow.Token{}, err
	}
	least := k.service.minLife
	if !lives(t, least) {
		return authflow.Token{}, invalid("validity_time_in_sec", fmt.Sprintf("is too small: a new token lives %v, less than WithMinTTL, %v", time.Until(t.Deadline).Round(time.Second), least))
	}
	err = k.handOut(ctx, t)
	if errors.Is(err, errSuperseded) {
		k.service.revokeLater(k.user, t)
	}
	if err != nil {
		return authflow.Token{}, err
	}
	return t, nil
}

// mint requests a token. It leaves e-mail and display name out if they were sent a short
// time ago, and sends them once more if the user turns out to be gone.
func (k *tokenRequest) mint(ctx context.Context) (authflow.Token, error) {
	f, isShort, err := k.flow()
	if err != nil {
		return authflow.Token{}, err
	}
	t, err := f.Token(ctx, authflow.Exclusive())
	if isShort && maybeUnknownUser(err) {
		k.noteProfile(time.Time{})
		f, _, err = k.flow()
		if err != nil {
			return authflow.Token{}, err
		}
		isShort = false
		t, err = f.Token(ctx, authflow.Exclusive())
	}
	if err == nil && k.req.hasProfile && !isShort {
		k.noteProfile(time.Now().Add(profileLasts))
	}
	return t, err
}

// profileLasts is how long e-mail and display name are not sent again.
const profileLasts = 10 * time.Minute

// maybeUnknownUser reports whether err may be the response for a user whom the cluster
// does not know: servers were seen to respond with these.
func maybeUnknownUser(err error) bool {
	var e *authflow.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return false
}

// flow returns the Flow to request the token with, and whether it leaves e-mail and
// display name out.
func (k *tokenRequest) flow() (f *authflow.Flow, isShort bool, err error) {
	if k.isSuperseded() {
		return nil, false, errSuperseded
	}
	k.user.mu.Lock()
	defer k.user.mu.Unlock()
	e := k.entry
	isShort = time.Now().Before(e.shortTill)
	made := &e.flow
	if isShort {
		made = &e.short
	}
	if *made == nil {
		*made, err = k.req.flow(k.service.cluster, isShort)
	}
	return *made, isShort, err
}

// noteProfile notes until when e-mail and display name need not be sent.
func (k *tokenRequest) noteProfile(until time.Time) {
	k.user.mu.Lock()
	defer k.user.mu.Unlock()
	k.entry.shortTill = until
}

// isSuperseded reports whether the user has signed out here since the request began.
func (k *tokenRequest) isSuperseded() bool {
	return k.service.progress.isSuperseded(k.number, k.req.user)
}

// handOut notes that the browser gets a token, so that a sign-out ends it. The Store
// knows first: a sign-out at another replica finds the token there, or is found there.
func (k *tokenRequest) handOut(ctx context.Context, t authflow.Token) error {
	h := newHandedOut(t, &k.req)
	v := k.service.recordOf(k.req.user)
	if v != nil {
		err := changeRecord(ctx, v, func(r *record) error {
			switch {
			case r.isSignedOutSince(k.began):
				return errSuperseded
			case r.has(t.Value):
				return errRepeated
			}
			k.addUnrecorded(r)
			r.add(h)
			return nil
		})
		if errors.Is(err, errSuperseded) || errors.Is(err, errRepeated) {
			return err
		}
		h.isRecorded = err == nil // otherwise a later request records it
	}
	u := k.user
	u.mu.Lock()
	defer u.mu.Unlock()
	if k.isSuperseded() {
		return errSuperseded
	}
	if u.has(t.Value) {
		return errRepeated
	}
	if h.isRecorded {
		u.noteRecorded()
	}
	u.add(h)
	if k.service.reuse > 0 || k.service.isStaleAllowed {
		k.entry.last, k.entry.since = &t, h.at
	}
	return nil
}

// addUnrecorded adds the tokens to a record that could not be recorded before.
func (k *tokenRequest) addUnrecorded(r *record) {
	k.user.mu.Lock()
	defer k.user.mu.Unlock()
	now := time.Now()
	for _, h := range k.user.alive {
		if !h.isRecorded && h.isAlive(now) && !r.has(h.token) {
			r.add(h)
		}
	}
}

// noteRecorded notes that all tokens are recorded. The caller holds the lock.
func (u *user) noteRecorded() {
	for i := range u.alive {
		u.alive[i].isRecorded = true
	}
}

// kept returns the token that was handed out last, if it is not older than age and lives
// long enough, and if the user has not signed out since, at any replica.
func (k *tokenRequest) kept(ctx context.Context, age, life time.Duration) (authflow.Token, bool) {
	t, since := k.last(age, life)
	if t == nil {
		return authflow.Token{}, false
	}
	v := k.service.recordOf(k.req.user)
	if v != nil {
		r, err := loadRecord(ctx, v)
		if err == nil && (r.isSignedOutSince(since) || r.isSignedOutSince(k.began)) {
			return authflow.Token{}, false
		}
	}
	return *t, !k.isSuperseded()
}

func (k *tokenRequest) last(age, life time.Duration) (t *authflow.Token, since time.Time) {
	k.user.mu.Lock()
	defer k.user.mu.Unlock()
	t, since = k.entry.last, k.entry.since
	if t == nil || time.Since(since) > age || !lives(*t, life) {
		return nil, since
	}
	return t, since
}

// lives reports whether a token may still be used for d.
func lives(t authflow.Token, d time.Duration) bool {
	return t.Deadline.IsZero() || time.Until(t.Deadline) >= max(d, 1)
}

// outcomeOf returns what a failure means for the browser.
func outcomeOf(err error) Outcome {
	var e *authflow.Error
	switch {
	case errors.Is(err, errSuperseded), errors.Is(err, authflow.ErrClosed):
		return Superseded
	case errors.Is(err, errStore):
		return Unavailable
	case errors.Is(err, authflow.ErrInvalid), !errors.As(err, &e):
		return InternalError
	case errors.Is(err, authflow.ErrRateLimited):
		return Throttled
	case e.Retryable():
		return Unavailable
	}
	return Refused
}
