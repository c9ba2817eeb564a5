package tests_test

import (
	"context"
	"io"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The paths of the API.
const (
	pathLogin          = "/api/rest/2.0/auth/session/login"
	pathLogout         = "/api/rest/2.0/auth/session/logout"
	pathUser           = "/api/rest/2.0/auth/session/user"
	pathSessionToken   = "/api/rest/2.0/auth/session/token"
	pathFull           = "/api/rest/2.0/auth/token/full"
	pathObject         = "/api/rest/2.0/auth/token/object"
	pathCustom         = "/api/rest/2.0/auth/token/custom"
	pathRevoke         = "/api/rest/2.0/auth/token/revoke"
	pathValidate       = "/api/rest/2.0/auth/token/validate"
	pathMetadataSearch = "/api/rest/2.0/metadata/search"
)

// cluster is a simulator with a recorder on the way to it, and the product's
// Cluster for it.
type cluster struct {
	*authtest.Simulator
	wire *recorder
	// client reaches the simulator by way of the recorder.
	client *http.Client

	options []authflow.Option
	ways    *authflow.Cluster
}

// with adds options to the product's Cluster, before the first Flow.
func (c *cluster) with(opts ...authflow.Option) *cluster {
	GinkgoHelper()
	Expect(c.ways).To(BeNil(), "the Cluster is in use")
	c.options = append(c.options, opts...)
	return c
}

// authflow returns the product's Cluster, one for all Flows of a spec.
func (c *cluster) authflow() *authflow.Cluster {
	GinkgoHelper()
	if c.ways == nil {
		var err error
		c.ways, err = authflow.New(c.URL, append([]authflow.Option{authflow.WithHTTPClient(c.client)}, c.options...)...)
		Expect(err).NotTo(HaveOccurred())
	}
	return c.ways
}

// inProcess returns a cluster without sockets.
func inProcess(opts ...authtest.Option) *cluster {
	sim := authtest.New(opts...)
	return through(sim, sim.Transport())
}

// overTLS returns a cluster on the loopback interface, until the spec ends.
func overTLS(opts ...authtest.Option) *cluster {
	server := authtest.NewTLSServer(opts...)
	DeferCleanup(server.Close)
	return through(server.Simulator, server.Client().Transport)
}

// overPlainHTTP is overTLS without TLS.
func overPlainHTTP(opts ...authtest.Option) *cluster {
	server := authtest.NewServer(opts...)
	DeferCleanup(server.Close)
	return through(server.Simulator, server.Client().Transport)
}

func through(sim *authtest.Simulator, base http.RoundTripper) *cluster {
	wire := &recorder{base: base}
	return &cluster{Simulator: sim, wire: wire, client: &http.Client{Transport: wire}}
}

// api returns the generated client as it is, without a Flow.
func (c *cluster) api() *gen.ClientWithResponses {
	GinkgoHelper()
	client, err := gen.NewClientWithResponses(c.URL, gen.WithHTTPClient(c.client))
	Expect(err).NotTo(HaveOccurred())
	return client
}

// apiWith returns the generated client with a Flow in it, as users put it
// there.
func (c *cluster) apiWith(flow *authflow.Flow) *gen.ClientWithResponses {
	GinkgoHelper()
	client, err := gen.NewClientWithResponses(flow.Server(), gen.WithHTTPClient(flow))
	Expect(err).NotTo(HaveOccurred())
	return client
}

// full returns a Flow on a full access token of the default user. It has sent
// nothing.
func (c *cluster) full() *authflow.Flow {
	GinkgoHelper()
	return made(c.authflow().FullAccess(gen.GetFullAccessTokenRequest{
		Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey,
	}))
}

// session returns a Flow on a cookie session of the default user. It has sent
// nothing.
func (c *cluster) session() *authflow.Flow {
	GinkgoHelper()
	return made(c.authflow().Session(gen.LoginRequest{
		Username: authtest.DefaultUsername, Password: authtest.DefaultPassword,
	}))
}

// made closes a Flow when the spec ends, and with it those built on it.
func made(flow *authflow.Flow, err error) *authflow.Flow {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(flow.Close)
	return flow
}

// once is a policy that asks a failing server no second time, so that specs of
// failures need not wait.
func once() authflow.Option { return authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}) }

// get is a request to a path of the rest of the API.
func (c *cluster) get(ctx context.Context, path string) *http.Request {
	return c.request(ctx, http.MethodGet, path, nil)
}

func (c *cluster) request(ctx context.Context, method, path string, body io.Reader) *http.Request {
	GinkgoHelper()
	return requestTo(ctx, method, c.URL+path, body)
}

func requestTo(ctx context.Context, method, url string, body io.Reader) *http.Request {
	GinkgoHelper()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	Expect(err).NotTo(HaveOccurred())
	return req
}

// doer is what generated clients send with.
type doer interface {
	Do(*http.Request) (*http.Response, error)
}

// send sends req and returns the status and the body of the response.
func send(by doer, req *http.Request) (int, string) {
	GinkgoHelper()
	resp, err := by.Do(req)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	Expect(err).NotTo(HaveOccurred())
	return resp.StatusCode, string(body)
}

// fails sends req, which must not be answered, and returns the error.
func fails(by doer, req *http.Request) error {
	GinkgoHelper()
	resp, err := by.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	Expect(err).To(HaveOccurred())
	return err
}

// tokenOf returns the bearer token that a message carries.
func tokenOf(m message) string {
	GinkgoHelper()
	token, ok := strings.CutPrefix(m.Header.Get("Authorization"), "Bearer ")
	Expect(ok).To(BeTrue(), "no bearer token in %v", m.Header)
	return token
}

// cookiesOf returns the cookies that a message carries, by name.
func cookiesOf(m message) map[string]string {
	found := make(map[string]string)
	for _, c := range (&http.Request{Header: m.Header}).Cookies() {
		found[c.Name] = c.Value
	}
	return found
}
