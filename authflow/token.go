package authflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// FullAccess returns a Flow on a token with all the rights of its user
// (operation getFullAccessToken). It sends nothing; the first use asks for the
// token. Exactly one of req.Password and req.SecretKey is needed, or one of the
// options WithPassword and WithSecretKey.
//
// With AutoCreate the server makes or updates the user each time a token is
// made, so each renewal repeats that.
func FullAccess(server string, req gen.GetFullAccessTokenRequest, opts ...Option) (*Flow, error) {
	const op = "getFullAccessToken"
	return newMinting(op, server, opts, &tokenRequest{
		username: req.Username, password: &req.Password, secretKey: &req.SecretKey, whole: &req,
		check: func(c credential) error { return checkFull(op, req, c) },
	}, minter{build: gen.NewGetFullAccessTokenRequestWithBody, validity: req.ValidityTimeInSec, decode: decodeToken})
}

// ObjectAccess returns a Flow on a token that reads the metadata object
// req.ObjectID and nothing else (operation getObjectAccessToken). Otherwise it
// is as FullAccess.
func ObjectAccess(server string, req gen.GetObjectAccessTokenRequest, opts ...Option) (*Flow, error) {
	const op = "getObjectAccessToken"
	return newMinting(op, server, opts, &tokenRequest{
		username: req.Username, password: &req.Password, secretKey: &req.SecretKey, whole: &req,
		check: func(c credential) error { return checkObject(op, req, c) },
	}, minter{build: gen.NewGetObjectAccessTokenRequestWithBody, validity: req.ValidityTimeInSec, decode: decodeToken})
}

// CustomAccess returns a Flow on a token that carries security rules
// (operation getCustomAccessToken, from 10.4.0.cl). Otherwise it is as
// FullAccess, but that AutoCreate is on if absent and leaves users who exist
// as they are.
//
// The effects of req.PersistOption happen each time a token is made. A Flow
// with APPEND appends its rules again at each renewal; NONE and REPLACE can be
// repeated.
func CustomAccess(server string, req gen.GetCustomAccessTokenRequest, opts ...Option) (*Flow, error) {
	const op = "getCustomAccessToken"
	return newMinting(op, server, opts, &tokenRequest{
		username: req.Username, password: &req.Password, secretKey: &req.SecretKey, whole: &req,
		check: func(c credential) error { return checkCustom(op, req, c) },
	}, minter{build: gen.NewGetCustomAccessTokenRequestWithBody, validity: req.ValidityTimeInSec, decode: decodeAccessToken})
}

// TokenFunc returns a Flow on tokens that fn gets from elsewhere, such as a
// service of your own that holds the secret key. fn is called when the first
// token is needed and for each renewal, by one goroutine at a time, one of this
// package's own: a panic in it ends the process. Its context ends with the
// acquisition's time limit or with the Flow, and it has to obey it. An error of
// fn is returned to those who wait, wrapped, and fn is called again after a
// pause.
//
// Of the Token it returns, Value is needed. Its lifetime is Expires minus
// Created, or 300 s if both are zero, and counts from the call of fn; with
// Created alone zero it is counted from the local clock. fn should return new
// tokens: one that it returned before keeps its age, but of a token that
// somebody else has used this package cannot know it, unless Created is zero
// and Expires is by the local clock.
func TokenFunc(server string, fn func(context.Context) (Token, error), opts ...Option) (*Flow, error) {
	const op = "TokenFunc"
	f, err := newFlow(op, server, opts)
	if err != nil {
		return nil, err
	}
	if fn == nil {
		return nil, invalid(op, "fn", "must not be nil")
	}
	if err := f.noCredential(op); err != nil {
		return nil, err
	}
	f.keeper.acquire = func(ctx context.Context) (*lease, error) {
		sent := time.Now()
		t, err := fn(ctx)
		if err != nil {
			return nil, &Error{Op: op, Err: err}
		}
		if t.Created.IsZero() && !t.Expires.IsZero() {
			t.Created = sent
		}
		l, err := newBearer(sent, t, defaultLifetime)
		if err != nil {
			return nil, &Error{Op: op, Err: err}
		}
		return l, nil
	}
	return f, nil
}

// tokenRequest is what the three token requests have in common.
type tokenRequest struct {
	username            string
	password, secretKey *gen.Secret // in whole
	whole               any
	check               func(credential) error
}

// minter asks for tokens with a request that is encoded once, when the Flow is
// made: what the caller changes afterwards has no effect, and an idle Flow
// stays small.
type minter struct {
	build      func(server, contentType string, body io.Reader) (*http.Request, error)
	credential credential
	validity   int32  // in seconds; 0: the server's default
	body       []byte // the request as JSON, without the credential
	decode     func([]byte) (Token, error)
}

// newMinting returns a Flow on the tokens that m asks for with r.
func newMinting(op, server string, opts []Option, r *tokenRequest, m minter) (*Flow, error) {
	f, err := newFlow(op, server, opts)
	if err != nil {
		return nil, err
	}
	if m.credential, err = f.credential(op, r.username, *r.password, *r.secretKey); err != nil {
		return nil, err
	}
	if err := r.check(m.credential); err != nil {
		return nil, err
	}
	*r.password, *r.secretKey = "", ""
	if m.body, err = json.Marshal(r.whole); err != nil {
		return nil, invalid(op, "request", err.Error())
	}
	f.username = r.username
	f.keeper.acquire = func(ctx context.Context) (*lease, error) { return m.acquire(ctx, f) }
	return f, nil
}

func (m *minter) acquire(ctx context.Context, f *Flow) (*lease, error) {
	op := f.keeper.op
	body, err := m.credential.fill(ctx, op, m.body)
	if err != nil {
		return nil, err
	}
	req, err := m.build(apiServer(f.server), "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	a, err := f.call(op, f.base(), req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	return a.bearer(op, m.decode, m.validity)
}

// bearer makes a lease of an answer that brings a token.
func (a *answer) bearer(op string, decode func([]byte) (Token, error), validity int32) (*lease, error) {
	lifetime := defaultLifetime
	if validity > 0 {
		lifetime = time.Duration(validity) * time.Second
	}
	t, err := decode(a.body)
	if err != nil {
		// The text of the JSON error could hold a part of the token.
		err = errors.New("it is not of the form that is documented")
	}
	var l *lease
	if err == nil {
		l, err = newBearer(a.sent, t, lifetime)
	}
	if err != nil {
		return nil, &Error{Op: op, Status: a.status, Err: fmt.Errorf("answered with %s: %w", a.what(), err)}
	}
	return l, nil
}

func decodeToken(body []byte) (Token, error) {
	var t gen.Token
	err := json.Unmarshal(body, &t)
	return Token{t.Token, t.CreationTimeInMillis.Time(), t.ExpirationTimeInMillis.Time(), t.ValidForUserID, t.ValidForUsername}, err
}

func decodeAccessToken(body []byte) (Token, error) {
	var t gen.AccessToken
	err := json.Unmarshal(body, &t)
	return Token{t.Token, t.CreationTimeInMillis.Time(), t.ExpirationTimeInMillis.Time(), t.User.ID, t.User.Name}, err
}

func decodeSessionToken(body []byte) (Token, error) {
	var t gen.GetTokenResponse
	err := json.Unmarshal(body, &t)
	return Token{t.Token, t.CreationTimeInMillis.Time(), t.ExpirationTimeInMillis.Time(), t.ValidForUserID, t.ValidForUsername}, err
}
