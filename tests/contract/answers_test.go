package contract_test

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Every documented failure of every operation, whether or not the simulator has
// a way of coming to it: the client must hand each out as its type.
var _ = Describe("A documented failure", func() {
	for _, r := range routesOf(loadStrict()) {
		for _, status := range documented(r) {
			if status < 400 {
				continue
			}
			op := r.operation.OperationID
			It(strconv.Itoa(status)+" of "+op+" comes out of the client as its type", func(ctx SpecContext) {
				c := reach(needsControls)
				body := encode(c.least(ctx, op, nil))
				caller := c.caller(ctx, op)
				for _, shape := range []authtest.Envelope{
					authtest.EnvelopeFlat, authtest.EnvelopeNested, authtest.EnvelopeText, authtest.EnvelopeUpstream,
				} {
					c.simulator().SetErrorForm(authtest.ErrorForm{Envelope: shape})
					fault := authtest.Status(status)
					if status == http.StatusTooManyRequests {
						fault = authtest.RateLimited(2 * time.Second)
					}
					c.simulator().Fail(op, 1, fault)
					answer := sent(callers()[op](ctx, c.typed(faulted), jsonType, reader(body), caller))
					Expect(answer).To(beAnswered(status))
					Expect(failures(answer)).To(HaveKeyWithValue(status, Not(BeNil())))
					Expect(failures(answer)).To(HaveLen(1), "and as no other")
				}
			})
		}
	}

	It("429 says when to come back", func(ctx SpecContext) {
		c := reach(needsControls)
		c.simulator().Fail(authtest.OpGetFullAccessToken, 1, authtest.RateLimited(1500*time.Millisecond))
		answer := sent(c.typed(faulted).GetFullAccessTokenWithResponse(ctx, c.asFull()))
		Expect(answer.HTTPResponse.Header).To(HaveKeyWithValue("Retry-After", []string{"2"}))
	})
})

// failures are the typed failures that a result holds, by status.
func failures(a answered) map[int]*gen.ErrorResponse {
	all := make(map[int]*gen.ErrorResponse)
	result := reflect.ValueOf(a).Elem()
	for i := range result.NumField() {
		body, is := result.Field(i).Interface().(*gen.ErrorResponse)
		if status, err := strconv.Atoi(strings.TrimPrefix(result.Type().Field(i).Name, "JSON")); is && body != nil && err == nil {
			all[status] = body
		}
	}
	return all
}
