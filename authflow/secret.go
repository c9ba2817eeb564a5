package authflow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The names of the secrets in requests.
const (
	fieldPassword  = "password"
	fieldSecretKey = "secret_key"
)

// secretField is the name of the Flow's secret in its request.
func (f *Flow) secretField() string {
	if f.byKey {
		return fieldSecretKey
	}
	return fieldPassword
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

// getSecret returns the password or key of a Flow. One that a function supplies is
// checked like one in a request.
func (f *Flow) getSecret(ctx context.Context) (gen.Secret, error) {
	if f.secret() != "" {
		return f.secret(), nil
	}
	secret, err := f.callSupplier(ctx)
	if err == nil && secret == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", asError(f.method.op(), fmt.Errorf("getting the %s: %w", f.secretField(), err))
	}
	if e := checkSecret(f.method.op(), f.secretField(), secret); e != nil {
		return "", e
	}
	return secret, nil
}

// isSupplied reports whether a function of the user's supplies the password or key,
// so that the next acquisition may have another one.
func (f *Flow) isSupplied() bool {
	if f.secret() != "" {
		return false
	}
	if f.byKey {
		return f.cluster.secretKey != nil
	}
	return f.supplier != nil && f.supplier.password != nil
}

// callSupplier gets the password or key from the function that supplies it, or
// from the options of the Cluster.
func (f *Flow) callSupplier(ctx context.Context) (gen.Secret, error) {
	switch {
	case f.supplier != nil:
		return userCall[gen.Secret]{what: "password function", call: f.supplier.password}.run(ctx)
	case f.cluster.secretKey != nil:
		call := func(ctx context.Context) (gen.Secret, error) { return f.cluster.secretKey(ctx, f.org()) }
		return userCall[gen.Secret]{what: "secret key function", call: call}.run(ctx)
	}
	return f.cluster.key(f.org()), nil
}

// hasKey reports whether there is a secret key for requests that name org.
func (c *Cluster) hasKey(org string) bool { return c.secretKey != nil || c.key(org) != "" }

// key returns the secret key for requests that name org, or "".
func (c *Cluster) key(org string) gen.Secret { return cmp.Or(c.orgKeys[org], c.orgKeys[""]) }

// principal names the user and the Org to which evidence from this Flow's requests
// applies. Names that differ by case alone are one user: whether the server treats
// them so is not documented, and to assume one account is the cautious choice.
// A Flow whose user is not known is a principal of its own.
func (f *Flow) principal() string {
	user := strings.ToLower(f.user())
	if user == "" {
		user = fmt.Sprintf("%p", f)
	}
	return user + "\x00" + f.org()
}

// request makes the request for a credential. A secret that is not in the body yet
// is added to it.
func (f *Flow) request(secret gen.Secret) (*http.Request, error) {
	body := []byte(f.body())
	if secret != "" && f.secret() == "" {
		value, err := json.Marshal(secret)
		if err != nil {
			return nil, err
		}
		body = append(body[:len(body)-1], `,"`+f.secretField()+`":`+string(value)+`}`...) // the object has a username already
	}
	return f.method.build(f.cluster.url+"/", body)
}

// requestedOrgs reports whether the request is for a token for several Orgs, and
// returns those that it names (from 26.10).
func (f *Flow) requestedOrgs() (several bool, orgs []string) {
	var req struct {
		Scope *gen.TokenScopeInput `json:"scope"`
	}
	if !strings.Contains(f.body(), `"scope":`) || json.Unmarshal([]byte(f.body()), &req) != nil || req.Scope == nil {
		return false, nil
	}
	return true, req.Scope.OrgIdentifiers
}

// read makes a lease of the response to a request for a credential. with is the
// credential of the parent that the request carried, or nil.
func (f *Flow) read(r *response, path string, with *lease) (*lease, *outcome.Failure) {
	if f.method == methodLogin {
		return f.begin(r)
	}
	if with != nil {
		_ = f.parent().noteResponse(with, r.Sent, path, r.Header)
	}
	several, orgs := f.requestedOrgs()
	l, failure := f.bearer(r, orgs)
	if failure == nil {
		l.Value.several = several && l.Value.hasOrg // no other goroutine knows the lease yet
	}
	return l, failure
}
