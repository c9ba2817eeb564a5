package authtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The paths of the operations.
const (
	base     = "/api/rest/2.0/"
	login    = "POST " + base + "auth/session/login"
	logout   = "POST " + base + "auth/session/logout"
	whoami   = "GET " + base + "auth/session/user"
	myToken  = "GET " + base + "auth/session/token"
	full     = "POST " + base + "auth/token/full"
	object   = "POST " + base + "auth/token/object"
	custom   = "POST " + base + "auth/token/custom"
	revoke   = "POST " + base + "auth/token/revoke"
	validate = "POST " + base + "auth/token/validate"
	search   = "POST " + base + "metadata/search"
)

// answer holds a response whose body was read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// failure is what an error envelope of the flat or nested form says.
func (a answer) failure(t *testing.T) gen.ErrorDetail {
	t.Helper()
	var e gen.ErrorResponse
	if err := json.Unmarshal(a.body, &e); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	var nested struct{ Debug gen.ErrorDetail }
	if err := json.Unmarshal(e.Error.Message, &nested); err == nil && nested.Debug.Code != 0 {
		return nested.Debug
	}
	var d gen.ErrorDetail
	if err := json.Unmarshal(e.Error.Message, &d); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return d
}

func (a answer) decode(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

// sessionCookies returns the cookies of a login, as a Cookie header.
func (a answer) sessionCookies(t *testing.T) string {
	t.Helper()
	res := http.Response{Header: a.header}
	var pairs []string
	for _, c := range res.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	if len(pairs) == 0 {
		t.Fatalf("no cookies in %d %s", a.status, a.body)
	}
	return strings.Join(pairs, "; ")
}

// header is a request header, name and value.
type header [2]string

func bearer(token gen.Secret) header { return header{"Authorization", "Bearer " + string(token)} }

func cookie(value string) header { return header{"Cookie", value} }

// call sends a JSON body to a simulator in process. The responses of the operations
// are held to the spec.
func call(t *testing.T, sim *authtest.Simulator, to, body string, headers ...header) answer {
	t.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
	}
	return callAs(t, sim, to, contentType, body, headers...)
}

// callAs is call with a content type.
func callAs(t *testing.T, sim *authtest.Simulator, to, contentType, body string, headers ...header) answer {
	t.Helper()
	method, path, _ := strings.Cut(to, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, sim.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for _, h := range headers {
		req.Header.Add(h[0], h[1])
	}
	res, err := sim.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{res.StatusCode, res.Header, b}
	conforms(t, req, a)
	return a
}

// conforms fails the test if the response of an operation is not what the spec
// says.
func conforms(t *testing.T, req *http.Request, a answer) {
	t.Helper()
	if a.status == http.StatusNoContent && len(a.body) > 0 {
		t.Errorf("204 with a body: %s", a.body)
	}
	doc := authtest.Document()
	item := doc.Paths.Value(req.URL.Path)
	if item == nil || item.GetOperation(req.Method) == nil {
		return
	}
	if ct := a.header.Get("Content-Type"); len(a.body) > 0 && ct != "application/json" {
		t.Errorf("content type %q", ct)
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, Route: &routers.Route{
			Spec: doc, Path: req.URL.Path, PathItem: item, Method: req.Method, Operation: item.GetOperation(req.Method),
		}},
		Status:  a.status,
		Header:  a.header,
		Body:    io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("%s %s answered against the spec: %v", req.Method, req.URL.Path, err)
	}
}

// want fails the test unless the status, and for an error the server's code
// for it, are right.
func want(t *testing.T, a answer, status int) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if status < 400 {
		return
	}
	codes := map[int]int{400: 10002, 401: 10097, 403: 10023, 404: 10000, 405: 10000, 500: 10038}
	d := a.failure(t)
	if d.Code != codes[status] || d.IncidentIDGUID == "" || d.TraceIDGUID == "" || d.IncidentIDGUID == d.TraceIDGUID {
		t.Errorf("status %d with the details %+v", status, d)
	}
}

// token requests a full or object access token, or one of a session, which
// must work.
func token(t *testing.T, sim *authtest.Simulator, to, body string, headers ...header) gen.Token {
	t.Helper()
	a := call(t, sim, to, body, headers...)
	want(t, a, http.StatusOK)
	var tok gen.Token
	a.decode(t, &tok)
	return tok
}

func whoIs(t *testing.T, sim *authtest.Simulator, headers ...header) gen.User {
	t.Helper()
	a := call(t, sim, whoami, "", headers...)
	want(t, a, http.StatusOK)
	var u gen.User
	a.decode(t, &u)
	return u
}

// trusted is the body of a request with the default secret key, and more.
func trusted(more string) string {
	return `{"username":"ann","secret_key":"` + authtest.DefaultSecretKey + `"` + more + `}`
}

// ann is the user of most tests.
func ann(more ...authtest.UserOption) authtest.Option {
	return authtest.WithUser("ann", "pw", more...)
}

const annPW = `{"username":"ann","password":"pw"}`
