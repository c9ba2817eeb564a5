package tokenservice

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// endEverywhere ends the tokens that other programs have made for a user who has not
// signed in again: with a token of the user that is alive, or with one that it requests
// without any effect on the user.
func (s *Service) endEverywhere(ctx context.Context, u *user, tokens []handedOut, isBack bool) error {
	switch {
	case isBack:
		return errIsBack
	case s.administrator != nil:
		return s.revokeByAdministrator(ctx, u.name)
	}
	for i := range tokens {
		t := tokens[len(tokens)-1-i]
		if t.isObject {
			continue
		}
		err := s.cluster.Revoke(ctx, t.asToken(), authflow.Everywhere())
		if !isRejected(err) {
			return err
		}
	}
	f, err := s.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: u.name, AutoCreate: new(bool)})
	if err != nil {
		return err
	}
	t, err := f.Token(ctx, authflow.Exclusive())
	if err != nil {
		return err
	}
	h := newHandedOut(t, &Request{user: u.name}, time.Now())
	err = s.cluster.Revoke(ctx, h.asToken(), authflow.Everywhere())
	if err != nil {
		h.isEnding = true // the next try uses it, and ends it
		u.mu.Lock()
		defer u.mu.Unlock()
		u.add(h)
	}
	return err
}

func (s *Service) revokeByAdministrator(ctx context.Context, name string) error {
	resp, err := s.administrator.API().RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{UserIdentifier: name})
	if err != nil {
		return err
	}
	return authflow.ErrorOf(resp.HTTPResponse)
}

// isRejected reports whether the cluster no longer accepts a token.
func isRejected(err error) bool {
	var e *authflow.Error
	return errors.As(err, &e) && e.Status == http.StatusUnauthorized
}
