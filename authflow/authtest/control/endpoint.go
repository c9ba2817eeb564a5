package control

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/complaint"
)

// endpoint holds requests to the document before an operation sees them.
type endpoint struct {
	do    operation
	route *routers.Route
}

// maxBody is how much of a body is read, in bytes: OpenAPI documents are long.
const maxBody = 16 << 20

// ServeHTTP implements [http.Handler].
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := e.fits(r); err != nil {
		reject(w, err)
		return
	}
	body, err := e.call(r)
	switch text, is := body.([]byte); {
	case err != nil:
		reject(w, err)
	case body == nil:
		w.WriteHeader(http.StatusNoContent)
	case is:
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(text)
	default:
		writeJSON(w, http.StatusOK, body)
	}
}

// call returns a mistake that the simulator panics with as an error: it is one of
// the client.
func (e *endpoint) call(r *http.Request) (body any, err error) {
	defer func() {
		v := recover()
		mistake, is := v.(*authtest.UsageError)
		switch {
		case is:
			body, err = nil, mistake
		case v != nil:
			panic(v)
		}
	}()
	return e.do(r)
}

func (e *endpoint) fits(r *http.Request) error {
	params := make(map[string]string)
	for _, p := range e.route.PathItem.Parameters {
		params[p.Value.Name] = r.PathValue(p.Value.Name)
	}
	if err := e.knowsQuery(r.URL.Query()); err != nil {
		return err
	}
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: e.route,
		Options: &openapi3filter.Options{SkipSettingDefaults: true},
	})
	if err != nil {
		return unfit(err)
	}
	return nil
}

// knowsQuery rejects a parameter that the operation does not have: a misspelt filter
// would find everything.
func (e *endpoint) knowsQuery(query url.Values) error {
	var known []string
	for _, p := range e.route.Operation.Parameters {
		known = append(known, p.Value.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) {
			return invalid(name, "there is no such parameter; there are: "+cmp.Or(strings.Join(known, ", "), "none"))
		}
	}
	return nil
}

// unfit says which field of a request is wrong. It never repeats a value.
func unfit(err error) error {
	var request *openapi3filter.RequestError
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return &rejection{http.StatusRequestEntityTooLarge, "", fmt.Sprintf("the body is longer than %d bytes", long.Limit)}
	case !errors.As(err, &request):
		return invalid("", "the request does not fit the operation")
	}
	path, reason := complaint.Cause(chosen(request.Err))
	if p := request.Parameter; p != nil {
		return invalid(p.Name, cmp.Or(reason, "the value does not fit the parameter"))
	}
	if reason == "" {
		return invalid("", complaint.About(err))
	}
	// The path to a field that does not exist ends before it.
	if name, ok := strings.CutSuffix(reason, " is unsupported"); ok {
		path = append(path, strings.Trim(strings.TrimPrefix(name, "property "), `"`))
	}
	return invalid(strings.Join(path, "."), reason)
}

// chosen returns the error of the alternative that a discriminator has chosen,
// which knows the whole path to its field, or err itself.
func chosen(err error) error {
	var outer, inner *openapi3.SchemaError
	if errors.As(err, &outer) && outer.SchemaField == "oneOf" && errors.As(outer.Origin, &inner) {
		return inner
	}
	return err
}

// decode reads the body of a request into v.
func decode(r *http.Request, v any) error {
	body, err := read(r)
	if err != nil {
		return err
	}
	return unmarshal(body, v)
}

func unmarshal(body []byte, v any) error {
	if json.Unmarshal(body, v) != nil {
		return invalid("", "the body does not fit the operation")
	}
	return nil
}

// read returns the whole body of a request.
func read(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalid("", "the body cannot be read")
	}
	return b, nil
}
