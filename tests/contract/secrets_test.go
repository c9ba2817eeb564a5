package contract_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// Of each operation a real exchange is printed in every way that a user has,
// and searched for the secrets that were in it (X3).
var _ = Describe("What is printed of an exchange", func() {
	for _, op := range slices.Sorted(maps.Keys(book.operations)) {
		It("shows no secret: "+op, func(ctx SpecContext) {
			c := reach(harms(op, nil, false)...)
			var body []byte
			if bodySchema(book.operations[op].operation) != nil {
				body = encode(c.least(ctx, op, nil))
			}
			answer := sent(callers()[op](ctx, c.api, jsonType, reader(body), c.caller(ctx, op)))
			Expect(answer).To(beGranted())
			secrets := secretsIn(answer, body)
			Expect(secrets).NotTo(BeEmpty(), "there is nothing to hide")
			for _, v := range holding(answer) {
				for how, text := range printed(v) {
					for _, secret := range secrets {
						Expect(leaks(text, secret)).To(BeFalse(), "%s of %T shows a secret", how, v)
					}
				}
			}
		})
	}
})

// secretsIn collects the secrets that must not be shown: passwords, keys and tokens of the
// request and the response, and the cookies.
func secretsIn(a answered, request []byte) []string {
	found := make(map[string]bool)
	var collect func(name string, v any)
	collect = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, child := range v {
				collect(name, child)
			}
		case []any:
			for _, child := range v {
				collect(name, child)
			}
		case string:
			if slices.Contains([]string{"token", "key", "password", "secret_key"}, name) {
				found[v] = true
			}
		}
	}
	for _, document := range [][]byte{request, bodyOf(a)} {
		var v any
		if decode(document, &v) == nil {
			collect("", v)
		}
	}
	response, _ := reflect.ValueOf(a).Elem().FieldByName("HTTPResponse").Interface().(*http.Response)
	if token, ok := strings.CutPrefix(response.Request.Header.Get("Authorization"), "Bearer "); ok {
		found[token] = true
	}
	for _, cookie := range response.Cookies() {
		found[cookie.Value] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// holding lists a result, what is in it, and what may hold it.
func holding(a answered) []any {
	v := reflect.ValueOf(a)
	all := []any{a, v.Elem().Interface(), []any{a}, map[string]any{"a": v.Elem().Interface()}, struct{ Result any }{a}}
	body := v.Elem().FieldByName("JSON200")
	if !body.IsValid() {
		return all
	}
	all = append(all, body.Interface(), body.Elem().Interface(), &struct{ Answer any }{body.Interface()})
	if body.Elem().Kind() == reflect.Struct {
		for i := range body.Elem().NumField() {
			all = append(all, body.Elem().Field(i).Interface())
		}
	}
	return all
}

// printed is v as package fmt, log/slog and, where it is a response, encoding/json
// write it.
func printed(v any) map[string]string {
	all := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U", "%T"} {
		all[verb] = fmt.Sprintf(verb, v)
	}
	if _, is := v.(slog.LogValuer); is {
		var text, document bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&document, nil)).Info("x", "v", v)
		all["slog"], all["slog in JSON"] = text.String(), document.String()
	}
	// A secret alone has to be written: requests are made of them.
	if kind := reflect.Indirect(reflect.ValueOf(v)).Kind(); kind == reflect.Struct {
		document, err := json.Marshal(v)
		Expect(err).NotTo(HaveOccurred())
		all["JSON"] = string(document)
	}
	return all
}

// leaks tells whether a text holds a secret in one of the forms that package fmt
// and encoding/json have for text and bytes.
func leaks(text, secret string) bool {
	b := []byte(secret)
	for _, form := range []string{
		secret, hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), strings.Trim(fmt.Sprintf("%d", b), "[]"),
		base64.StdEncoding.EncodeToString(b)[:len(b)/3*4],
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}
