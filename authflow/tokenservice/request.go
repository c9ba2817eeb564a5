package tokenservice

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Request is whom a browser gets a token for and which one, as the application
// decides. [Full], [Object] and [Custom] make one; the zero value asks for
// nothing and is refused.
type Request struct {
	user string
	err  error // why the service does not take it
	sum  [sha256.Size]byte
	// provisions says that the mint also makes the user, or brings the user up
	// to date.
	provisions bool
	// flow makes a Flow for it: with provisioning, or for a user who is known to
	// be there.
	flow func(c *authflow.Cluster, known bool) (*authflow.Flow, error)
}

// Full asks for a token with all the rights of its user, see
// [authflow.Cluster.FullAccess]. With AutoCreate the user is made or brought up
// to date with the first token for this very request, and not again with each.
func Full(req gen.GetFullAccessTokenRequest) Request {
	return describe("full", req.Username, req.Password, req.SecretKey, isTrue(req.AutoCreate), req,
		func(c *authflow.Cluster, known bool) (*authflow.Flow, error) {
			req := req
			if known {
				req.AutoCreate, req.Email, req.DisplayName, req.GroupIdentifiers = nil, "", "", nil
			}
			return c.FullAccess(req)
		})
}

// Object asks for a token that reads one object and nothing else, see
// [authflow.Cluster.ObjectAccess]. AutoCreate is as for [Full].
func Object(req gen.GetObjectAccessTokenRequest) Request {
	return describe("object", req.Username, req.Password, req.SecretKey, isTrue(req.AutoCreate), req,
		func(c *authflow.Cluster, known bool) (*authflow.Flow, error) {
			req := req
			if known {
				req.AutoCreate, req.Email, req.DisplayName, req.GroupIdentifiers = nil, "", "", nil
			}
			return c.ObjectAccess(req)
		})
}

// Custom asks for a token that carries rules, see
// [authflow.Cluster.CustomAccess]. AutoCreate is on if absent; once a token came
// for this very request it is off. The persist option APPEND is refused: each
// page load would append the rules again.
func Custom(req gen.GetCustomAccessTokenRequest) Request {
	r := describe("custom", req.Username, req.Password, req.SecretKey, req.AutoCreate == nil || *req.AutoCreate, req,
		func(c *authflow.Cluster, known bool) (*authflow.Flow, error) {
			req := req
			if known {
				req.AutoCreate = new(bool)
			}
			return c.CustomAccess(req)
		})
	if r.err == nil && req.PersistOption == gen.PersistOptionAppend {
		r.err = refuse("persist_option", "must not be APPEND: each token would append the rules again; REPLACE and NONE can be repeated")
	}
	return r
}

// describe completes a request of a kind, whose body is copied as JSON: what
// the application changes afterwards has no effect on what it is known by.
func describe(kind, user string, password, key gen.Secret, provisions bool, body any,
	flow func(*authflow.Cluster, bool) (*authflow.Flow, error)) Request {
	r := Request{user: user, provisions: provisions, flow: flow}
	text, err := json.Marshal(body)
	switch {
	case user == "":
		r.err = refuse("username", "must not be empty")
	case password != "":
		r.err = refuse("password", "must not be given: the service vouches for its users with the cluster's secret key")
	case key != "":
		r.err = refuse("secret_key", "must not be given: it is the cluster's, see authflow.WithSecretKey and WithOrgSecretKey")
	case err != nil:
		r.err = refuse("request", err.Error())
	}
	r.sum = sha256.Sum256(append([]byte(kind), text...))
	return r
}

func isTrue(b *bool) bool { return b != nil && *b }

// refuse is the error for what the application gives that cannot be.
func refuse(field, problem string) error {
	return fmt.Errorf("tokenservice: %s %s: %w", field, problem, authflow.ErrInvalid)
}

// problem returns why the service does not take a request, or nil.
func (r *Request) problem() error {
	if r.flow == nil {
		return errors.New("tokenservice: authenticate returned neither a Request of Full, Object or Custom, nor an error")
	}
	return r.err
}

// Format writes the user, whatever the verb: no secret.
func (r Request) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "tokenservice.Request(%q)", r.user)
}

// LogValue is what package slog shows.
func (r Request) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }
