package authflow

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/go-thoughtspot/tsauth/gen"
)

// FlowOption changes one Flow.
type FlowOption func(*Flow)

// WithPassword sets a function that supplies the password for each acquisition, so
// that a changed password needs no restart. The request then contains no
// credential. Optional.
func WithPassword(fn CredentialFunc) FlowOption {
	return func(f *Flow) {
		if fn != nil {
			f.supplier = &supplier{password: fn}
		}
	}
}

// WithAlias names another user name of the Flow's user. A token whose response
// names another user than the request is an error, unless the names differ by
// case alone or the name is the alias. Clusters that map login names to account
// names need it. Optional.
func WithAlias(username string) FlowOption {
	return func(f *Flow) { f.credentialRequest = newCredentialRequest("", "", "", "", username) } // newFlow adds the rest
}

// FullAccess returns a Flow on a token with all rights of its user (operation
// getFullAccessToken). It sends nothing; the first use requests the token. The
// credential is req.Password or req.SecretKey, a password by WithPassword, or
// otherwise the Cluster's secret key. A text that cannot be sent as it is, a required
// field that is missing, and fields that contradict each other are errors that match
// [ErrInvalid] and name the field.
//
// Where the cluster has Orgs, name the Org: without OrgID the token is for the Org
// of the key, or of the user's last session, which is not always the Primary Org.
//
// With AutoCreate the server creates or updates the user for each token, so each
// renewal repeats that.
func (c *Cluster) FullAccess(req gen.GetFullAccessTokenRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{method: methodFull, validity: req.ValidityTimeInSec}
	if confines(req.UserParameters) {
		f.rules = rulesConfined
	}
	fields := requestFields{user: req.Username, org: orgNumber(req.OrgID), password: req.Password, key: req.SecretKey}
	return c.newFlow(f, fields, &req, opts, func() error { return checkFull(&req, f.byKey) })
}

// ObjectAccess returns a Flow on a token that can only read the metadata object
// req.ObjectID (operation getObjectAccessToken). In all other respects it is like
// FullAccess.
func (c *Cluster) ObjectAccess(req gen.GetObjectAccessTokenRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{method: methodObject, validity: req.ValidityTimeInSec}
	if confines(req.UserParameters) {
		f.rules = rulesConfined
	}
	fields := requestFields{user: req.Username, org: orgNumber(req.OrgID), password: req.Password, key: req.SecretKey}
	return c.newFlow(f, fields, &req, opts, func() error { return checkObject(&req, f.byKey) })
}

// CustomAccess returns a Flow on a token with security rules (operation
// getCustomAccessToken, from 10.4.0.cl). It is like FullAccess, but AutoCreate is
// on by default, and leaves existing users as they are.
//
// The effects of req.PersistOption happen for each token. A Flow with APPEND
// appends its rules again at each renewal, and retries only where the server did
// nothing; NONE, REPLACE and RESET can be repeated.
func (c *Cluster) CustomAccess(req gen.GetCustomAccessTokenRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{method: methodCustom, validity: req.ValidityTimeInSec}
	switch {
	case req.PersistOption == gen.PersistOptionAppend:
		f.rules = rulesAppended
	case req.PersistOption == gen.PersistOptionNone && hasRules(&req):
		f.rules = rulesConfined
	}
	fields := requestFields{user: req.Username, org: req.OrgIdentifier, password: req.Password, key: req.SecretKey}
	return c.newFlow(f, fields, &req, opts, func() error { return checkCustom(&req, f.byKey) })
}

// Session returns a Flow on a cookie session that begins with a password
// (operation login), given here or by WithPassword. It sends nothing; the first
// use logs in. A new login renews the session when it was idle for
// Policy.SessionIdle, when it has no cookie any more, and with RememberMe ahead of
// the end of its seven days.
func (c *Cluster) Session(req gen.LoginRequest, opts ...FlowOption) (*Flow, error) {
	f := &Flow{method: methodLogin, remember: req.RememberMe}
	fields := requestFields{user: req.Username, org: req.OrgIdentifier, password: req.Password}
	return c.newFlow(f, fields, &req, opts, func() error { return checkTexts(f.method.op(), &req) })
}

// requestFields are the fields that every request for a credential has.
type requestFields struct {
	user, org     string
	password, key gen.Secret
}

// newFlow completes a Flow whose request carries a password or a key. The request
// is encoded once: later changes by the caller have no effect.
func (c *Cluster) newFlow(f *Flow, fields requestFields, req any, opts []FlowOption, check func() error) (*Flow, error) {
	op := f.method.op()
	for _, o := range opts {
		if o != nil {
			o(f)
		}
	}
	if fields.user == "" {
		return nil, invalid(op, "username", "must not be empty")
	}
	secret, err := f.chooseSecret(c, fields)
	if err != nil {
		return nil, err
	}
	if err := check(); err != nil {
		return nil, err
	}
	for field, text := range map[string]string{"username": fields.user, "org": fields.org, f.secretField(): string(secret)} {
		if len(text) > maxPiece {
			return nil, invalid(op, field, fmt.Sprintf("is longer than %d bytes", maxPiece))
		}
	}
	body, err := json.Marshal(req)
	if err != nil {
		return nil, invalid(op, "request", err.Error())
	}
	f.credentialRequest = newCredentialRequest(string(body), fields.user, fields.org, secret, f.alias())
	return c.start(f), nil
}

// chooseSecret decides between password and secret key. It returns the one in the
// request, or "" if a function or the Cluster supplies it.
func (f *Flow) chooseSecret(c *Cluster, fields requestFields) (gen.Secret, error) {
	op := f.method.op()
	isGiven := fields.password != "" || fields.key != ""
	switch {
	case fields.password != "" && fields.key != "":
		return "", invalid(op, fieldPassword, "must not be given together with "+fieldSecretKey)
	case f.supplier != nil && isGiven:
		return "", invalid(op, fieldPassword, "must not be in the request if WithPassword supplies it, and neither must secret_key")
	case fields.password != "" || f.supplier != nil:
		return fields.password, nil
	case f.method == methodLogin:
		return "", invalid(op, fieldPassword, "must not be empty")
	case fields.key == "" && !c.hasKey(fields.org):
		return "", invalid(op, fieldPassword, "either password or secret_key is needed, or WithSecretKey for the Cluster")
	}
	f.byKey = true
	return fields.key, nil
}

// orgNumber returns the number of an Org as text, or "" if there is none.
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

// SessionToken returns a Flow on a bearer token that the server issues to the user
// of f for 24 hours (operation getCurrentUserToken, from 9.4.0.cl). f may be a
// session or a token. f is used for renewals, and closing f ends them. If f's token
// has rules for which [Flow.Session] returns an error, every use of the new Flow
// returns that error.
func (f *Flow) SessionToken() *Flow {
	return f.cluster.start(&Flow{
		method:            methodSessionToken,
		credentialRequest: newCredentialRequest("", f.user(), "", "", f.alias()),
		supplier:          &supplier{parent: f},
	})
}

// Session returns a Flow on a cookie session of the user of f's token (operation
// login with the body {}). f is used for renewals, and closing f ends them. It is
// an error if f is a session itself, or if its token has rules that apply to the
// token alone, by the persist option NONE or by user_parameters without persist: the
// session would not have them.
func (f *Flow) Session() (*Flow, error) {
	if f.method == methodLogin {
		return nil, invalid("login", "flow", "is a session already; a bearer token is needed")
	}
	if err := f.checkRulesReach("login"); err != nil {
		return nil, err
	}
	return f.cluster.start(&Flow{
		method:            methodLogin,
		credentialRequest: newCredentialRequest("{}", f.user(), "", "", f.alias()),
		supplier:          &supplier{parent: f},
	}), nil
}

// checkRulesReach returns an error if the credential that op returns for the user
// of f would not have the rules of f's token (S6).
func (f *Flow) checkRulesReach(op string) error {
	for p := f; p != nil; p = p.parent() {
		if p.rules != rulesConfined {
			continue
		}
		field, problem := "persist_option", "is NONE"
		if p.method != methodCustom {
			field, problem = "user_parameters", "contain a rule without persist"
		}
		return invalid(op, field, problem+": the new credential would not have the rules of the token")
	}
	return nil
}

// parent returns the Flow that this one is built on, or nil.
func (f *Flow) parent() *Flow {
	if f.supplier == nil {
		return nil
	}
	return f.supplier.parent
}
