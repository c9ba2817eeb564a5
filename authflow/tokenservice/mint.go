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

// ask is one request for a token.
type ask struct {
	service *Service
	number  uint64 // those that began before a Forget have a smaller one
	req     Request
	account *account
	seat    *seat
	wait    time.Duration // for the cluster, so far
}

// token returns what the browser gets, and how it was come by.
func (k *ask) token(ctx context.Context) (authflow.Token, Outcome, error) {
	s := k.service
	s.waiting.Add(1)
	defer func(began time.Time) {
		s.waiting.Add(-1)
		k.wait = time.Since(began)
	}(time.Now())
	if s.reuse > 0 { // in turn: those behind get what the first one brings, or try themselves
		select {
		case k.seat.turn <- struct{}{}:
			defer func() { <-k.seat.turn }()
		case <-ctx.Done():
			return authflow.Token{}, Unavailable, context.Cause(ctx)
		}
		if t, ok := k.recent(s.reuse, s.minLife); ok {
			return t, Reused, nil
		}
	}
	t, err := k.mint(ctx)
	if err == nil {
		err = k.hand(t)
	}
	if err == nil {
		return t, Served, nil
	}
	o := outcomeOf(err)
	if s.isStaleAllowed && (o == Unavailable || o == Throttled) {
		if t, ok := k.recent(math.MaxInt64, s.staleFor); ok {
			return t, ServedStale, err
		}
	}
	return authflow.Token{}, o, err
}

// mint gets a token that nobody was given before. Where the request provisions
// the user, it does so the first time only, and again where the user turns out
// not to be there.
func (k *ask) mint(ctx context.Context) (authflow.Token, error) {
	f, known, err := k.flow()
	if err != nil {
		return authflow.Token{}, err
	}
	t, err := f.Token(ctx, authflow.Exclusive())
	if known && refusesUser(err) {
		k.learn(false)
		if f, _, err = k.flow(); err != nil {
			return authflow.Token{}, err
		}
		t, err = f.Token(ctx, authflow.Exclusive())
	}
	if err != nil {
		return authflow.Token{}, err
	}
	k.learn(true)
	if least := k.service.minLife; !lives(t, least) {
		return authflow.Token{}, refuse("validity_time_in_sec", fmt.Sprintf("is too small: a new token lives %v, less than WithMinTTL, %v", time.Until(t.Deadline).Round(time.Second), least))
	}
	return t, nil
}

// refusesUser reports whether err may be the cluster's answer for a user whom it
// does not know: servers have been seen to answer 400, 401, 403 and 500.
func refusesUser(err error) bool {
	var e *authflow.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError:
		return true
	}
	return false
}

// outcomeOf returns what the failure of a mint, or of a log-out, means for who
// asked.
func outcomeOf(err error) Outcome {
	var e *authflow.Error
	switch {
	case errors.Is(err, errForgotten), errors.Is(err, authflow.ErrClosed):
		return Superseded
	case errors.Is(err, authflow.ErrInvalid), !errors.As(err, &e):
		return InternalError
	case errors.Is(err, authflow.ErrRateLimited):
		return Throttled
	case e.Retryable():
		return Unavailable
	}
	return Refused
}
