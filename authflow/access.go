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

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
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

// WithAlias names another user name of the Flow's user. A token whose response
// names another user than the request did is an error, unless the names differ
// by case alone or the name is the alias: clusters that map log-in names to
// account names need it. Optional.
func WithAlias(username string) FlowOption {
	return func(f *Flow) { f.asked = newAsked("", "", "", "", username) }
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
	f.asked = newAsked(string(body), user, org, secret, f.alias())
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
	return f.cluster.start(&Flow{way: waySessionToken, asked: newAsked("", f.user(), "", "", f.alias()), supplied: &supplied{parent: f}})
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
	return f.cluster.start(&Flow{way: wayLogin, asked: newAsked("{}", f.user(), "", "", f.alias()), supplied: &supplied{parent: f}}), nil
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
func (f *Flow) credential(ctx context.Context) (gen.Secret, error) {
	if f.secret() != "" {
		return f.secret(), nil
	}
	secret, err := f.askFunction(ctx)
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

// askFunction gets the password or key from the function that supplies it.
func (f *Flow) askFunction(ctx context.Context) (gen.Secret, error) {
	switch {
	case f.supplied != nil:
		return userCall[gen.Secret]{what: "password function", call: f.supplied.password}.run(ctx)
	case f.cluster.secretKey != nil:
		call := func(ctx context.Context) (gen.Secret, error) { return f.cluster.secretKey(ctx, f.org()) }
		return userCall[gen.Secret]{what: "secret key function", call: call}.run(ctx)
	}
	return f.cluster.key(f.org()), nil
}

// secretKind is the kind of credential in the request of a Flow.
func (f *Flow) secretKind() outcome.Secret {
	switch {
	case f.parent() != nil:
		return outcome.Bearer
	case f.byKey:
		return outcome.Key
	}
	return outcome.Password
}

// principal names the user and the Org that evidence about this Flow's requests
// is about. User names that differ by case alone are one user (upstream
// behaviour is open; one account is the cautious reading).
func (f *Flow) principal() string {
	return strings.ToLower(f.user()) + "\x00" + f.org()
}

// request makes the request for a credential. A secret that a function supplies
// is added to the body.
func (f *Flow) request(secret gen.Secret) (*http.Request, error) {
	body := []byte(f.body())
	if secret != "" && f.secret() == "" {
		value, err := json.Marshal(secret)
		if err != nil {
			return nil, err
		}
		body = append(body[:len(body)-1], `,"`+f.field()+`":`+string(value)+`}`...) // the object has a username already
	}
	return f.way.build(f.cluster.url+"/", body)
}

// read makes a lease of the response to a request for a credential. with is the
// credential of the Flow below that the request carried, or nil.
func (f *Flow) read(r *response, path string, with *lease) (*lease, *outcome.Failure) {
	if f.way == wayLogin {
		return f.begin(r)
	}
	if with != nil {
		_ = f.parent().observe(with, r.Sent, path, r.Header)
	}
	several, orgs := f.scope()
	l, failure := f.bearer(r, orgs)
	if failure == nil {
		l.Value.several = several && l.Value.hasOrg // no other goroutine knows the lease yet
	}
	return l, failure
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
