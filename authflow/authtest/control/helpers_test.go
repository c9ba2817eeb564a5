package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/control"
	"github.com/go-thoughtspot/tsauth/gen"
)

// remote speaks to the control API of a simulator, and holds the requests and
// responses to the API's document.
type remote struct {
	t    *testing.T
	sim  *authtest.Simulator
	h    http.Handler
	used map[string]bool // operationIds that have answered
}

func serve(t *testing.T, opts ...authtest.Option) *remote {
	t.Helper()
	sim := authtest.New(opts...)
	return &remote{t, sim, control.Handler(sim), make(map[string]bool)}
}

// do makes a call such as "GET /clock", decodes a JSON answer into out, if that
// is not nil, and fails the test if the status is another than 200 or 204.
func (r *remote) do(to, body string, out any) {
	r.t.Helper()
	rec := r.send(to, "application/json", body)
	if rec.Code != http.StatusOK && rec.Code != http.StatusNoContent {
		r.t.Fatalf("%s %s: %d %s", to, body, rec.Code, rec.Body)
	}
	if out != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), out); err != nil {
			r.t.Fatalf("%s: %s: %v", to, rec.Body, err)
		}
	}
}

// rejected makes a call that must be rejected, and returns the error.
func (r *remote) rejected(to, body string, status int) (field, text string) {
	r.t.Helper()
	rec := r.send(to, "application/json", body)
	var said struct{ Field, Error string }
	if err := json.Unmarshal(rec.Body.Bytes(), &said); err != nil || said.Error == "" || rec.Code != status {
		r.t.Fatalf("%s %s: %d %s, want %d and an error; %v", to, body, rec.Code, rec.Body, status, err)
	}
	return said.Field, said.Error
}

func (r *remote) send(to, contentType, body string) *httptest.ResponseRecorder {
	r.t.Helper()
	method, path, _ := strings.Cut(to, " ")
	request := func() *http.Request {
		req := httptest.NewRequestWithContext(r.t.Context(), method, "http://127.0.0.1:4124"+path, strings.NewReader(body))
		if body != "" {
			req.Header.Set("Content-Type", contentType)
		}
		return req
	}
	rec := httptest.NewRecorder()
	r.h.ServeHTTP(rec, request())
	r.conforms(request(), rec)
	return rec
}

// documented finds the operation of the document that a request is for.
func documented(req *http.Request) (route *routers.Route, params map[string]string) {
	mux, doc := http.NewServeMux(), control.Document()
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			mux.HandleFunc(method+" "+path, func(_ http.ResponseWriter, r *http.Request) {
				route = &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}
				params = map[string]string{"id": r.PathValue("id"), "name": r.PathValue("name")}
			})
		}
	}
	mux.ServeHTTP(httptest.NewRecorder(), req.Clone(req.Context()))
	return route, params
}

// undocumented is the status for a request that no operation of the document is for.
func undocumented(req *http.Request) int {
	mux, rec := http.NewServeMux(), httptest.NewRecorder()
	for path := range control.Document().Paths.Map() {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) })
	}
	mux.ServeHTTP(rec, req.Clone(req.Context()))
	return rec.Code
}

func (r *remote) conforms(req *http.Request, rec *httptest.ResponseRecorder) {
	r.t.Helper()
	route, params := documented(req)
	if route == nil {
		if want := undocumented(req); rec.Code != want {
			r.t.Errorf("%s %s: %d, want %d: the document has no such operation", req.Method, req.URL.Path, rec.Code, want)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route}
	if rec.Code < 300 {
		r.used[route.Operation.OperationID] = true
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			r.t.Errorf("%s %s was taken against the document: %v", req.Method, req.URL.Path, err)
		}
	}
	if rec.Code == http.StatusNoContent && rec.Body.Len() > 0 {
		r.t.Errorf("204 with a body: %s", rec.Body)
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: rec.Code, Header: rec.Header(),
		Body:    io.NopCloser(bytes.NewReader(rec.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		r.t.Errorf("%s %s answered against the document: %v", req.Method, req.URL.Path, err)
	}
}

// The paths of the API that the tests call.
const (
	base   = "/api/rest/2.0/"
	login  = "POST " + base + "auth/session/login"
	whoami = "GET " + base + "auth/session/user"
	full   = "POST " + base + "auth/token/full"
	custom = "POST " + base + "auth/token/custom"
	search = "POST " + base + "metadata/search"
)

// annPW are the name and password of ann, the user of most tests.
const annPW = `{"username":"ann","password":"pw"}`

func ann() authtest.Option { return authtest.WithUser("ann", "pw") }

// trusted is the body of a request for a token with the default secret key.
func trusted(more string) string {
	return `{"username":"ann","secret_key":"` + authtest.DefaultSecretKey + `"` + more + `}`
}

// header is a request header, name and value.
type header [2]string

func bearer(token gen.Secret) header { return header{"Authorization", "Bearer " + string(token)} }

// response is a response of the simulator.
type response struct {
	status int
	header http.Header
	body   string
}

// call makes a call of the API with a JSON body.
func call(t *testing.T, sim *authtest.Simulator, to, body string, headers ...header) response {
	t.Helper()
	res, err := send(t, sim, to, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func send(t *testing.T, sim *authtest.Simulator, to, body string, headers ...header) (response, error) {
	t.Helper()
	method, path, _ := strings.Cut(to, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, sim.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		req.Header.Set(h[0], h[1])
	}
	res, err := sim.Transport().RoundTrip(req)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return response{res.StatusCode, res.Header, string(b)}, err
}

// want fails the test unless a call of the API has a status.
func want(t *testing.T, r response, status int) {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
}

// token requests a token, which must work.
func token(t *testing.T, sim *authtest.Simulator, to, body string) (tok gen.AccessToken) {
	t.Helper()
	r := call(t, sim, to, body)
	want(t, r, http.StatusOK)
	if err := json.Unmarshal([]byte(r.body), &tok); err != nil {
		t.Fatal(err)
	}
	return tok
}
