package tests_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The examples come from the vendor's page "REST API v2.0 authentication",
// the document that defines this project. Where its JSON is broken (a comma
// missing or too many, a quote left open, an e-mail address blanked out) it is
// repaired; what else differs is said at the spec.

// expectExample holds a message to an example: its method, its exact address,
// and its body, if it has one.
func (c *cluster) expectExample(m message, method, path, body string) {
	GinkgoHelper()
	Expect(m.Method).To(Equal(method))
	Expect(m.URL).To(Equal(c.URL + path))
	if body == "" {
		Expect(m.Body).To(BeEmpty())
		Expect(m.Header).NotTo(HaveKey("Content-Type"))
		return
	}
	Expect(m.Header.Values("Content-Type")).To(HaveExactElements("application/json"))
	Expect(m.Body).To(MatchJSON(body))
}

// expectIdentified checks the headers that every auth call of authflow carries.
func expectIdentified(m message) {
	GinkgoHelper()
	Expect(m.Header.Values("Accept")).To(HaveExactElements("application/json"))
	Expect(m.Header.Values("X-Requested-By")).To(HaveExactElements("ThoughtSpot"))
	Expect(m.Header.Values("User-Agent")).To(HaveExactElements("tsauth"))
}

// expectLifetime holds the times of a token to the server's clock, and their
// difference to the requested lifetime, to the millisecond.
func (c *cluster) expectLifetime(created, expires gen.UnixMilli, lifetime time.Duration) {
	GinkgoHelper()
	Expect(created.Time()).To(BeTemporally("~", c.Now(), time.Minute))
	Expect(int64(expires) - int64(created)).To(Equal(lifetime.Milliseconds()))
}

// answering makes the server answer each call of op with a JSON document.
func (c *cluster) answering(op, document string) {
	c.Fail(op, -1, authtest.Answer(http.StatusOK, "application/json", document))
}

// ptr returns a pointer to v, for the fields in which zero and absent differ.
func ptr[T any](v T) *T { return &v }
