package contract_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("A conflict with another change of the same variable", func() {
	It("is tried again by a Flow, also where a token must not be made twice", func(ctx SpecContext) {
		for _, option := range []gen.PersistOption{gen.PersistOptionReplace, gen.PersistOptionAppend} {
			c := reach(needsControls)
			cluster, err := authflow.New(c.url(), authflow.WithHTTPClient(c.client(faulted)))
			Expect(err).NotTo(HaveOccurred())
			request := c.asCustom()
			request.Username, request.PersistOption, request.VariableValues = ann, option, variable("region")
			c.simulator().Fail(authtest.OpGetCustomAccessToken, 1, authtest.Status(http.StatusConflict))
			token, err := made(cluster.CustomAccess(request)).Token(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(token.Value).NotTo(BeEmpty())
			Expect(c.simulator().Calls(authtest.OpGetCustomAccessToken)).To(Equal(2))
			Expect(c.user(ann).Properties[0].VariableValues).To(HaveLen(1), "it was stored once")
		}
	})
})
