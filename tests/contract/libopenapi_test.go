package contract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/http"

	"github.com/pb33f/libopenapi"
	libvalidator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"

	"github.com/go-thoughtspot/tsauth/api"
)

// lib validates with pb33f/libopenapi-validator, which parses the document by
// itself and shares no code with kin-openapi. It does not notice that a
// response lacks the body that the document has for it.
type lib struct{ requests, lenient, answers libvalidator.Validator }

func newLib() lib {
	return lib{
		requests: libOn(config.WithStrictMode(),
			// The document declares the session cookie as a security scheme
			// and leaves headers to HTTP; this validator wants parameters.
			config.WithStrictIgnorePaths("$.cookies.*"),
			config.WithStrictIgnoredHeadersExtra("x-requested-by"),
		),
		lenient: libOn(),
		answers: libOn(config.WithStrictMode(),
			config.WithStrictIgnorePaths(unspecified()...),
			config.WithStrictIgnoredHeadersExtra("set-cookie"),
		),
	}
}

// unspecified lists the parts of responses for which the document allows any
// object (its schema Unspecified, and the message of an error). The strict mode of this validator takes an
// object without declared properties for one that has none.
func unspecified() []string {
	return []string{
		"$.body.error.message.**",
		"$.body.org_privileges.**", "$.body.incomplete_details.**", "$.body.extended_properties.**",
		"$.body.extended_preferences.**", "$.body.user_parameters.**", "$.body.access_control_properties.**",
		"$.body.variable_values.**",
	}
}

func libOn(opts ...config.Option) libvalidator.Validator {
	doc, err := libopenapi.NewDocument(api.Spec)
	if err != nil {
		panic(err)
	}
	v, errs := libvalidator.NewValidator(doc, append(opts,
		config.WithAuthenticationFunc(func(ctx context.Context, in *config.AuthenticationInput) error {
			x, _ := ctx.Value(exchangeKey{}).(*exchange)
			return credential(x, in.SecuritySchemeName)
		}),
		// JSON Schema has no integer formats; those of OpenAPI are this.
		config.WithFormatAssertions(),
		config.WithCustomFormat("int32", within(math.MinInt32, math.MaxInt32)),
		config.WithCustomFormat("int64", within(math.MinInt64, math.MaxInt64)),
	)...)
	if len(errs) > 0 {
		panic(errors.Join(errs...))
	}
	return v
}

// within is a format of integers. Whether a value is a number is checked by its type.
func within(low, high int64) func(any) error {
	return func(v any) error {
		n, ok := new(big.Rat).SetString(fmt.Sprint(v))
		if ok && (n.Cmp(new(big.Rat).SetInt64(low)) < 0 || n.Cmp(new(big.Rat).SetInt64(high)) > 0) {
			return fmt.Errorf("%v is not from %d to %d", v, low, high)
		}
		return nil
	}
}

// exchangeKey is for the exchange that is validated, in a request's context.
type exchangeKey struct{}

func (lib) name() string { return "libopenapi-validator" }

func (l lib) blind(x *exchange) string {
	if x.op == "login" && x.header.Get("Content-Type") == "" {
		return "without a content type it does not look at a body that is optional"
	}
	return ""
}

func (l lib) request(x *exchange) []problem {
	_, errs := l.requests.ValidateHttpRequestSync(l.input(x))
	return libProblems(errs)
}

func (l lib) open(x *exchange) []problem {
	_, errs := l.lenient.ValidateHttpRequestSync(l.input(x))
	return libProblems(errs)
}

func (l lib) response(x *exchange) []problem {
	r := l.input(x)
	_, errs := l.answers.ValidateHttpResponse(r, &http.Response{
		StatusCode: x.status, Header: x.answerHeader.Clone(), Request: r,
		Body: io.NopCloser(bytes.NewReader(x.answer)), ContentLength: int64(len(x.answer)),
	})
	return libProblems(errs)
}

func (lib) input(x *exchange) *http.Request {
	return x.request().WithContext(context.WithValue(context.Background(), exchangeKey{}, x))
}
