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
// may decide otherwise about the next request.
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

// token returns the token for the browser, and the outcome.
func (tr *tokenRequest) token(ctx context.Context) (authflow.Token, Outcome, error) {
	s := tr.service
	s.waiting.Add(1)
	defer func(began time.Time) {
		s.waiting.Add(-1)
		tr.wait = time.Since(began)
	}(time.Now())
	tr.entry = tr.user.entryOf(tr.req.sum, s.reuse > 0)
	if tr.entry.turn != nil { // the requests behind the first one get its token, or request one themselves
		select {
		case tr.entry.turn <- struct{}{}:
			defer func() { <-tr.entry.turn }()
		case <-ctx.Done():
			return authflow.Token{}, Unavailable, context.Cause(ctx)
		}
		t, ok := tr.reusable(ctx, s.reuse, s.minLife)
		if ok {
			return t, Reused, nil
		}
	}
	t, err := tr.issue(ctx)
	if err == nil {
		return t, Served, nil
	}
	o := outcomeOf(err)
	if s.isStaleAllowed && (o == Unavailable || o == Throttled) {
		t, ok := tr.reusable(ctx, math.MaxInt64, s.staleFor)
		if ok {
			return t, ServedStale, err
		}
	}
	return authflow.Token{}, o, err
}

// issue requests a new token, and hands it out.
func (tr *tokenRequest) issue(ctx context.Context) (authflow.Token, error) {
	t, err := tr.requestToken(ctx)
	if err != nil {
		return authflow.Token{}, err
	}
	least := tr.service.minLife
	if !lives(t, least) {
		return authflow.Token{}, invalid("validity_time_in_sec", fmt.Sprintf("is too small: a new token lives %v, less than WithMinTTL, %v", time.Until(t.Deadline).Round(time.Second), least))
	}
	err = tr.handOut(t)
	if errors.Is(err, errSuperseded) {
		tr.revokeLater(t)
	}
	if err != nil {
		return authflow.Token{}, err
	}
	return t, nil
}

// requestToken requests a token. It leaves e-mail and display name out if they were sent
// a short time ago, and sends them once more if the cluster does not seem to know the
// user.
func (tr *tokenRequest) requestToken(ctx context.Context) (authflow.Token, error) {
	f, isShort, err := tr.flow()
	if err != nil {
		return authflow.Token{}, err
	}
	t, err := f.Token(ctx, authflow.Exclusive())
	if isShort && maybeUnknownUser(err) {
		tr.noteProfile(time.Time{})
		f, _, err = tr.flow()
		if err != nil {
			return authflow.Token{}, err
		}
		isShort = false
		t, err = f.Token(ctx, authflow.Exclusive())
	}
	if err == nil && tr.req.hasProfile && !isShort {
		tr.noteProfile(time.Now().Add(profileLasts))
	}
	return t, err
}

// profileLasts is how long e-mail and display name are not sent again.
const profileLasts = 10 * time.Minute

// maybeUnknownUser reports whether err may mean that the cluster does not know the user.
// Servers were seen to respond with each of these statuses then.
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
func (tr *tokenRequest) flow() (f *authflow.Flow, isShort bool, err error) {
	if tr.isSuperseded() {
		return nil, false, errSuperseded
	}
	tr.user.mu.Lock()
	defer tr.user.mu.Unlock()
	e := tr.entry
	isShort = time.Now().Before(e.shortTill)
	made := &e.flow
	if isShort {
		made = &e.short
	}
	if *made == nil {
		*made, err = tr.req.flow(tr.service.cluster, isShort)
	}
	return *made, isShort, err
}

// noteProfile notes until when e-mail and display name need not be sent. They replaced
// those of other requests for the user, which are to be sent again.
func (tr *tokenRequest) noteProfile(until time.Time) {
	tr.user.mu.Lock()
	defer tr.user.mu.Unlock()
	for _, e := range tr.user.entries {
		e.shortTill = time.Time{}
	}
	tr.entry.shortTill = until
}

// isSuperseded reports whether the user has signed out here since the request began.
func (tr *tokenRequest) isSuperseded() bool {
	return tr.service.progress.isSuperseded(tr.number, tr.req.user)
}

// handOut notes that the browser gets a token, so that a sign-out ends it. It is
// recorded in the Store first: then a sign-out at another replica finds the token there,
// or handOut finds the sign-out there.
func (tr *tokenRequest) handOut(t authflow.Token) error {
	s, u := tr.service, tr.user
	h := newHandedOut(t, &tr.req, tr.began)
	err := s.record(u, &h, tr.began)
	if err != nil {
		return err
	}
	err = tr.note(t, h)
	if err == nil && !h.isRecorded && s.recordOf(u.name) != nil {
		s.inBackground(u, func(ctx context.Context) { s.recordRest(ctx, u) })
	}
	return err
}

// note notes a token that is handed out, unless the user has signed out in the meantime.
func (tr *tokenRequest) note(t authflow.Token, h handedOut) error {
	tr.user.mu.Lock()
	defer tr.user.mu.Unlock()
	switch {
	case tr.isSuperseded():
		return errSuperseded
	case tr.user.has(t.Value):
		return errRepeated
	}
	tr.user.add(h)
	if tr.service.reuse > 0 || tr.service.isStaleAllowed {
		tr.entry.last, tr.entry.since, tr.entry.began = &t, time.Now(), h.at
	}
	return nil
}

// reusable returns the token that was handed out last, if it is not older than age and has
// at least life left, and if the user has not signed out since, at any replica.
func (tr *tokenRequest) reusable(ctx context.Context, age, life time.Duration) (authflow.Token, bool) {
	t, began := tr.last(age, life)
	if t == nil {
		return authflow.Token{}, false
	}
	v := tr.service.recordOf(tr.req.user)
	if v != nil {
		r, err := loadRecord(ctx, v)
		if err != nil || r.isSignedOutSince(began) || r.isSignedOutSince(tr.began) {
			return authflow.Token{}, false
		}
	}
	return *t, !tr.isSuperseded()
}

// last returns the token that was handed out last, and when the request for it began.
func (tr *tokenRequest) last(age, life time.Duration) (t *authflow.Token, began time.Time) {
	tr.user.mu.Lock()
	defer tr.user.mu.Unlock()
	e := tr.entry
	if e.last == nil || time.Since(e.since) > age || !lives(*e.last, life) {
		return nil, e.began
	}
	return e.last, e.began
}

// lives reports whether a token may still be used for d.
func lives(t authflow.Token, d time.Duration) bool {
	return t.Deadline.IsZero() || time.Until(t.Deadline) >= max(d, 1)
}

// outcomeOf returns the outcome of a request that failed.
func outcomeOf(err error) Outcome {
	var e *authflow.Error
	switch {
	case errors.Is(err, errSuperseded), errors.Is(err, authflow.ErrClosed):
		return Superseded
	case errors.Is(err, errStore):
		return Unavailable
	case errors.Is(err, authflow.ErrInvalid):
		return InternalError
	case !errors.As(err, &e) && errors.Is(err, errLost):
		return StillAlive
	case e == nil:
		return InternalError
	case errors.Is(err, authflow.ErrRateLimited):
		return Throttled
	case e.Retryable(), e.Class() == "notSent": // also if it is the address that is wrong
		return Unavailable
	}
	return Refused
}
