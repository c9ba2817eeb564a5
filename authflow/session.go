package authflow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Login returns a Flow on a cookie session that begins with a password
// (operation login). It sends nothing; the first use logs in. Username and
// Password are needed, the latter here or with WithPassword.
//
// The session is renewed, by a new log-in, when it has rested for three hours,
// or with RememberMe ahead of the end of its seven days.
func Login(server string, req gen.LoginRequest, opts ...Option) (*Flow, error) {
	const op = "login"
	f, err := newFlow(op, server, opts)
	if err != nil {
		return nil, err
	}
	if f.secretKey != nil {
		return nil, invalid(op, "WithSecretKey", "a log-in takes no secret key")
	}
	c, err := f.credential(op, req.Username, req.Password, "")
	if err != nil {
		return nil, err
	}
	req.Password = ""
	body, err := json.Marshal(req)
	if err != nil {
		return nil, invalid(op, "request", err.Error())
	}
	f.username = req.Username
	f.keeper.acquire = func(ctx context.Context) (*lease, error) {
		body, err := c.fill(ctx, op, body)
		if err != nil {
			return nil, err
		}
		return f.login(ctx, f.base(), body, req.RememberMe)
	}
	return f, nil
}

// LoginWithToken returns a Flow on a cookie session of the user of bearer's
// token (operation login with the body {}). bearer must hold a token, not a
// session; it stays in use for the session's renewals, and closing it ends
// them. The options of bearer hold unless opts change them.
func LoginWithToken(bearer *Flow, opts ...Option) (*Flow, error) {
	const op = "login"
	f, err := bearer.derive(op, "bearer", opts)
	if err != nil {
		return nil, err
	}
	if bearer.isSession {
		return nil, invalid(op, "bearer", "is a session already; a bearer token is needed")
	}
	f.keeper.acquire = func(ctx context.Context) (*lease, error) {
		return f.login(ctx, transport{f: bearer}, []byte("{}"), false)
	}
	f.isSession = true
	return f, nil
}

// SessionToken returns a Flow on a bearer token that the server issues to the
// user of session (operation getCurrentUserToken, from 9.4.0.cl). session may
// hold a session or a token; the server may answer a token with that same
// token. It stays in use for renewals, and closing it ends them. The options of
// session hold unless opts change them.
func SessionToken(session *Flow, opts ...Option) (*Flow, error) {
	const op = "getCurrentUserToken"
	f, err := session.derive(op, "session", opts)
	if err != nil {
		return nil, err
	}
	f.keeper.acquire = func(ctx context.Context) (*lease, error) {
		req, err := gen.NewGetCurrentUserTokenRequest(apiServer(f.server))
		if err != nil {
			return nil, &Error{Op: op, Err: err}
		}
		a, err := f.call(op, transport{f: session}, req.WithContext(ctx))
		if err != nil {
			return nil, err
		}
		l, err := a.bearer(op, decodeSessionToken, 0)
		if err == nil {
			l.inherit(session.keeper.current.Load())
		}
		return l, err
	}
	return f, nil
}

// login logs in through rt and returns the session in a jar of its own (S3).
func (f *Flow) login(ctx context.Context, rt http.RoundTripper, body []byte, remember bool) (*lease, error) {
	const op = "login"
	req, err := gen.NewLoginRequestWithBody(apiServer(f.server), "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	a, err := f.call(op, rt, req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	jar.SetCookies(req.URL, (&http.Response{Header: a.header}).Cookies())
	if len(jar.Cookies(req.URL)) == 0 {
		return nil, &Error{Op: op, Status: a.status, Err: fmt.Errorf("the answer set no cookie for %s that may be sent back", f.server)}
	}
	return session(a.sent, jar, remember), nil
}

// session makes a lease of a session that began at sent.
func session(sent time.Time, jar *cookiejar.Jar, remember bool) *lease {
	l := newLease(sent, never)
	l.jar = jar
	if remember {
		l.lifetime = sessionRemember
	} else {
		l.idle = sessionIdle
	}
	return l
}
