package tests_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

var _ = Describe("A request that meets a dead credential", func() {
	for _, way := range []struct {
		name string
		op   string // that acquires the credential
		flow func(*cluster) *authflow.Flow
	}{
		{"a bearer token", authtest.OpGetFullAccessToken, func(c *cluster) *authflow.Flow { return c.full() }},
		{"a session", authtest.OpLogin, func(c *cluster) *authflow.Flow { return c.session() }},
	} {
		Describe("of "+way.name, func() {
			var c *cluster
			var flow *authflow.Flow
			BeforeEach(func(ctx SpecContext) {
				c = inProcess()
				flow = way.flow(c)
				Expect(flow.Renew(ctx)).To(Succeed())
				c.RevokeAll()
			})

			for _, by := range []struct {
				name string
				of   func(*authflow.Flow) doer
			}{
				{"Do", func(f *authflow.Flow) doer { return f }},
				{"HTTPClient", func(f *authflow.Flow) doer { return f.HTTPClient() }},
			} {
				for _, body := range []struct {
					name string
					of   func() io.Reader
					want string
				}{
					{"no body", func() io.Reader { return nil }, ""},
					{"http.NoBody", func() io.Reader { return http.NoBody }, ""},
					{"a body of bytes", func() io.Reader { return bytes.NewReader([]byte(`{"a":1}`)) }, `{"a":1}`},
					{"a long body of a string", func() io.Reader { return strings.NewReader(strings.Repeat("x", 60000)) }, strings.Repeat("x", 60000)},
				} {
					It("P1: is sent once more after a renewal: "+body.name+", by "+by.name, func(ctx SpecContext) {
						c.wire.forget()
						status, answer := send(by.of(flow), c.request(ctx, http.MethodPost, pathMetadataSearch, body.of()))
						Expect(status).To(Equal(http.StatusOK))
						var echo authtest.EchoAnswer
						Expect(json.Unmarshal([]byte(answer), &echo)).To(Succeed())
						Expect(echo.Body).To(Equal(body.want))

						sent := c.wire.all()
						Expect(sent).To(HaveLen(3), "the request, the renewal, the replay")
						Expect(sent[0].Body).To(Equal(sent[2].Body))
						Expect(sent[0].Header.Get("Authorization") + sent[0].Header.Get("Cookie")).
							NotTo(Equal(sent[2].Header.Get("Authorization") + sent[2].Header.Get("Cookie")))
						Expect(c.Calls(way.op)).To(Equal(2))
					})
				}

				It("P2: gets its 401 if its body is a stream, and the next request renews, by "+by.name, func(ctx SpecContext) {
					stream := func() io.Reader { return io.MultiReader(strings.NewReader(`{"a":1}`)) }
					req := c.request(ctx, http.MethodPost, pathMetadataSearch, stream())
					Expect(req.GetBody).To(BeNil())
					status, answer := send(by.of(flow), req)
					Expect(status).To(Equal(http.StatusUnauthorized))
					Expect(answer).To(ContainSubstring("10097"), "with its body")
					Expect(c.Calls(authtest.Echo)).To(Equal(1))
					Expect(c.Calls(way.op)).To(Equal(1))

					status, _ = send(by.of(flow), c.request(ctx, http.MethodPost, pathMetadataSearch, stream()))
					Expect(status).To(Equal(http.StatusOK))
					Expect(c.Calls(authtest.Echo)).To(Equal(2), "no 401 in between")
					Expect(c.Calls(way.op)).To(Equal(2))
				})

				It("P3: gets the second 401 as it is, by "+by.name, func(ctx SpecContext) {
					c.Fail(authtest.Echo, 2, authtest.Reject(http.StatusUnauthorized, 10097, "not you"))
					status, answer := send(by.of(flow), c.get(ctx, pathMetadataSearch))
					Expect(status).To(Equal(http.StatusUnauthorized))
					Expect(answer).To(ContainSubstring("not you"))
					Expect(c.Calls(authtest.Echo)).To(Equal(2))
					Expect(c.Calls(way.op)).To(Equal(2))
				})

				It("P3: gets a 403 as it is, by "+by.name, func(ctx SpecContext) {
					Expect(flow.Renew(ctx)).To(Succeed())
					c.Fail(authtest.Echo, 1, authtest.Reject(http.StatusForbidden, 10023, "you may not"))
					status, answer := send(by.of(flow), c.get(ctx, pathMetadataSearch))
					Expect(status).To(Equal(http.StatusForbidden))
					Expect(answer).To(ContainSubstring("you may not"))
					Expect(c.Calls(authtest.Echo)).To(Equal(1))
					Expect(c.Calls(way.op)).To(Equal(2))

					status, _ = send(by.of(flow), c.get(ctx, pathMetadataSearch))
					Expect(status).To(Equal(http.StatusOK))
					Expect(c.Calls(way.op)).To(Equal(2), "a 403 ends no credential")
				})
			}

			It("P1: ends only the credential that it carried: a late 401 costs no second renewal", SpecTimeout(time.Minute), func(ctx SpecContext) {
				late, arrived := make(chan struct{}), make(chan struct{})
				release := sync.OnceFunc(func() { close(late) })
				DeferCleanup(release)
				c.Fail(authtest.Echo, 1, func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						close(arrived)
						<-late
						next.ServeHTTP(w, r)
					})
				})
				slow := make(chan int, 1)
				go func() {
					defer GinkgoRecover()
					status, _ := send(flow, c.get(ctx, pathMetadataSearch))
					slow <- status
				}()
				Eventually(ctx, arrived).Should(BeClosed())

				status, _ := send(flow, c.get(ctx, pathMetadataSearch))
				Expect(status).To(Equal(http.StatusOK))
				Expect(c.Calls(way.op)).To(Equal(2))

				release()
				Eventually(ctx, slow).Should(Receive(Equal(http.StatusOK)))
				Expect(c.Calls(way.op)).To(Equal(2))
				Expect(c.Calls(authtest.Echo)).To(Equal(4), "each of the two and its replay")
			})

			It("P4: costs one renewal together with 199 others", SpecTimeout(time.Minute), func(ctx SpecContext) {
				const n = 200
				release := c.Block(authtest.Echo)
				DeferCleanup(release)
				statuses := make(chan int, n)
				var all sync.WaitGroup
				for range n {
					all.Go(func() {
						defer GinkgoRecover()
						status, _ := send(flow, c.request(ctx, http.MethodPost, pathMetadataSearch, strings.NewReader("body")))
						statuses <- status
					})
				}
				Expect(c.WaitForCalls(ctx, authtest.Echo, n)).To(Succeed())
				release()
				all.Wait()
				close(statuses)
				for status := range statuses {
					Expect(status).To(Equal(http.StatusOK))
				}
				Expect(c.Calls(authtest.Echo)).To(Equal(2 * n))
				Expect(c.Calls(way.op)).To(Equal(2))
			})
		})
	}
})
