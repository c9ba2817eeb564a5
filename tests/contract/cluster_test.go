package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// leftOut begins the reason of every spec that is left out.
const leftOut = "left out: "

// cluster is the server as a spec sees it.
type cluster struct {
	backend
	principal
	api *gen.ClientWithResponses // sends what fits the document
}

// reach returns the server for a spec, which is left out if the server does
// not meet its needs.
func reach(needs ...need) *cluster {
	GinkgoHelper()
	b, err := open()
	if err != nil {
		Fail(err.Error())
	}
	DeferCleanup(b.close)
	for _, n := range needs {
		if reason := n(b); reason != "" {
			Skip(leftOut + reason)
		}
	}
	return on(b)
}

func on(b backend) *cluster {
	c := &cluster{backend: b, principal: b.principal()}
	c.api = c.typed(wellFormed)
	return c
}

// client returns an HTTP client whose requests are of one intent.
func (c *cluster) client(i intent) *http.Client {
	return &http.Client{
		Transport:     recorder{c.transport(), i, book},
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// typed returns the generated client, with the header that all clients of
// authflow send.
func (c *cluster) typed(i intent) *gen.ClientWithResponses {
	GinkgoHelper()
	api, err := gen.NewClientWithResponses(c.url(), gen.WithHTTPClient(c.client(i)),
		gen.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Accept", "application/json")
			r.Header.Set("X-Requested-By", "ThoughtSpot")
			return nil
		}))
	Expect(err).NotTo(HaveOccurred())
	return api
}

// flows makes Flows to this server.
func (c *cluster) flows(i intent) *authflow.Cluster {
	GinkgoHelper()
	made, err := authflow.New(c.url(), authflow.WithHTTPClient(c.client(i)), authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
	Expect(err).NotTo(HaveOccurred())
	return made
}

// made closes a Flow when the spec ends, and with it those built on it.
func made(flow *authflow.Flow, err error) *authflow.Flow {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(flow.Close)
	return flow
}

// asFull is a request for a token of the principal, with the secret key where
// there is one.
func (c *cluster) asFull() gen.GetFullAccessTokenRequest {
	r := gen.GetFullAccessTokenRequest{Username: c.username, SecretKey: c.secretKey}
	if r.SecretKey == "" {
		r.Password = c.password
	}
	return r
}

func (c *cluster) asObject() gen.GetObjectAccessTokenRequest {
	f := c.asFull()
	return gen.GetObjectAccessTokenRequest{
		Username: f.Username, SecretKey: f.SecretKey, Password: f.Password, ObjectID: c.objectID,
	}
}

// asCustom is a request that leaves no trace.
func (c *cluster) asCustom() gen.GetCustomAccessTokenRequest {
	f := c.asFull()
	return gen.GetCustomAccessTokenRequest{
		Username: f.Username, SecretKey: f.SecretKey, Password: f.Password,
		PersistOption: gen.PersistOptionNone, AutoCreate: new(bool),
	}
}

// token returns a new token of the principal.
func (c *cluster) token(ctx context.Context) gen.Secret {
	GinkgoHelper()
	return granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, c.asFull())).JSON200).Token
}

// annsToken returns a new token of ann's, by the secret key.
func (c *cluster) annsToken(ctx context.Context) gen.Secret {
	GinkgoHelper()
	return granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{
		Username: ann, SecretKey: c.secretKey,
	})).JSON200).Token
}

// login returns the cookies of a new session of the principal.
func (c *cluster) login(ctx context.Context, change ...func(*gen.LoginRequest)) []*http.Cookie {
	GinkgoHelper()
	r := gen.LoginRequest{Username: c.username, Password: c.password}
	for _, f := range change {
		f(&r)
	}
	result := sent(c.api.LoginWithResponse(ctx, r))
	Expect(result).To(beAnswered(http.StatusNoContent))
	return result.HTTPResponse.Cookies()
}

// who returns the user of a credential, as the server knows it.
func (c *cluster) who(ctx context.Context, with ...gen.RequestEditorFn) *gen.GetCurrentUserInfoResult {
	GinkgoHelper()
	return sent(c.api.GetCurrentUserInfoWithResponse(ctx, with...))
}

// status is that of who: 200 for a credential that is good.
func (c *cluster) status(ctx context.Context, with ...gen.RequestEditorFn) int {
	GinkgoHelper()
	return c.who(ctx, with...).StatusCode()
}

// user is what a test may look up behind the API's back.
func (c *cluster) user(name string) authtest.User {
	GinkgoHelper()
	u, ok := c.simulator().User(name)
	Expect(ok).To(BeTrue(), "there is no user %s", name)
	return u
}

// bearer sends a request with a token.
func bearer(token gen.Secret) gen.RequestEditorFn {
	return authorization("Bearer " + string(token))
}

func authorization(header string) gen.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", header)
		return nil
	}
}

// cookies sends a request with the cookies of a session.
func cookies(all []*http.Cookie) gen.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		for _, c := range all {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
		return nil
	}
}

// sent returns the response. A request without a response says nothing about the
// server, so it fails the spec, live or not.
func sent[T any](answer T, err error) T {
	GinkgoHelper()
	var refused *authflow.Error
	switch {
	case errors.As(err, &refused) && refused.Status != 0: // a Flow got a response
		fail(err.Error(), 1)
	case err != nil:
		Fail(err.Error(), 1)
	}
	return answer
}

// granted returns the body of a response with the documented success.
func granted[T any](body *T) *T {
	GinkgoHelper()
	Expect(body).NotTo(BeNil(), "the request was rejected, or the client does not read its response")
	return body
}

// answered is any result of the generated client.
type answered interface {
	StatusCode() int
}

// bodyOf is the body of a result.
func bodyOf(a answered) []byte { return reflect.ValueOf(a).Elem().FieldByName("Body").Bytes() }

// beAnswered matches the status of a result.
func beAnswered(status int) gomegatypes.GomegaMatcher {
	return statusMatcher{fmt.Sprint(status), func(got int) bool { return got == status }}
}

// beGranted matches a result with any success.
func beGranted() gomegatypes.GomegaMatcher {
	return statusMatcher{"a success", func(got int) bool { return got/100 == 2 }}
}

// statusMatcher matches the status of a result. The first line of its message
// is the same for all requests; the server's text is in the second.
type statusMatcher struct {
	want    string
	matches func(status int) bool
}

// Match implements GomegaMatcher.
func (m statusMatcher) Match(actual any) (bool, error) {
	a, ok := actual.(answered)
	if !ok {
		return false, fmt.Errorf("%T is not a result of the client", actual)
	}
	return m.matches(a.StatusCode()), nil
}

// FailureMessage implements GomegaMatcher.
func (m statusMatcher) FailureMessage(actual any) string { return m.message(actual, "not "+m.want) }

// NegatedFailureMessage implements GomegaMatcher.
func (m statusMatcher) NegatedFailureMessage(actual any) string {
	return m.message(actual, "and should not be "+m.want)
}

func (statusMatcher) message(actual any, end string) string {
	a, _ := actual.(answered)
	return fmt.Sprintf("the response is %d, %s\n%s", a.StatusCode(), end, refusal(a))
}

func ptr[T any](v T) *T { return &v }

// reader is nil where there is no body at all.
func reader(body []byte) io.Reader {
	if body == nil {
		return nil
	}
	return strings.NewReader(string(body))
}
