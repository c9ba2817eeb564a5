package contract_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// The documented shapes of a failure, with what they may lack: whatever comes,
// the client has its type, and a Flow reads what is there.
var _ = Describe("The envelope of a failure", func() {
	const incident, trace = "7b4d1f06-3f9a-4f7e-9a1d-0f6b6c1f6f52", "2a6f6f9e-52c0-4c39-8b0d-4a3d1f2b7c11"
	upstream := func(errors string) string { return `{"error":{"errors":` + errors + `}}` }
	type read struct {
		code                   int
		debug, incident, trace string
	}
	shapes := map[string]struct {
		body string
		read read
	}{
		"flat": {
			`{"error":{"message":{"code":10002,"incident_id_guid":"` + incident + `","trace_id_guid":"` + trace + `","debug":"no"}}}`,
			read{10002, "no", incident, trace},
		},
		"flat, with null":           {`{"error":{"message":{"code":10002,"incident_id_guid":null,"trace_id_guid":null,"debug":"no"}}}`, read{10002, "no", "", ""}},
		"flat, with the text alone": {`{"error":{"message":{"debug":"no"}}}`, read{debug: "no"}},
		"nested": {
			`{"error":{"message":{"debug":{"code":10000,"incident_id_guid":"` + incident + `","trace_id_guid":"` + trace + `","debug":"[\"no\"]"}}}}`,
			read{10000, "no", incident, trace},
		},
		"nested, with null": {
			`{"error":{"message":{"debug":{"code":10000,"incident_id_guid":null,"trace_id_guid":null,"debug":"[\"no\"]"}}}}`,
			read{10000, "no", "", ""},
		},
		"nested, with what it needs": {`{"error":{"message":{"debug":{"code":10000,"debug":"[\"no\"]"}}}}`, read{code: 10000, debug: "no"}},
		"a text":                     {`{"error":{"message":"no"}}`, read{debug: "no"}},
		"of older releases": {
			upstream(`{"extension":{"exception":{"upstreamResponse":{"data":{"code":10002,"incident_id_guid":"` + incident + `","trace_id_guid":"` + trace + `","debug":"no"}}}}}`),
			read{10002, "no", incident, trace},
		},
		"of older releases, with null": {
			upstream(`{"extension":{"exception":{"upstreamResponse":{"data":{"code":10002,"incident_id_guid":null,"trace_id_guid":null,"debug":"no"}}}}}`),
			read{code: 10002, debug: "no"},
		},
		"of older releases, with what it needs": {
			upstream(`{"extension":{"exception":{"upstreamResponse":{"data":{"code":10002,"debug":"no"}}}}}`), read{code: 10002, debug: "no"},
		},
		"of older releases, empty":              {upstream(`{}`), read{}},
		"of older releases, empty in its first": {upstream(`{"extension":{}}`), read{}},
		"of older releases, empty in its next":  {upstream(`{"extension":{"exception":{}}}`), read{}},
		"of older releases, empty in its last":  {upstream(`{"extension":{"exception":{"upstreamResponse":{}}}}`), read{}},
	}
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		shape := shapes[name]
		It("is read: "+name, func(ctx SpecContext) {
			c := reach(needsControls)
			c.simulator().Fail(authtest.AnyOperation, 2, authtest.Answer(http.StatusBadRequest, jsonType, shape.body))
			answer := sent(c.typed(faulted).GetFullAccessTokenWithResponse(ctx, c.asFull()))
			Expect(answer.JSON400).NotTo(BeNil())

			flow, err := c.flows(faulted).FullAccess(c.asFull())
			Expect(err).NotTo(HaveOccurred())
			defer func() { _ = flow.Close() }()
			var e *authflow.Error
			Expect(errors.As(flow.Renew(ctx), &e)).To(BeTrue())
			Expect(read{e.Code, e.Debug, e.IncidentID, e.TraceID}).To(Equal(shape.read))
		})
	}
})
