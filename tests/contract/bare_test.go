package contract_test

import (
	"net/http"
	"net/http/httptest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// handled is a round tripper that calls a handler and keeps all that it
// writes. On a connection net/http would drop the body of a 204 on both sides.
type handled struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h handled) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Result(), nil
}

var _ = Describe("A success without content", func() {
	for _, r := range routesOf(loadStrict()) {
		if r.operation.Responses.Value("204") == nil {
			continue
		}
		op := r.operation.OperationID
		It("of "+op+" is written without a body", func(ctx SpecContext) {
			c := reach(needsControls)
			var body []byte
			if bodySchema(r.operation) != nil {
				body = encode(c.least(ctx, op, nil))
			}
			req, err := http.NewRequestWithContext(ctx, r.method, c.url()+r.path, reader(body))
			Expect(err).NotTo(HaveOccurred())
			req.Header.Set("Content-Type", jsonType)
			Expect(c.caller(ctx, op)(ctx, req)).To(Succeed())

			resp, err := recorder{handled{c.simulator()}, wellFormed, book}.RoundTrip(req)
			Expect(err).NotTo(HaveOccurred())
			Expect(resp.Body.Close()).To(Succeed())
			Expect(resp.StatusCode).To(Equal(http.StatusNoContent))
		})
	}
})
