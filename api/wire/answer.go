package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Read reads the body of a response to its end and closes it.
func Read(rsp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(rsp.Body)
	if closed := rsp.Body.Close(); err == nil {
		err = closed
	}
	return body, err
}

// Answer decodes the body of an answer. It returns nil and no error for what is
// not JSON, such as a page of HTML, whatever the status and content type say,
// and for an empty body and null. The errors hold nothing of the body.
func Answer[T any](contentType string, body []byte) (*T, error) {
	body = Trim(body)
	announced := strings.Contains(strings.ToLower(contentType), "json")
	switch {
	case len(body) == 0 || string(body) == "null":
		return nil, nil
	case !announced && body[0] != '{':
		return nil, nil
	case !json.Valid(body):
		if !announced {
			return nil, nil
		}
		return nil, errors.New("the answer is not valid JSON, although it says so")
	}
	answer := new(T)
	if err := json.Unmarshal(body, answer); err != nil {
		var field *FieldError
		if errors.As(err, &field) {
			return nil, field
		}
		return nil, errors.New("the answer is JSON of another form than is documented")
	}
	return answer, nil
}

// Trim takes away what may stand around the JSON of an answer without being a
// part of it: white space, a byte order mark, and the line )]}' that some
// servers and proxies put in front against script inclusion.
func Trim(body []byte) []byte {
	body = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\xef\xbb\xbf")))
	if rest, guarded := bytes.CutPrefix(body, []byte(")]}'")); guarded {
		body = bytes.TrimSpace(bytes.TrimPrefix(rest, []byte(",")))
	}
	return body
}

// FieldError says which field of an answer is missing or of a wrong type.
type FieldError struct{ Field string }

// Error implements error.
func (e *FieldError) Error() string {
	return fmt.Sprintf("the answer has no %s, or one that is not of its type", e.Field)
}

// Object decodes a JSON object into the struct that v points to, field by field
// as the json tags name them. One odd field must not cost the others: a field
// that does not fit its Go type is left as it was, except one that needs names,
// which has to be there: without it the error is a [FieldError].
//
// A number or boolean in a string fits a number or boolean, a number fits a
// string that is no [Secret], and 4.0 fits an integer. Of a list or map, what
// fits is kept. null leaves everything as it was.
func Object(b []byte, v any, needs ...string) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return errors.New("not a JSON object")
	}
	if raw == nil {
		return nil
	}
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		name, _, _ := strings.Cut(s.Type().Field(i).Tag.Get("json"), ",")
		value, there := raw[name]
		if fits := there && fit(value, s.Field(i)); !fits && slices.Contains(needs, name) {
			return &FieldError{name}
		}
	}
	return nil
}

// fit decodes raw into dst and reports whether it did. If not, or for null, dst
// is as it was.
func fit(raw json.RawMessage, dst reflect.Value) bool {
	if string(raw) == "null" {
		return false
	}
	switch dst.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, ok, err := parseInteger(unquote(raw))
		if err != nil || !ok || dst.OverflowInt(n) {
			return false
		}
		dst.SetInt(n)
		return true
	case reflect.Bool:
		raw = unquote(raw)
	case reflect.String:
		if isNumber(raw) && dst.Type() != reflect.TypeFor[Secret]() {
			dst.SetString(string(raw))
			return true
		}
	case reflect.Pointer:
		to := reflect.New(dst.Type().Elem())
		if !fit(raw, to.Elem()) {
			return false
		}
		dst.Set(to)
		return true
	case reflect.Slice:
		if dst.Type().Elem().Kind() != reflect.Uint8 {
			return fitList(raw, dst)
		}
	case reflect.Map:
		return fitMap(raw, dst)
	}
	to := reflect.New(dst.Type())
	if json.Unmarshal(raw, to.Interface()) != nil {
		return false
	}
	dst.Set(to.Elem())
	return true
}

func fitList(raw json.RawMessage, dst reflect.Value) bool {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return false
	}
	list := reflect.MakeSlice(dst.Type(), 0, len(items))
	for _, item := range items {
		if one := reflect.New(dst.Type().Elem()).Elem(); fit(item, one) {
			list = reflect.Append(list, one)
		}
	}
	dst.Set(list)
	return true
}

func fitMap(raw json.RawMessage, dst reflect.Value) bool {
	var items map[string]json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return false
	}
	all := reflect.MakeMapWithSize(dst.Type(), len(items))
	for name, item := range items {
		if one := reflect.New(dst.Type().Elem()).Elem(); fit(item, one) {
			all.SetMapIndex(reflect.ValueOf(name), one)
		}
	}
	dst.Set(all)
	return true
}

// unquote returns the text of a JSON string, and what is none as it is.
func unquote(raw json.RawMessage) json.RawMessage {
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return json.RawMessage(text)
	}
	return raw
}

func isNumber(raw json.RawMessage) bool {
	return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}
