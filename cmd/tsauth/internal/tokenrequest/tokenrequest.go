// Package tokenrequest reads the body of a request for a full, object or custom access
// token from a file that a person wrote, and checks it against the spec.
package tokenrequest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"strconv"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Request is the body of a request for a token, without user and secret.
type Request struct {
	fields map[string]any
	kind   kind
}

// kind is which token a request is for.
type kind struct {
	body     reflect.Type
	orgField string
}

// Identity is who a token is for. A zero field leaves the request as it is.
type Identity struct {
	Username string
	// Org is the number or name of the Org, and OrgID its number, if it is known.
	Org      string
	OrgID    *int32
	Validity int32 // in seconds
}

// Parse reads a request. It is for a custom access token if it has persist_option, for
// an object access token if it has object_id, and otherwise for a full access token.
// The user and the secret must not be in it: a file that is shared would hold them.
func Parse(text []byte) (*Request, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var fields map[string]any
	err := decoder.Decode(&fields)
	if err != nil || fields == nil {
		return nil, fmt.Errorf("is not a JSON object: %w", withLine(text, err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has something behind the JSON object")
	}
	for _, name := range []string{"username", "password", "secret_key"} {
		if _, ok := fields[name]; ok {
			return nil, fmt.Errorf("must not have %s: user and secret come from the settings, and another user from --as", name)
		}
	}
	r := &Request{fields: fields, kind: kindOf(fields)}
	return r, check(fields, r.kind.body, "")
}

// withLine adds the line to a syntax error of JSON. The message has at most one
// character of the text.
func withLine(text []byte, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("it ends too early")
	case !errors.As(err, &syntax):
		return errors.New("it must begin with {")
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:syntax.Offset], []byte("\n")), syntax)
}

func kindOf(fields map[string]any) kind {
	_, isCustom := fields["persist_option"]
	_, isObject := fields["object_id"]
	switch {
	case isCustom:
		return kind{reflect.TypeFor[gen.GetCustomAccessTokenRequest](), "org_identifier"}
	case isObject:
		return kind{reflect.TypeFor[gen.GetObjectAccessTokenRequest](), "org_id"}
	}
	return kind{reflect.TypeFor[gen.GetFullAccessTokenRequest](), "org_id"}
}

// Flow returns a flow on tokens of the request for a user. An Org in the request
// must not differ from the Org of the identity.
func (r *Request) Flow(cluster *authflow.Cluster, who Identity, opts ...authflow.FlowOption) (*authflow.Flow, error) {
	fields, err := r.complete(who)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	switch req := reflect.New(r.kind.body).Interface().(type) {
	case *gen.GetCustomAccessTokenRequest:
		if err := json.Unmarshal(body, req); err != nil {
			return nil, err
		}
		return cluster.CustomAccess(*req, opts...)
	case *gen.GetObjectAccessTokenRequest:
		if err := json.Unmarshal(body, req); err != nil {
			return nil, err
		}
		return cluster.ObjectAccess(*req, opts...)
	}
	var req gen.GetFullAccessTokenRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, err
	}
	return cluster.FullAccess(req, opts...)
}

// complete adds an identity to the fields of the request.
func (r *Request) complete(who Identity) (map[string]any, error) {
	fields := maps.Clone(r.fields)
	fields["username"] = who.Username
	if who.Validity != 0 && fields["validity_time_in_sec"] == nil {
		fields["validity_time_in_sec"] = who.Validity
	}
	if who.Org == "" {
		return fields, nil
	}
	given, isGiven := fields[r.kind.orgField]
	takesName := r.kind.orgField == "org_identifier"
	switch {
	case isGiven && fmt.Sprint(given) != who.Org:
		return nil, fmt.Errorf("%s of the request and the Org of the settings differ: %w", r.kind.orgField, authflow.ErrInvalid)
	case takesName:
		fields[r.kind.orgField] = who.Org
	case who.OrgID == nil:
		return nil, fmt.Errorf("the Org of the settings is %s, but must be a number for this request: %w", strconv.Quote(who.Org), authflow.ErrInvalid)
	default:
		fields[r.kind.orgField] = *who.OrgID
	}
	return fields, nil
}
