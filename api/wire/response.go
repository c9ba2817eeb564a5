package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// Read reads the whole body of a response and closes it.
func Read(rsp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(rsp.Body)
	closed := rsp.Body.Close()
	if err == nil {
		err = closed
	}
	return body, err
}

// Decode decodes the body of a response. It returns nil and no error for a body that is
// not JSON, such as a page of HTML, whatever the status and the content type say,
// and for an empty body and null. The errors hold nothing of the body.
func Decode[T any](rsp *http.Response, body []byte) (*T, error) {
	body = Trim(body)
	if len(body) == 0 || string(body) == "null" {
		return nil, nil
	}
	labelled := strings.Contains(strings.ToLower(rsp.Header.Get("Content-Type")), "json")
	if !labelled && !opens[T](body[0]) {
		return nil, nil
	}
	if !json.Valid(body) {
		if !labelled {
			return nil, nil
		}
		return nil, errors.New("the body is not valid JSON, although its content type says so")
	}
	v := new(T)
	if err := json.Unmarshal(body, v); err != nil {
		var field *FieldError
		if errors.As(err, &field) {
			return nil, field
		}
		return nil, errors.New("the body is JSON of another form than documented")
	}
	return v, nil
}

// opens reports whether JSON that is not labelled as JSON can begin with a
// character: an object with a brace, and a list, where a list is expected, with a
// bracket. A text that begins with another character may be JSON by accident.
func opens[T any](first byte) bool {
	return first == '{' || first == '[' && reflect.TypeFor[T]().Kind() == reflect.Slice
}

// Trim removes what may stand around the JSON of a response without being a
// part of it: white space, a byte order mark, and the line )]}' that some
// servers and proxies put in front against script inclusion.
func Trim(body []byte) []byte {
	body = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\xef\xbb\xbf")))
	if rest, guarded := bytes.CutPrefix(body, []byte(")]}'")); guarded {
		body = bytes.TrimSpace(bytes.TrimPrefix(rest, []byte(",")))
	}
	return body
}
