package authflow

import (
	"cmp"
	"fmt"
	"reflect"

	"github.com/go-thoughtspot/tsauth/gen"
)

// What a server would refuse, or ignore without a word, is refused here (X5).

func checkFull(op string, r gen.GetFullAccessTokenRequest, c credential) error {
	return cmp.Or(
		checkValidity(op, r.ValidityTimeInSec),
		checkOrg(op, r.OrgID),
		checkProvisioning(op, r.AutoCreate, c),
		checkNames(op, "group_identifiers", r.GroupIdentifiers),
		checkUserParameters(op, r.UserParameters),
	)
}

func checkObject(op string, r gen.GetObjectAccessTokenRequest, c credential) error {
	if r.ObjectID == "" {
		return invalid(op, "object_id", "must not be empty")
	}
	return cmp.Or(
		checkValidity(op, r.ValidityTimeInSec),
		checkOrg(op, r.OrgID),
		checkProvisioning(op, r.AutoCreate, c),
		checkNames(op, "group_identifiers", r.GroupIdentifiers),
		checkUserParameters(op, r.UserParameters),
	)
}

func checkCustom(op string, r gen.GetCustomAccessTokenRequest, c credential) error {
	switch r.PersistOption {
	case "":
		return invalid(op, "persist_option", "is needed: REPLACE, APPEND, NONE or RESET")
	case gen.PersistOptionNONE, gen.PersistOptionRESET:
		if r.VariableValues != nil {
			return invalid(op, "variable_values", fmt.Sprintf("must not be given with persist_option %s", r.PersistOption))
		}
	}
	groups := make([]string, len(r.Groups))
	for i, g := range r.Groups {
		groups[i] = g.Identifier
	}
	return cmp.Or(
		checkValidity(op, r.ValidityTimeInSec),
		checkProvisioning(op, r.AutoCreate, c),
		checkNames(op, "groups", groups),
		checkRules(op, "filter_rules", r.FilterRules),
		checkValues(op, "parameter_values", r.ParameterValues),
		checkValues(op, "variable_values", r.VariableValues),
		checkObjects(op, "objects", r.Objects),
	)
}

func checkUserParameters(op string, p *gen.UserParameters) error {
	if p == nil {
		return nil
	}
	for i, s := range p.RuntimeSorts {
		if s.ColumnName == "" || s.Order == "" {
			return invalid(op, fmt.Sprintf("user_parameters.runtime_sorts[%d]", i), "needs column_name and order")
		}
	}
	return cmp.Or(
		checkRules(op, "user_parameters.runtime_filters", p.RuntimeFilters),
		checkValues(op, "user_parameters.parameters", p.Parameters),
		checkObjects(op, "user_parameters.objects", p.Objects),
	)
}

func checkValidity(op string, seconds int32) error {
	if seconds < 0 {
		return invalid(op, "validity_time_in_sec", "must not be negative")
	}
	return nil
}

func checkOrg(op string, id *int32) error {
	if id != nil && *id < 0 {
		return invalid(op, "org_id", "must not be negative")
	}
	return nil
}

func checkProvisioning(op string, autoCreate *bool, c credential) error {
	if autoCreate != nil && *autoCreate && c.field == "password" {
		return invalid(op, "auto_create", "needs secret_key, not password")
	}
	return nil
}

func checkNames(op, field string, names []string) error {
	for i, n := range names {
		if n == "" {
			return invalid(op, fmt.Sprintf("%s[%d]", field, i), "must not be empty")
		}
	}
	return nil
}

func checkRules(op, field string, rules []gen.FilterRule) error {
	for i, r := range rules {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case r.ColumnName == "":
			return invalid(op, at+".column_name", "must not be empty")
		case r.Operator == "":
			return invalid(op, at+".operator", "is needed, such as EQ or IN")
		}
		if err := checkList(op, at+".values", r.Values); err != nil {
			return err
		}
	}
	return nil
}

func checkValues(op, field string, values []gen.NamedValues) error {
	for i, v := range values {
		at := fmt.Sprintf("%s[%d]", field, i)
		if v.Name == "" {
			return invalid(op, at+".name", "must not be empty")
		}
		if err := checkList(op, at+".values", v.Values); err != nil {
			return err
		}
	}
	return nil
}

func checkObjects(op, field string, objects []gen.ObjectIdentifier) error {
	for i, o := range objects {
		if o.Identifier == "" {
			return invalid(op, fmt.Sprintf("%s[%d].identifier", field, i), "must not be empty")
		}
	}
	return nil
}

// checkList checks the values of a rule, which the spec types as any.
func checkList(op, field string, values []gen.FilterValue) error {
	if values == nil {
		return invalid(op, field, "is needed")
	}
	for i, v := range values {
		switch reflect.ValueOf(v).Kind() {
		case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
			reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		default:
			return invalid(op, fmt.Sprintf("%s[%d]", field, i), fmt.Sprintf("is a %T; a string, boolean or number is needed", v))
		}
	}
	return nil
}
