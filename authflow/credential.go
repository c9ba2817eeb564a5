package authflow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-thoughtspot/tsauth/gen"
)

// credential is the password or secret key of a request, as a value or as a
// function that supplies it.
type credential struct {
	field  string // its name in the request
	value  gen.Secret
	supply CredentialFunc
}

// credential picks the one of password and secret key that is given, in the
// request or by an option (X5).
func (s *settings) credential(op, username string, password, secretKey gen.Secret) (credential, error) {
	given := make([]credential, 0, 4)
	for _, c := range []credential{
		{"password", password, nil},
		{"secret_key", secretKey, nil},
		{"password", "", s.password},
		{"secret_key", "", s.secretKey},
	} {
		if c.value != "" || c.supply != nil {
			given = append(given, c)
		}
	}
	switch {
	case username == "":
		return credential{}, invalid(op, "username", "must not be empty")
	case len(given) == 0 && op == "login":
		return credential{}, invalid(op, "password", "must not be empty")
	case len(given) == 0:
		return credential{}, invalid(op, "password", "one of password and secret_key is needed")
	case len(given) > 1 && given[0].field != given[1].field:
		return credential{}, invalid(op, given[0].field, "must not be given together with "+given[1].field)
	case len(given) > 1:
		return credential{}, invalid(op, given[0].field, "must not be in the request when an option supplies it")
	}
	return given[0], nil
}

// noCredential refuses the options that supply one, for flows that need none.
func (s *settings) noCredential(op string) error {
	switch {
	case s.password != nil:
		return invalid(op, "WithPassword", "there is no password to supply")
	case s.secretKey != nil:
		return invalid(op, "WithSecretKey", "there is no secret key to supply")
	}
	return nil
}

// fill returns the JSON object body with the credential added.
func (c *credential) fill(ctx context.Context, op string, body []byte) ([]byte, error) {
	value := c.value
	if c.supply != nil {
		var err error
		if value, err = c.supply(ctx); err != nil {
			return nil, &Error{Op: op, Err: fmt.Errorf("getting the %s: %w", c.field, err)}
		}
		if value == "" {
			return nil, &Error{Op: op, Err: fmt.Errorf("getting the %s: it is empty", c.field)}
		}
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		return nil, &Error{Op: op, Err: fmt.Errorf("encoding the %s failed", c.field)}
	}
	out := make([]byte, 0, len(body)+len(quoted)+len(c.field)+4)
	out = append(out, body[:len(body)-1]...) // the object has a username, so a comma follows
	out = append(out, `,"`+c.field+`":`...)
	out = append(out, quoted...)
	return append(out, '}'), nil
}
