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
	problem := textProblem(string(s))
	if problem != "" {
		return invalid(op, field, problem)
	}
	return nil
}

// checkTexts checks all texts of a request: the required ones are there, and each of
// them can be sent as it is.
func checkTexts(op string, req any) error {
	field, problem := requestProblem(reflect.ValueOf(req).Elem(), "")
	if problem != "" {
		return invalid(op, field, problem)
	}
	return nil
}

// requestProblem returns the first field below v that the server would not accept,
// and why. path is the name of v itself.
func requestProblem(v reflect.Value, path string) (field, problem string) {
	switch v.Kind() {
	case reflect.String:
		return path, textProblem(v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			return requestProblem(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			field, problem = itemProblem(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			if problem != "" {
				return field, problem
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field, problem = fieldProblem(v.Type().Field(i), v.Field(i), path)
			if problem != "" {
				return field, problem
			}
		}
	}
	return "", ""
}

// fieldProblem checks a field of the struct at path. A text whose JSON tag has no
// omitempty or omitzero is required.
func fieldProblem(typ reflect.StructField, v reflect.Value, path string) (field, problem string) {
	name, options, _ := strings.Cut(typ.Tag.Get("json"), ",")
	field = name
	if path != "" {
		field = path + "." + name
	}
	required := v.Kind() == reflect.String && !strings.Contains(options, "omit")
	switch {
	case required && v.Len() == 0:
		return field, "must not be empty"
	case name == "values" && v.IsNil():
		return field, "is required"
	case name == "values":
		return valuesProblem(v, field)
	}
	return requestProblem(v, field)
}

// itemProblem checks an item of a list.
func itemProblem(v reflect.Value, path string) (field, problem string) {
	if v.Kind() == reflect.String && v.Len() == 0 {
		return path, "must not be empty"
	}
	return requestProblem(v, path)
}

// valuesProblem checks the values of a rule. They are compared with the data of the
// cluster, whose texts may contain any character.
func valuesProblem(values reflect.Value, path string) (field, problem string) {
	for i := range values.Len() {
		field, value := fmt.Sprintf("%s[%d]", path, i), values.Index(i)
		switch {
		case value.Kind() == reflect.Interface:
			problem = anyProblem(value.Elem())
		case value.Len() == 0:
			problem = "must not be empty"
		default:
			problem = anyProblem(value)
		}
		if problem != "" {
			return field, problem
		}
	}
	return "", ""
}

// anyProblem checks a value that the spec types as any. It is invalid for null.
func anyProblem(value reflect.Value) string {
	if !value.IsValid() {
		return "must be a string, boolean or number, and not null"
	}
	switch {
	case value.Kind() == reflect.String && !utf8.ValidString(value.String()):
		return notUTF8
	case value.Kind() == reflect.String, value.Kind() == reflect.Bool, isNumber(value):
		return ""
	}
	return fmt.Sprintf("must be a string, boolean or number, and not a %s", value.Type())
}

func isNumber(v reflect.Value) bool { return v.CanInt() || v.CanUint() || v.CanFloat() }

const notUTF8 = "is not valid UTF-8"

// textProblem returns why a text is probably not what its author meant, or "".
// Characters that nobody sees come from files, spreadsheets and web pages along with
// the text, and with them the text is another one for the server.
func textProblem(s string) string {
	if !utf8.ValidString(s) {
		return notUTF8
	}
	control := strings.IndexFunc(s, isControl)
	direction := strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) })
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case control >= 0 && strings.Trim(s[control:], "\r\n") == "":
		return "ends in a line break"
	case control >= 0:
		return fmt.Sprintf("contains a control character at byte %d", control)
	case direction >= 0:
		return fmt.Sprintf("contains a character that changes the direction of the text, at byte %d", direction)
	case first == byteOrderMark:
		return "begins with a byte order mark (U+FEFF)"
	case isInvisible(first):
		return fmt.Sprintf("begins with an invisible character (%U)", first)
	case isInvisible(last) && !endsVisibly(s):
		return fmt.Sprintf("ends in an invisible character (%U)", last)
	}
	return ""
}

const (
	byteOrderMark      = '\ufeff'
	zeroWidthJoiner    = '\u200d' // makes one character of two
	zeroWidthNonJoiner = '\u200c' // keeps two characters apart
	endOfFlag          = '\U000e007f'
)

// isControl reports whether r is a control character or a line break of Unicode.
func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)
}

// isInvisible reports whether r shows nothing of its own: a character without a
// width, a variation selector, or a space other than U+0020. An ordinary space may
// be a part of a password or name.
func isInvisible(r rune) bool {
	if r == ' ' || unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Zs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// endsVisibly reports whether the last character of s, which is invisible, belongs to
// the visible one before it: a variation selector as in the red heart, the end of the
// flag of Scotland, or a joiner behind a virama as in words of Malayalam.
func endsVisibly(s string) bool {
	last, size := utf8.DecodeLastRuneInString(s)
	before, _ := utf8.DecodeLastRuneInString(s[:len(s)-size])
	switch {
	case last == endOfFlag:
		return true
	case last == zeroWidthJoiner, last == zeroWidthNonJoiner:
		return unicode.IsMark(before)
	case unicode.Is(unicode.Variation_Selector, last):
		return !isInvisible(before)
	}
	return false
}
