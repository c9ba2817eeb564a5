package tokenservice

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/internal/fields"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Request says for which user a browser gets a token, and which kind of token. [Full],
// [Object] and [Custom] return one; the zero value is rejected.
type Request struct {
	user     string
	err      error // why the service rejects it
	sum      [sha256.Size]byte
	isObject bool // for an object access token
	// hasProfile says that e-mail or display name are sent, which can be left out for
	// some minutes.
	hasProfile bool
	// flow makes a Flow for the request, or for the request without e-mail and display
	// name.
	flow func(c *authflow.Cluster, isShort bool) (*authflow.Flow, error)
}

// Full requests a token with all rights of its user, see [authflow.Cluster.FullAccess].
//
// With AutoCreate, the server creates or updates the user with each token. Groups are
// sent each time as they are given, so that rights that were taken away are gone with the
// next token, at any replica. E-mail and display name are left out of a request without
// groups if they were sent within the last 10 minutes, by this replica.
func Full(req gen.GetFullAccessTokenRequest) Request {
	hasProfile := req.Email+req.DisplayName != "" && len(req.GroupIdentifiers) == 0
	return newRequest("full", req.Username, req.Password, req.SecretKey, hasProfile, req,
		func(c *authflow.Cluster, req gen.GetFullAccessTokenRequest, isShort bool) (*authflow.Flow, error) {
			if isShort {
				req.Email, req.DisplayName = "", ""
			}
			return c.FullAccess(req)
		})
}

// Object requests a token that can only read one object, see
// [authflow.Cluster.ObjectAccess]. AutoCreate is as for [Full].
func Object(req gen.GetObjectAccessTokenRequest) Request {
	hasProfile := req.Email+req.DisplayName != "" && len(req.GroupIdentifiers) == 0
	r := newRequest("object", req.Username, req.Password, req.SecretKey, hasProfile, req,
		func(c *authflow.Cluster, req gen.GetObjectAccessTokenRequest, isShort bool) (*authflow.Flow, error) {
			if isShort {
				req.Email, req.DisplayName = "", ""
			}
			return c.ObjectAccess(req)
		})
	r.isObject = true
	return r
}

// Custom requests a token with security rules, see [authflow.Cluster.CustomAccess].
// AutoCreate is as for [Full], and on by default. The persist option APPEND is rejected,
// because each page load would append the rules again.
func Custom(req gen.GetCustomAccessTokenRequest) Request {
	hasProfile := req.Email+req.DisplayName != "" && len(req.Groups) == 0
	r := newRequest("custom", req.Username, req.Password, req.SecretKey, hasProfile, req,
		func(c *authflow.Cluster, req gen.GetCustomAccessTokenRequest, isShort bool) (*authflow.Flow, error) {
			if isShort {
				req.Email, req.DisplayName = "", ""
			}
			return c.CustomAccess(req)
		})
	if r.err == nil && req.PersistOption == gen.PersistOptionAppend {
		r.err = invalid("persist_option", "must not be APPEND: each token would append the rules again; REPLACE and NONE can be repeated")
	}
	return r
}

// newRequest copies the body of a request through its JSON, so that it stays the same if
// the application changes its slices later. It checks the body before: JSON turns bytes
// that are not UTF-8, and values of other types, into other texts without an error, and
// the copy would be for another user or have other rules.
func newRequest[T any](kind, user string, password, key gen.Secret, hasProfile bool, body T,
	flow func(*authflow.Cluster, T, bool) (*authflow.Flow, error)) Request {
	field, problem := fields.Problem(&body)
	text, err := json.Marshal(body)
	r := Request{
		user: user, hasProfile: hasProfile, sum: sha256.Sum256(append([]byte(kind), text...)),
		flow: func(c *authflow.Cluster, isShort bool) (*authflow.Flow, error) {
			var own T
			err := decode(text, &own)
			if err != nil {
				return nil, invalid("request", err.Error())
			}
			return flow(c, own, isShort)
		},
	}
	switch {
	case problem != "":
		r.err = invalid(field, problem)
	case password != "":
		r.err = invalid("password", "must not be given: the service requests all tokens with the cluster's secret key")
	case key != "":
		r.err = invalid("secret_key", "must not be given: it is the cluster's, see authflow.WithSecretKey and WithOrgSecretKey")
	case err != nil:
		r.err = invalid("request", err.Error())
	}
	return r
}

// decode reads JSON, with all digits of its numbers.
func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

// invalid returns the error for a field with an impossible value.
func invalid(field, problem string) error {
	return fmt.Errorf("tokenservice: %s %s: %w", field, problem, authflow.ErrInvalid)
}

// problem returns why the service does not accept a request, or nil.
func (r *Request) problem() error {
	if r.flow == nil {
		return errors.New("tokenservice: authenticate returned neither a Request of Full, Object or Custom, nor an error")
	}
	return r.err
}

// Format writes the user for every verb, and no secret.
func (r Request) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "tokenservice.Request(%q)", r.user)
}

// LogValue implements slog.LogValuer.
func (r Request) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }
