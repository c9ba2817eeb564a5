package authflow

import (
	"fmt"
	"slices"

	"github.com/go-thoughtspot/tsauth/authflow/internal/fields"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The checks of this file reject, before anything is sent, values that the server is
// known to reject, or to ignore without telling (X5). Their errors name the field.

func checkFull(r *gen.GetFullAccessTokenRequest, byKey bool) error {
	return checkToken(methodFull.op(), r, r.ValidityTimeInSec, r.OrgID, r.AutoCreate, byKey)
}

func checkObject(r *gen.GetObjectAccessTokenRequest, byKey bool) error {
	return checkToken(methodObject.op(), r, r.ValidityTimeInSec, r.OrgID, r.AutoCreate, byKey)
}

func checkCustom(r *gen.GetCustomAccessTokenRequest, byKey bool) error {
	op := methodCustom.op()
	switch r.PersistOption {
	case "":
		return invalid(op, "persist_option", "is required: REPLACE, APPEND, NONE or RESET")
	case gen.PersistOptionNone, gen.PersistOptionReset:
		if r.VariableValues != nil {
			return invalid(op, "variable_values", fmt.Sprintf("must not be given with persist_option %s", r.PersistOption))
		}
	}
	return checkToken(op, r, r.ValidityTimeInSec, nil, r.AutoCreate, byKey)
}

// hasRules reports whether the token that r requests sees less than its user.
func hasRules(r *gen.GetCustomAccessTokenRequest) bool {
	return len(r.FilterRules)+len(r.ParameterValues)+len(r.VariableValues)+len(r.Objects) > 0
}

// confines reports whether p has rules that apply to the token alone.
func confines(p *gen.UserParameters) bool {
	if p == nil {
		return false
	}
	return slices.ContainsFunc(p.RuntimeFilters, func(r gen.RuntimeFilter) bool { return !r.Persist }) ||
		slices.ContainsFunc(p.RuntimeSorts, func(r gen.RuntimeSort) bool { return !r.Persist }) ||
		slices.ContainsFunc(p.Parameters, func(r gen.RuntimeParameter) bool { return !r.Persist })
}

func checkToken(op string, req any, seconds int32, org *int32, autoCreate *bool, byKey bool) error {
	creates := autoCreate != nil && *autoCreate
	switch {
	case seconds < 0:
		return invalid(op, "validity_time_in_sec", "must not be negative")
	case org != nil && *org < 0:
		return invalid(op, "org_id", "must not be negative")
	case creates && !byKey:
		return invalid(op, "auto_create", "requires secret_key instead of password")
	}
	return checkTexts(op, req)
}

// checkSecret checks a password or secret key. It often comes from a file or an
// environment variable, and with it a line break or a byte order mark that the server
// would count as a wrong password.
func checkSecret(op, field string, s gen.Secret) *Error {
	problem := fields.TextProblem(string(s))
	if problem != "" {
		return invalid(op, field, problem)
	}
	return nil
}

// checkTexts checks all texts of a request: the required ones are there, and each of
// them can be sent as it is.
func checkTexts(op string, req any) error {
	field, problem := fields.Problem(req)
	if problem != "" {
		return invalid(op, field, problem)
	}
	return nil
}
