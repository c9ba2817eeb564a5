package authflow

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-thoughtspot/tsauth/gen"
)

// What a server would refuse, or ignore without a word, is refused here (X5).

func checkFull(r *gen.GetFullAccessTokenRequest, byKey bool) error {
	return checkToken(wayFull.op(), r, r.ValidityTimeInSec, r.OrgID, r.AutoCreate, byKey)
}

func checkObject(r *gen.GetObjectAccessTokenRequest, byKey bool) error {
	return checkToken(wayObject.op(), r, r.ValidityTimeInSec, r.OrgID, r.AutoCreate, byKey)
}

func checkCustom(r *gen.GetCustomAccessTokenRequest, byKey bool) error {
	op := wayCustom.op()
	switch r.PersistOption {
	case "":
		return invalid(op, "persist_option", "is needed: REPLACE, APPEND, NONE or RESET")
	case gen.PersistOptionNone, gen.PersistOptionReset:
		if r.VariableValues != nil {
			return invalid(op, "variable_values", fmt.Sprintf("must not be given with persist_option %s", r.PersistOption))
		}
	}
	return checkToken(op, r, r.ValidityTimeInSec, nil, r.AutoCreate, byKey)
}

// hasRules reports whether the token that r asks for sees less than its user.
func hasRules(r *gen.GetCustomAccessTokenRequest) bool {
	return len(r.FilterRules)+len(r.ParameterValues)+len(r.VariableValues)+len(r.Objects) > 0
}

// confines reports whether p holds rules that reach the token alone.
func confines(p *gen.UserParameters) bool {
	return p != nil && (slices.ContainsFunc(p.RuntimeFilters, func(r gen.RuntimeFilter) bool { return !r.Persist }) ||
		slices.ContainsFunc(p.RuntimeSorts, func(r gen.RuntimeSort) bool { return !r.Persist }) ||
		slices.ContainsFunc(p.Parameters, func(r gen.RuntimeParameter) bool { return !r.Persist }))
}

func checkToken(op string, req any, seconds int32, org *int32, autoCreate *bool, byKey bool) error {
	switch {
	case seconds < 0:
		return invalid(op, "validity_time_in_sec", "must not be negative")
	case org != nil && *org < 0:
		return invalid(op, "org_id", "must not be negative")
	case autoCreate != nil && *autoCreate && !byKey:
		return invalid(op, "auto_create", "needs secret_key, not password")
	}
	return checkTexts(op, req)
}

// checkSecret checks a password or key that may come from a file or a variable,
// with more in it than was meant.
func checkSecret(op, field string, s gen.Secret) *Error {
	if problem := textProblem(string(s)); problem != "" {
		return invalid(op, field, problem)
	}
	return nil
}

// checkTexts checks all texts of a request: that there are those which the
// server needs, and that they can be sent as they are.
func checkTexts(op string, req any) error {
	if field, problem := walk(reflect.ValueOf(req).Elem(), ""); problem != "" {
		return invalid(op, field, problem)
	}
	return nil
}

// walk returns the first field below v that is not as it should be. A text that
// is not left out of the JSON when it is empty is needed.
func walk(v reflect.Value, path string) (field, problem string) {
	switch v.Kind() {
	case reflect.String:
		return path, textProblem(v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			return walk(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			at := fmt.Sprintf("%s[%d]", path, i)
			e := v.Index(i)
			switch {
			case e.Kind() == reflect.Interface:
				if problem := valueProblem(e); problem != "" {
					return at, problem
				}
				continue
			case e.Kind() == reflect.String && e.Len() == 0:
				return at, "must not be empty"
			}
			if field, problem := walk(e, at); problem != "" {
				return field, problem
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, more, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			at := strings.TrimPrefix(path+"."+name, ".")
			switch f := v.Field(i); {
			case f.Kind() == reflect.String && f.Len() == 0 && !strings.Contains(more, "omit"):
				return at, "must not be empty"
			case name == "values" && f.IsNil():
				return at, "is needed"
			}
			if field, problem := walk(v.Field(i), at); problem != "" {
				return field, problem
			}
		}
	}
	return "", ""
}

func textProblem(s string) string {
	switch i := strings.IndexFunc(s, unicode.IsControl); {
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case i >= 0 && strings.Trim(s[i:], "\r\n") == "":
		return "ends in a line break"
	case i >= 0:
		return fmt.Sprintf("holds a control character, at byte %d", i)
	}
	return ""
}

// valueProblem checks a value of a rule, which the spec types as any.
func valueProblem(v reflect.Value) string {
	e := v.Elem()
	switch k := e.Kind(); {
	case k == reflect.String:
		if !utf8.ValidString(e.String()) {
			return "is not UTF-8"
		}
		return ""
	case k == reflect.Bool, e.IsValid() && (e.CanInt() || e.CanUint() || e.CanFloat()):
		return ""
	}
	return fmt.Sprintf("is a %T; a string, boolean or number is needed", v.Interface())
}
