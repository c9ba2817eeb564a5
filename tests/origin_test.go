package tests_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("The origin of a Flow", func() {
	Describe("I2: a request to another scheme, host or port", func() {
		for _, other := range []struct{ name, url string }{
			{"scheme", "http://thoughtspot.test/api/rest/2.0/metadata/search"},
			{"port", "https://thoughtspot.test:8443/api/rest/2.0/metadata/search"},
			{"scheme on the same port", "http://thoughtspot.test:443/api/rest/2.0/metadata/search"},
			{"host", "https://elsewhere.test/api/rest/2.0/metadata/search"},
			{"host that is a sub-domain", "https://sub.thoughtspot.test/api/rest/2.0/metadata/search"},
			{"host that is the parent", "https://test/api/rest/2.0/metadata/search"},
			{"host that begins the same", "https://thoughtspot.test.elsewhere.test/api/rest/2.0/metadata/search"},
			{"host behind a user name", "https://thoughtspot.test@elsewhere.test/api/rest/2.0/metadata/search"},
			{"host behind user and port", "https://thoughtspot.test:443@elsewhere.test/api/rest/2.0/metadata/search"},
			{"host, with ours in the query", "https://elsewhere.test/?https://thoughtspot.test/"},
		} {
			It("is rejected before anything is added or sent: another "+other.name, func(ctx SpecContext) {
				c := inProcess()
				for _, flow := range []*authflow.Flow{c.full(), c.session()} {
					edited := requestTo(ctx, http.MethodGet, other.url, nil)
					Expect(flow.Edit(ctx, edited)).To(MatchError(authflow.ErrWrongOrigin))
					Expect(edited.Header).To(BeEmpty())

					done := requestTo(ctx, http.MethodGet, other.url, nil)
					Expect(fails(flow, done)).To(MatchError(authflow.ErrWrongOrigin))
					Expect(done.Header).To(BeEmpty())

					Expect(fails(flow.HTTPClient(), requestTo(ctx, http.MethodGet, other.url, nil))).To(MatchError(authflow.ErrWrongOrigin))
				}
				Expect(c.wire.all()).To(BeEmpty(), "not even a token was requested")
			})
		}

		It("is rejected with a live credential, too", func(ctx SpecContext) {
			c := inProcess()
			for _, flow := range []*authflow.Flow{c.full(), c.session()} {
				Expect(flow.Renew(ctx)).To(Succeed())
				c.wire.forget()
				req := requestTo(ctx, http.MethodGet, "https://thoughtspot.test:8443/", nil)
				Expect(flow.Edit(ctx, req)).To(MatchError(authflow.ErrWrongOrigin))
				Expect(req.Header).To(BeEmpty())
				Expect(fails(flow, req)).To(MatchError(authflow.ErrWrongOrigin))
				Expect(c.wire.all()).To(BeEmpty())
			}
		})
	})

	DescribeTable("I2: the same origin in other words is the same origin",
		func(ctx SpecContext, server string) {
			c := inProcess()
			status, _ := send(c.full(), requestTo(ctx, http.MethodGet, server+pathUser, nil))
			Expect(status).To(Equal(http.StatusOK))
		},
		Entry("with the port", "https://thoughtspot.test:443"),
		Entry("in capitals", "https://ThoughtSpot.TEST"),
		Entry("with a scheme in capitals", "HTTPS://thoughtspot.test"),
	)

	Describe("I2: a redirect", func() {
		// report is outside of the API, where a redirect says nothing about the
		// credential.
		const report = "/export/report.pdf"
		// redirected gets a credential for flow, whose next request is then
		// redirected.
		redirected := func(ctx context.Context, c *cluster, flow *authflow.Flow, status int, to string) {
			GinkgoHelper()
			Expect(flow.Renew(ctx)).To(Succeed())
			c.wire.forget()
			c.Fail(authtest.AnyOperation, 1, authtest.Redirect(status, to))
		}
		// world is the whole network: the cluster at its address, and at all other
		// addresses a server that has a page at /sign-in and responds to every request.
		world := func() *cluster {
			sim := authtest.New(authtest.WithURL("https://acme.thoughtspot.test"))
			return through(sim, roundTripper(func(req *http.Request) (*http.Response, error) {
				if req.URL.Scheme == "https" && req.URL.Host == "acme.thoughtspot.test" {
					return sim.Transport().RoundTrip(req)
				}
				resp := httptest.NewRecorder()
				if req.URL.Path == "/sign-in" {
					resp.Header().Set("Content-Type", "text/html")
					_, _ = resp.WriteString("<html><body>Sign in</body></html>")
				}
				return resp.Result(), nil
			}))
		}
		senders := []struct {
			name string
			of   func(*authflow.Flow) doer
		}{
			{"Do", func(f *authflow.Flow) doer { return f }},
			{"HTTPClient", func(f *authflow.Flow) doer { return f.HTTPClient() }},
		}
		for _, other := range []struct{ name, url string }{
			{"another host", "https://elsewhere.test/landed"},
			{"another port", "https://acme.thoughtspot.test:8443/landed"},
			{"another scheme", "http://acme.thoughtspot.test/landed"},
			{"a sub-domain", "https://sub.acme.thoughtspot.test/landed"},
			{"the parent", "https://thoughtspot.test/landed"},
		} {
			for _, by := range senders {
				for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
					It("to "+other.name+" carries no credential, by "+by.name+", "+http.StatusText(status), func(ctx SpecContext) {
						c := world()
						for _, flow := range []*authflow.Flow{c.full(), c.session()} {
							redirected(ctx, c, flow, status, other.url)
							got, _ := send(by.of(flow), c.get(ctx, report))
							Expect(got).To(Equal(http.StatusOK))

							hops := c.wire.to("/landed")
							Expect(hops).To(HaveExactElements(HaveField("URL", other.url)))
							Expect(hops[0].Header).NotTo(HaveKey("Authorization"))
							Expect(hops[0].Header).NotTo(HaveKey("Cookie"))
						}
					})
				}
			}

			It("to "+other.name+" does not carry a credential that Edit added before", func(ctx SpecContext) {
				c := world()
				for _, flow := range []*authflow.Flow{c.full(), c.session()} {
					redirected(ctx, c, flow, http.StatusFound, other.url)
					req := c.get(ctx, report)
					Expect(flow.Edit(ctx, req)).To(Succeed())
					got, _ := send(flow, req)
					Expect(got).To(Equal(http.StatusOK))

					hops := c.wire.to("/landed")
					Expect(hops).To(HaveLen(1))
					Expect(hops[0].Header).NotTo(HaveKey("Authorization"))
					Expect(hops[0].Header).NotTo(HaveKey("Cookie"))
				}
			})

			It("P6: of the API to "+other.name+" is followed without a credential if a new one does not help", func(ctx SpecContext) {
				c := world()
				for _, flow := range []*authflow.Flow{c.full(), c.session()} {
					redirected(ctx, c, flow, http.StatusFound, other.url)
					status, _ := send(flow, c.get(ctx, pathMetadataSearch))
					Expect(status).To(Equal(http.StatusOK))
					Expect(c.wire.to("/landed")).To(BeEmpty(), "the first redirect may mean that the credential has expired")

					c.Fail(authtest.Echo, 2, authtest.Redirect(http.StatusFound, other.url))
					req := c.get(ctx, pathMetadataSearch)
					req.Header.Set("X-Requested-By", "the caller")
					req.Header.Set("Referer", c.URL+pathMetadataSearch)
					status, _ = send(flow, req)
					Expect(status).To(Equal(http.StatusOK))
					hops := c.wire.to("/landed")
					Expect(hops).To(HaveExactElements(HaveField("URL", other.url)))
					for _, header := range []string{"Authorization", "Cookie", "X-Requested-By", "Referer"} {
						Expect(hops[0].Header).NotTo(HaveKey(header))
					}
				}
			})
		}

		It("P6: of the API that ends in a page of an identity provider is an error with the first target, without its query", func(ctx SpecContext) {
			c := world()
			for _, flow := range []*authflow.Flow{c.full(), c.session()} {
				c.Fail(authtest.Echo, 2, authtest.Redirect(http.StatusFound, "https://elsewhere.test/sign-in?state=s3cret"))
				var err *authflow.Error // below the *url.Error of net/http, which shows the whole address
				Expect(errors.As(fails(flow, c.get(ctx, pathMetadataSearch)), &err)).To(BeTrue())
				Expect(err).To(MatchError(authflow.ErrUnexpectedRedirect))
				Expect(err.Error()).To(ContainSubstring("https://elsewhere.test/sign-in"))
				Expect(err.Error()).NotTo(ContainSubstring("s3cret"))
			}
		})

		DescribeTable("P6: of a POST to another host is returned, and the POST is not repeated",
			func(ctx SpecContext, status int) {
				c := world()
				flow := c.full()
				Expect(flow.Renew(ctx)).To(Succeed())
				c.Fail(authtest.Echo, 1, authtest.Redirect(status, "https://elsewhere.test/landed"))
				got, _ := send(flow, c.request(ctx, http.MethodPost, pathMetadataSearch, strings.NewReader("{}")))
				Expect(got).To(Equal(http.StatusOK))
				Expect(c.Calls(authtest.Echo)).To(Equal(1))
				hops := c.wire.to("/landed")
				Expect(hops).To(HaveExactElements(And(HaveField("Method", http.MethodGet), HaveField("Body", ""))))
				Expect(hops[0].Header).NotTo(HaveKey("Authorization"))
			},
			Entry("302", http.StatusFound),
			Entry("303", http.StatusSeeOther),
		)

		It("of a request with a body to another host by 307 is rejected", func(ctx SpecContext) {
			c := world()
			flow := c.full()
			c.Fail(authtest.Echo, 1, authtest.Redirect(http.StatusTemporaryRedirect, "https://elsewhere.test/landed"))
			err := fails(flow, c.request(ctx, http.MethodPost, pathMetadataSearch, strings.NewReader("{}")))
			Expect(err).To(MatchError(authflow.ErrWrongOrigin))
			Expect(c.wire.to("/landed")).To(BeEmpty())
		})

		for _, by := range senders {
			It("within the origin keeps the credential, by "+by.name, func(ctx SpecContext) {
				c := world()
				for _, flow := range []*authflow.Flow{c.full(), c.session()} {
					c.wire.forget()
					c.Fail(authtest.Echo, 1, authtest.Redirect(http.StatusTemporaryRedirect, "/api/rest/2.0/landed"))
					status, _ := send(by.of(flow), c.get(ctx, pathMetadataSearch))
					Expect(status).To(Equal(http.StatusOK))

					first, second := c.wire.to(pathMetadataSearch)[0], c.wire.to("/api/rest/2.0/landed")[0]
					Expect(second.Header["Authorization"]).To(Equal(first.Header["Authorization"]))
					Expect(second.Header["Cookie"]).To(Equal(first.Header["Cookie"]))
					Expect(len(second.Header["Authorization"]) + len(second.Header["Cookie"])).To(Equal(1))
				}
			})
		}

		It("to another port of a real server carries no credential, though net/http would let it", func(ctx SpecContext) {
			var landed []http.Header
			other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				landed = append(landed, r.Header.Clone())
			}))
			DeferCleanup(other.Close)
			c := overPlainHTTP()
			DeferCleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)

			for _, flow := range []*authflow.Flow{c.full(), c.session()} {
				redirected(ctx, c, flow, http.StatusFound, other.URL)
				status, _ := send(flow, c.get(ctx, report))
				Expect(status).To(Equal(http.StatusOK))
			}
			Expect(landed).To(HaveLen(2))
			Expect(landed).To(HaveEach(And(Not(HaveKey("Authorization")), Not(HaveKey("Cookie")))))
		})
	})

	DescribeTable("I2: plain http is rejected except for loopback addresses",
		func(_ context.Context, server string, ok bool) {
			_, err := authflow.New(server)
			if ok {
				Expect(err).NotTo(HaveOccurred())
				return
			}
			Expect(err).To(MatchError(authflow.ErrInvalid))
			Expect(err).To(HaveField("Field", "server"))
			_, err = authflow.New(server, authflow.WithPlainHTTP())
			Expect(err).NotTo(HaveOccurred())
		},
		Entry("a host", "http://acme.thoughtspot.cloud", false),
		Entry("a private address", "http://10.0.0.1", false),
		Entry("a host that begins like loopback", "http://127.0.0.1.acme.test", false),
		Entry("a host below localhost's name", "http://localhost.acme.test", false),
		Entry("127.0.0.1", "http://127.0.0.1:4123", true),
		Entry("::1", "http://[::1]:4123", true),
		Entry("localhost", "http://localhost:4123", true),
	)
})

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
