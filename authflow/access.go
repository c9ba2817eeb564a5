package authflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// way is how a Flow gets its credential.
type way uint8

const (
	wayFull way = iota
	wayObject
	wayCustom
	wayLogin
	waySessionToken
	wayTokensFrom
)

// op is the operationId of a way, or the function that made the Flow.
func (w way) op() string {
	return [...]string{"getFullAccessToken", "getObjectAccessToken", "getCustomAccessToken", "login", "getCurrentUserToken", "TokensFrom"}[w]
}

// build makes the request for a credential.
func (w way) build(server string, body []byte) (*http.Request, error) {
	const json = "application/json"
	r := bytes.NewReader(body)
	switch w {
	case wayFull:
		return gen.NewGetFullAccessTokenRequestWithBody(server, json, r)
	case wayObject:
		return gen.NewGetObjectAccessTokenRequestWithBody(server, json, r)
	case wayCustom:
		return gen.NewGetCustomAccessTokenRequestWithBody(server, json, r)
	case wayLogin:
		return gen.NewLoginRequestWithBody(server, json, r)
	}
	return gen.NewGetCurrentUserTokenRequest(server)
}

// The names of the credentials in requests.
const (
	fieldPassword  = "password"
	fieldSecretKey = "secret_key"
)

// FlowOption changes one Flow.
type FlowOption func(*Flow)

// WithPassword asks fn for the password at each acquisition, so that a changed
// one needs no restart. The request then carries no credential. Optional.
func WithPassword(fn CredentialFunc) FlowOption {
	return func(f *Flow) {
		if fn != nil {
			f.supplied = &supplied{password: fn}
		}
	}
}

// FullAccess returns a Flow on a token with all the rights of its user
// (operation getFullAccessToken). It sends nothing; the first use asks for the
// token. The credential is req.Password or req.SecretKey, a password by
// WithPassword, or else the Cluster's secret key. What the server would refuse
// or ignore is an error that matches [ErrInvalid] and names the field. Where
// the cluster has Orgs, say which one: an absent OrgID is the Org of the key or
// of the user's last session, not always the Primary Org.
//
// With AutoCreate the server makes or updates the user each time a token is
// made, so each renewal repeats that.
func (c *Cluster) FullAccess(req gen.GetFullAccessTokenRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{way: wayFull, valid: req.ValidityTimeInSec}
	if confines(req.UserParameters) {
		f.rules = rulesConfined
	}
	return c.minting(f, req.Username, orgNumber(req.OrgID), &req.Password, &req.SecretKey, &req, opts, func() error { return checkFull(&req, f.byKey) })
}

// ObjectAccess returns a Flow on a token that reads the metadata object
// req.ObjectID and nothing else (operation getObjectAccessToken). Otherwise it
// is as FullAccess.
func (c *Cluster) ObjectAccess(req gen.GetObjectAccessTokenRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{way: wayObject, valid: req.ValidityTimeInSec}
	if confines(req.UserParameters) {
		f.rules = rulesConfined
	}
	return c.minting(f, req.Username, orgNumber(req.OrgID), &req.Password, &req.SecretKey, &req, opts, func() error { return checkObject(&req, f.byKey) })
}

// CustomAccess returns a Flow on a token that carries security rules (operation
// getCustomAccessToken, from 10.4.0.cl). Otherwise it is as FullAccess, but
// AutoCreate is on if absent and leaves users who exist as they are.
//
// The effects of req.PersistOption happen each time a token is made. A Flow
// with APPEND appends its rules again at each renewal, and tries again only
// what the server surely did not do; NONE, REPLACE and RESET can be repeated.
func (c *Cluster) CustomAccess(req gen.GetCustomAccessTokenRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{way: wayCustom, valid: req.ValidityTimeInSec}
	switch {
	case req.PersistOption == gen.PersistOptionAppend:
		f.rules = rulesAppended
	case req.PersistOption == gen.PersistOptionNone && hasRules(&req):
		f.rules = rulesConfined
	}
	return c.minting(f, req.Username, req.OrgIdentifier, &req.Password, &req.SecretKey, &req, opts, func() error { return checkCustom(&req, f.byKey) })
}

// Session returns a Flow on a cookie session that begins with a password
// (operation login), given here or by WithPassword. It sends nothing; the first
// use logs in. The session is renewed, by a new log-in, when it has rested for
// Policy.SessionIdle or has no cookie any more, and with RememberMe ahead of
// the end of its seven days.
func (c *Cluster) Session(req gen.LoginRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{way: wayLogin, remember: req.RememberMe}
	var none gen.Secret
	return c.minting(f, req.Username, req.OrgIdentifier, &req.Password, &none, &req, opts, func() error { return checkTexts(f.way.op(), &req) })
}

// minting completes a Flow whose request carries a credential of its own. The
// request is encoded once: what the caller changes afterwards has no effect.
func (c *Cluster) minting(f *Flow, user, org string, password, key *gen.Secret, req any, opts []FlowOption, check func() error) (*Flow, error) {
	op := f.way.op()
	for _, o := range opts {
		if o != nil {
			o(f)
		}
	}
	var secret gen.Secret
	switch byKey := f.way != wayLogin && c.hasKey(org); {
	case user == "":
		return nil, invalid(op, "username", "must not be empty")
	case *password != "" && *key != "":
		return nil, invalid(op, fieldPassword, "must not be given together with "+fieldSecretKey)
	case f.supplied != nil && *password+*key != "":
		return nil, invalid(op, fieldPassword, "must not be in the request when WithPassword supplies it, and neither must secret_key")
	case *password != "" || f.supplied != nil:
		secret = *password
	case *key != "" || byKey:
		f.byKey, secret = true, *key
	case f.way == wayLogin:
		return nil, invalid(op, fieldPassword, "must not be empty")
	default:
		return nil, invalid(op, fieldPassword, "one of password and secret_key is needed, or WithSecretKey for the cluster")
	}
	if err := check(); err != nil {
		return nil, err
	}
	for field, text := range map[string]string{"username": user, "org": org, f.field(): string(secret)} {
		if len(text) > maxPiece {
			return nil, invalid(op, field, fmt.Sprintf("is longer than %d bytes", maxPiece))
		}
	}
	body, err := json.Marshal(req)
	if err != nil {
		return nil, invalid(op, "request", err.Error())
	}
	f.asked = newAsked(string(body), user, org, secret)
	return c.start(f), nil
}

// orgNumber returns the number of an Org as text, or "" for none.
func orgNumber(id *int32) string {
	if id == nil {
		return ""
	}
	return strconv.Itoa(int(*id))
}

// start gives a Flow its Cluster.
func (c *Cluster) start(f *Flow) *Flow {
	f.cluster = c
	f.keeper.Source = (*source)(f)
	return f
}

// SessionToken returns a Flow on a bearer token that the server issues to the
// user of f (operation getCurrentUserToken, from 9.4.0.cl), for 24 hours. f may
// hold a session or a token. It stays in use for renewals, and closing it ends
// them. Where Session is refused for the rules of f's token, so is every use.
func (f *Flow) SessionToken() *Flow {
	return f.cluster.start(&Flow{way: waySessionToken, asked: newAsked("", f.user(), "", ""), supplied: &supplied{parent: f}})
}

// Session returns a Flow on a cookie session of the user of f's token
// (operation login with the body {}). f stays in use for the session's
// renewals, and closing it ends them. It is refused where f holds a session, or
// a token with rules that reach it alone, by the persist option NONE or as
// user_parameters without persist: the session would not have them.
func (f *Flow) Session() (*Flow, error) {
	if f.way == wayLogin {
		return nil, invalid("login", "flow", "is a session already; a bearer token is needed")
	}
	if err := f.confined("login"); err != nil {
		return nil, err
	}
	return f.cluster.start(&Flow{way: wayLogin, asked: newAsked("{}", f.user(), "", ""), supplied: &supplied{parent: f}}), nil
}

// confined returns an error of op if what op brings for the user of f would not
// have the rules that f's token has (S6).
func (f *Flow) confined(op string) error {
	for p := f; p != nil; p = p.parent() {
		if p.rules == rulesConfined {
			field, problem := "persist_option", "is NONE"
			if p.way != wayCustom {
				field, problem = "user_parameters", "hold a rule without persist"
			}
			return invalid(op, field, problem+": the rules of the token would not hold in what is got with it")
		}
	}
	return nil
}

// parent returns the Flow that this one is built on, or nil.
func (f *Flow) parent() *Flow {
	if f.supplied == nil {
		return nil
	}
	return f.supplied.parent
}

// field is the name of the credential in the request.
func (f *Flow) field() string {
	if f.byKey {
		return fieldSecretKey
	}
	return fieldPassword
}

// credential returns the password or key of a Flow, checked as one in a request
// is.
func (f *Flow) credential(ctx context.Context) (secret gen.Secret, err error) {
	switch {
	case f.secret() != "":
		return f.secret(), nil
	case f.supplied != nil:
		secret, err = f.supplied.password(ctx)
	default:
		secret, err = f.cluster.key(ctx, f.org())
	}
	if err == nil && secret == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", asError(f.way.op(), fmt.Errorf("getting the %s: %w", f.field(), err))
	}
	if e := checkSecret(f.way.op(), f.field(), secret); e != nil {
		return "", e
	}
	return secret, nil
}

// mint gets a credential: the token that is kept for f, or that of one call of the
// server.
func (f *Flow) mint(ctx context.Context, t *clock) (*lease, error) {
	c, op := f.cluster, f.way.op()
	var secret gen.Secret
	var with *lease // of the parent
	var err error
	switch {
	case f.way == wayTokensFrom:
		return f.supplied.token.lease(ctx, f)
	case f.parent() != nil:
		if err = f.parent().confined(op); err != nil {
			return nil, err
		}
		err = t.offClock(func() error { // it has a clock of its own
			if with, err = f.parent().verifiedLease(ctx); err != nil {
				err = fmt.Errorf("%w", err) // an error of this Flow, about that one
			}
			return err
		})
	default:
		secret, err = f.credential(ctx)
	}
	if err != nil {
		return nil, asError(op, err)
	}
	ask := func(others func() *lease) (*lease, error) { return f.ask(ctx, t, secret, with, others) }
	if c.store != nil && f.keeps() && !t.flight.Exclusive {
		return f.loadOrMint(ctx, t, secret, ask)
	}
	return ask(func() *lease { return nil })
}

// ask calls the server once for a credential, with a secret or with the
// credential of the Flow below. If that has to wait long for its turn, it takes
// what others have brought instead.
func (f *Flow) ask(ctx context.Context, t *clock, secret gen.Secret, with *lease, others func() *lease) (*lease, error) {
	c, op := f.cluster, f.way.op()
	body := []byte(f.body())
	if secret != "" && f.secret() == "" { // it is not in the request yet
		value, _ := json.Marshal(secret)                                            // a string always encodes
		body = append(body[:len(body)-1], `,"`+f.field()+`":`+string(value)+`}`...) // the object has a username already
	}
	req, err := f.way.build(c.url+"/", body)
	if err != nil {
		return nil, asError(op, err)
	}

	told, probe := func(*Error) {}, 0
	var theirs *lease
	if err := t.offClock(func() (err error) {
		var p *pass
		if secret != "" {
			known, _ := f.keeper.Peek()
			if p, err = c.secrets.use(ctx, f.field(), f.user(), secret, f.secret() != "", known != nil, t.flight.Force, c.policy.Timeout); err != nil {
				return err
			}
			told = p.done
		}
		came := time.Now()
		if probe, err = c.gate.enter(ctx, t.flight.CancelIfUnused); err == nil {
			theirs = c.takeTurn(ctx, f, came, others)
		}
		if err == nil && p != nil {
			if no, _ := p.holds(); no != nil { // since it is known that it is refused
				c.gate.leave(probe, time.Now(), &Error{})
				err = no
			}
		}
		if err != nil {
			told(&Error{unsent: true})
		}
		return err
	}); err != nil {
		return nil, asError(op, err)
	}
	if theirs != nil {
		told(&Error{unsent: true})
		c.gate.leave(probe, time.Now(), &Error{})
		return theirs, nil
	}
	sent, e := time.Now(), &Error{} // which stays if the RoundTripper ends its goroutine
	var once sync.Once
	end := func(e *Error) { once.Do(func() { told(e); c.gate.leave(probe, sent, e) }) }
	defer func() { end(e) }()
	defer context.AfterFunc(ctx, func() { end(&Error{}) })() // if the RoundTripper does not obey it
	a, err := c.call(op, req.WithContext(ctx), with)
	if e = nil; err != nil {
		e = asError(op, err).after(1) // a copy
	}
	switch {
	case e != nil && with != nil && e.Status == http.StatusUnauthorized:
		e.retry = f.parent().reject(with) // with the parent's next
		return nil, e
	case e != nil:
		return nil, e
	case f.way == wayLogin:
		return f.begin(a)
	case with != nil:
		f.parent().took(with, a.sent, req.URL.Path, a.header)
	}
	several, orgs := f.scope()
	l, err := a.bearer(&c.policy, op, f.org(), time.Duration(f.valid)*time.Second, orgs...)
	if err == nil {
		l.Value.several = several && l.Value.hasOrg // nobody else knows of it yet
	}
	return l, err
}

// scope reports whether the request is for a token for several Orgs, and returns
// those that it names.
func (f *Flow) scope() (several bool, orgs []string) {
	var req struct {
		Scope *gen.TokenScopeInput `json:"scope"`
	}
	if !strings.Contains(f.body(), `"scope":`) || json.Unmarshal([]byte(f.body()), &req) != nil || req.Scope == nil {
		return false, nil
	}
	return true, req.Scope.OrgIdentifiers
}

// defaultLifetime is how long a token lives when neither the request nor the
// answer says (seed, "Token-based authentication").
const defaultLifetime = 300 * time.Second
