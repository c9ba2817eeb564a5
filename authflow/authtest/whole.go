package authtest

import (
	"bytes"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// whole is a 200 response with every field that the models have, as the server's
// gateway writes them: false, 0, "" and [] as they are, and null for what is
// missing. Missing are nil lists, maps and pointers, and the zero value of a time,
// of an enum and of the id of something else.
//
// The generated answers leave all of that out, and the models print their
// secrets redacted.
type whole struct{ of any }

// MarshalJSON implements json.Marshaler.
func (a whole) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	writeWhole(&b, reflect.ValueOf(a.of))
	return b.Bytes(), nil
}

func writeWhole(b *bytes.Buffer, v reflect.Value) {
	switch kind := v.Kind(); {
	case (kind == reflect.Pointer || kind == reflect.Slice) && v.IsNil():
		b.WriteString("null")
	case kind == reflect.Pointer:
		writeWhole(b, v.Elem())
	case kind == reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			writeWhole(b, v.Index(i))
		}
		b.WriteByte(']')
	case kind == reflect.Struct:
		b.WriteByte('{')
		for i := range v.NumField() {
			name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(mustJSON(name))
			b.WriteByte(':')
			if option != "" && missing(name, v.Field(i)) {
				b.WriteString("null")
			} else {
				writeWhole(b, v.Field(i))
			}
		}
		b.WriteByte('}')
	default:
		b.Write(mustJSON(v.Interface()))
	}
}

// missing tells whether an optional field has no value; see [whole].
func missing(name string, v reflect.Value) bool {
	if !v.IsZero() {
		return false
	}
	isString := v.Type() == reflect.TypeFor[string]()
	isEnum := v.Kind() == reflect.String && !isString
	isID := isString && strings.HasSuffix(name, "_id")
	return isEnum || isID || v.Type() == reflect.TypeFor[gen.UnixMilli]()
}

func (a whole) write(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(mustJSON(a))
	return err
}

// VisitGetCurrentUserInfoResponse implements stub.GetCurrentUserInfoResponseObject.
func (a whole) VisitGetCurrentUserInfoResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitGetCurrentUserTokenResponse implements stub.GetCurrentUserTokenResponseObject.
func (a whole) VisitGetCurrentUserTokenResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitGetFullAccessTokenResponse implements stub.GetFullAccessTokenResponseObject.
func (a whole) VisitGetFullAccessTokenResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitGetObjectAccessTokenResponse implements stub.GetObjectAccessTokenResponseObject.
func (a whole) VisitGetObjectAccessTokenResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitGetCustomAccessTokenResponse implements stub.GetCustomAccessTokenResponseObject.
func (a whole) VisitGetCustomAccessTokenResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitValidateTokenResponse implements stub.ValidateTokenResponseObject.
func (a whole) VisitValidateTokenResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitSearchAuthSettingsResponse implements stub.SearchAuthSettingsResponseObject.
func (a whole) VisitSearchAuthSettingsResponse(w http.ResponseWriter) error { return a.write(w) }
