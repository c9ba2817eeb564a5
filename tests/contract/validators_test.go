package contract_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// Each mistake that the recorder must notice is shown to it once, so that its silence
// about the rest of the suite means something. None of these requests is sent.
var _ = Describe("The recorder", func() {
	const path = "https://contract.test/api/rest/2.0/auth/"
	token := func() *exchange {
		return &exchange{
			op: "getFullAccessToken", method: http.MethodPost, url: path + "token/full",
			header: http.Header{"Content-Type": {jsonType}}, body: []byte(`{"username":"a","password":"b"}`),
			status: http.StatusOK, answerHeader: http.Header{"Content-Type": {jsonType}},
			answer: []byte(`{"token":"t","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,` +
				`"scope":{"access_type":"FULL","org_id":0,"metadata_id":null}}`),
		}
	}
	login := func() *exchange {
		return &exchange{
			op: "login", method: http.MethodPost, url: path + "session/login",
			header: http.Header{"Content-Type": {jsonType}}, body: []byte(`{"username":"a","password":"b"}`),
			status: http.StatusNoContent, answerHeader: http.Header{"Set-Cookie": {
				"JSESSIONID=x; Path=/; HttpOnly", "clientId=y; Path=/; Secure; HttpOnly",
			}},
		}
	}
	shared := sync.OnceValue(newLedger) // the run's own would count this
	replaced := func(b *[]byte, old, with string) {
		ExpectWithOffset(1, string(*b)).To(ContainSubstring(old))
		*b = []byte(strings.Replace(string(*b), old, with, 1))
	}

	It("has nothing to say of an exchange that keeps to the document", func() {
		Expect(shared().judge(token())).To(BeEmpty())
		Expect(shared().judge(login())).To(BeEmpty())
	})

	// Both validators must notice each of these by themselves.
	both := map[string]func(*exchange){
		"an undeclared status":                    func(x *exchange) { x.status = http.StatusTeapot },
		"an undeclared property of the response":  func(x *exchange) { replaced(&x.answer, `{"token"`, `{"more":1,"token"`) },
		"an undeclared property deeper in it":     func(x *exchange) { replaced(&x.answer, `"FULL"`, `"FULL","more":1`) },
		"a value that is not in an enum":          func(x *exchange) { replaced(&x.answer, `FULL`, `SOME`) },
		"a missing property":                      func(x *exchange) { replaced(&x.answer, `"token":"t",`, ``) },
		"a null that is not allowed":              func(x *exchange) { replaced(&x.answer, `"t"`, `null`) },
		"a fraction of a millisecond":             func(x *exchange) { replaced(&x.answer, `89,"exp`, `89.5,"exp`) },
		"a page in place of JSON":                 func(x *exchange) { x.answerHeader.Set("Content-Type", "text/html") },
		"an undeclared property of the request":   func(x *exchange) { replaced(&x.body, `{`, `{"more":1,`) },
		"an Org number beyond 32 bits":            func(x *exchange) { replaced(&x.body, `{`, `{"org_id":4294967296,`) },
		"an empty name":                           func(x *exchange) { replaced(&x.body, `"a"`, `""`) },
		"a malformed request that is well formed": func(x *exchange) { x.intent, x.status = malformed, http.StatusBadRequest },
		"a tolerated request that is well formed": func(x *exchange) { x.intent = tolerated },
		"an odd response that is well formed":     func(x *exchange) { x.intent = odd },
	}
	for _, what := range slices.Sorted(maps.Keys(both)) {
		It("notices "+what+", with either validator", func() {
			x := token()
			both[what](x)
			l := shared()
			for _, v := range l.validators {
				Expect(slices.Concat(l.askRequest(v, x), l.askResponse(v, x))).NotTo(BeEmpty(), v.name())
			}
		})
	}

	It("notices a response without its body, with kin-openapi alone", func() {
		x := token()
		x.answer = nil
		Expect(shared().askResponse(newKin(), x)).NotTo(BeEmpty())
	})

	It("notices a credential that is missing, with either validator", func() {
		x := &exchange{op: "logout", method: http.MethodPost, url: path + "session/logout", status: http.StatusNoContent}
		l := shared()
		for _, v := range l.validators {
			Expect(slices.Concat(l.askRequest(v, x), l.askResponse(v, x))).NotTo(BeEmpty(), v.name())
		}
		x.header = http.Header{"Cookie": {"JSESSIONID=x"}}
		Expect(l.judge(x)).To(BeEmpty())
	})

	DescribeTable("notices what the document cannot say", func(spoil func(*exchange)) {
		x := login()
		spoil(x)
		Expect(rules(x)).NotTo(BeEmpty())
	},
		Entry("a 204 with a body", func(x *exchange) { x.answer = []byte("{}") }),
		Entry("a 204 that declares one", func(x *exchange) { x.answerHeader.Set("Content-Length", "2") }),
		Entry("a login with one cookie", func(x *exchange) { x.answerHeader["Set-Cookie"] = x.answerHeader["Set-Cookie"][:1] }),
		Entry("two cookies in one header", func(x *exchange) {
			x.answerHeader["Set-Cookie"] = []string{strings.Join(x.answerHeader["Set-Cookie"], ", ")}
		}),
		Entry("a session cookie that scripts can read", func(x *exchange) { x.answerHeader["Set-Cookie"][0] = "JSESSIONID=x; Path=/" }),
		Entry("a clientId that is not Secure", func(x *exchange) { x.answerHeader["Set-Cookie"][1] = "clientId=x; Path=/; HttpOnly" }),
		Entry("a malformed request that is granted", func(x *exchange) { x.intent = malformed }),
		Entry("a rejection without ids", func(x *exchange) {
			x.intent, x.status, x.answer = malformed, http.StatusBadRequest, []byte(`{"error":{"message":{"code":10002,"debug":"x"}}}`)
		}),
	)

	It("knows how the properties of a response came, and what never came", func() {
		l, x := newLedger(), token()
		l.enter(x)
		Expect(l.missing()).To(ContainElements(
			"getFullAccessToken: scope null in a response", "getFullAccessToken: scope.metadata_id in a response",
			"getFullAccessToken: scope.access_type=REPORT_BOOK_VIEW in a response", "getFullAccessToken: valid_for_user_id null in a response",
			"getCurrentUserInfo", "any failure: error.errors in a response",
		))
		Expect(l.missing()).NotTo(ContainElement(BeElementOf(
			"getFullAccessToken: scope in a response", "getFullAccessToken: scope.metadata_id null in a response",
			"getFullAccessToken: scope.access_type=FULL in a response", "getFullAccessToken: valid_for_user_id absent in a response",
		)))
		x.intent = odd
		replaced(&x.answer, `"FULL"`, `"REPORT_BOOK_VIEW"`)
		l.enter(x)
		Expect(l.missing()).To(ContainElement("getFullAccessToken: scope.access_type=REPORT_BOOK_VIEW in a response"), "an odd answer shows nothing")
	})

	It("knows every operation of the document, and the client has each", func() {
		Expect(slices.Sorted(maps.Keys(book.operations))).To(Equal(slices.Sorted(maps.Keys(callers()))))
		Expect(book.operations).To(HaveLen(11))
	})
})
