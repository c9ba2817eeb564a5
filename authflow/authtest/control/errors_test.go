package control_test

import (
	"strings"
	"testing"
)

// An error names the field that is wrong, and repeats no secret.
func TestControl_RequestThatDoesNotFit_NamesTheField(t *testing.T) {
	r := serve(t, ann())
	for _, test := range []struct {
		to, body string
		status   int
		field    string
	}{
		{"POST /clock/advance", `{}`, 400, "seconds"},
		{"POST /clock/advance", `{"seconds":"5"}`, 400, "seconds"},
		{"POST /clock/advance", `{"seconds":1e300}`, 400, "seconds"},
		{"POST /clock/advance", `{"second":5,"seconds":5}`, 400, "second"},
		{"POST /clock/advance", ``, 400, ""},
		{"POST /clock/advance", `{"seconds":`, 400, ""},
		{"POST /tokens/revoke", `{"token":"hunter2"}`, 404, "token"},
		{"PUT /secret-key", `{"key":["hunter2"]}`, 400, "key"},
		{"PUT /orgs/1/secret-key", `{"key":"hunter2"}`, 404, "id"},
		{"PUT /orgs/Sales/secret-key", `{"key":"hunter2"}`, 400, "id"},
		{"PUT /orgs/4294967296/secret-key", `{"key":"hunter2"}`, 400, "id"},
		{"DELETE /orgs/0", ``, 404, "id"},
		{"GET /users/zoe", ``, 404, "name"},
		{"DELETE /users/zoe", ``, 404, "name"},
		{"DELETE /users/zoe/credentials", ``, 404, "name"},
		{"POST /users/zoe/rotate-cookie", ``, 404, "name"},
		{"PATCH /users/zoe", `{"password":"hunter2"}`, 404, "name"},
		{"PATCH /users/ann", `{}`, 400, ""},
		{"PATCH /users/ann", `{"status":"hunter2"}`, 400, "status"},
		{"POST /users", `{"name":"ann","password":"hunter2"}`, 400, "name"},
		{"POST /users", `{"name":"zoe","passwort":"hunter2"}`, 400, "passwort"},
		{"POST /users", `{"name":"zoe","orgs":[7]}`, 400, "orgs"},
		{"POST /users", `{"name":"zoe","orgs":[0,"x"]}`, 400, "orgs.1"},
		{"POST /users", `{"name":"zoe","groups":["g"]}`, 400, "groups"},
		{"POST /orgs", `{"id":0,"name":"x"}`, 400, "id"},
		{"POST /orgs", `{"id":3,"name":""}`, 400, "name"},
		{"POST /orgs", `{"id":-1,"name":"x"}`, 400, "id"},
		{"POST /orgs", `{"id":3,"name":"Primary"}`, 400, "name"},
		{"POST /orgs", `{"id":3,"name":"x"} {}`, 400, ""},
		{"DELETE /groups/g", ``, 404, "name"},
		{"PATCH /settings", `{"rate_limit":{"per_second":-1}}`, 400, "rate_limit.per_second"},
		{"PATCH /settings", `{"rate_limit":{"per_second":1e-300}}`, 400, "rate_limit.per_second"},
		{"PATCH /settings", `{"error_envelope":"round"}`, 400, "error_envelope"},
		{"POST /faults", `{"operation":"getToken","fault":{"kind":"reset"}}`, 400, "operation"},
		{"POST /faults", `{"operation":"login","fault":{"kind":"explosion"}}`, 400, "fault"},
		{"POST /faults", `{"operation":"login","fault":{"kind":"status"}}`, 400, "fault.status"},
		{"POST /faults", `{"operation":"login","fault":{"kind":"status","status":99}}`, 400, "fault.status"},
		{"POST /faults", `{"operation":"login","fault":{"kind":"reset","status":500}}`, 400, "fault.status"},
		{"POST /faults", `{"operation":"login","calls":0,"fault":{"kind":"reset"}}`, 400, "calls"},
		{"POST /blocks", `{"operation":"x"}`, 400, "operation"},
		{"POST /calls/wait", `{"operation":"x","calls":1}`, 400, "operation"},
		{"PUT /answers", `{"method":"POST","path":"/x","answers":[]}`, 400, "answers"},
		{"PUT /answers", `{"method":"POST","path":"/x","answers":[{"kind":"redirect","location":""}]}`, 400, "answers.0.location"},
		{"PUT /answers", `{"method":"GET","path":"/api/rest/2.0/auth/session/user","answers":[{"kind":"json","json":1}]}`, 400, "path"},
		{"PUT /answers/openapi", `{"openapi":"3.0.3"}`, 400, "document"},
		{"GET /nowhere", ``, 404, ""},
		{"DELETE /clock", ``, 405, ""},
		{"GET /requests?operation=getToken", ``, 400, "operation"},
		{"GET /requests?path=x", ``, 400, "path"},
		{"GET /requests?pth=/x", ``, 400, "pth"},
		{"GET /calls?operation=login", ``, 400, "operation"},
		{"POST /orgs", `{"id":3,"name":"` + strings.Repeat("x", 16<<20) + `"}`, 413, ""},
	} {
		field, text := r.rejected(test.to, test.body, test.status)
		if field != test.field || strings.Contains(text, "hunter2") {
			t.Errorf("%s %.100s names %q (%s), want %q", test.to, test.body, field, text, test.field)
		}
	}
}

// An error says what to do, to a reader who has only HTTP.
func TestControl_RequestThatDoesNotFit_SaysWhatFits(t *testing.T) {
	r := serve(t, ann())
	const oneOf = "kind must be one of "
	const answers = `"answers":[{"kind":"json","json":1}]`
	for _, test := range []struct{ to, body, field, text string }{
		{"POST /faults", `{"operation":"login","fault":{"kind":"explosion"}}`, "fault",
			oneOf + "answer, empty, html, json, maintenance, pass, rate_limited, redirect, reject, reset, status, truncated"},
		{"POST /faults", `{"operation":"login","fault":{}}`, "fault", oneOf + "answer, empty, "},
		{"PUT /answers", `{"method":"GET","path":"/api/rest/2.0/x","answers":[{"kind":1}]}`, "answers.0", oneOf + "answer, empty, "},
		{"PUT /answers", `{"method":"post","path":"/api/rest/2.0/x",` + answers + `}`, "method", "must be in capital letters, such as POST"},
		{"PUT /answers", `{"method":"POST","path":"metadata/search",` + answers + `}`, "path", "must begin with /, such as /api/rest/2.0/metadata/search"},
		{"PUT /answers", `{"method":"POST","path":"/metadata/search",` + answers + `}`, "path", "did you mean /api/rest/2.0/metadata/search?"},
		{"PUT /answers", `{"method":"POST","path":"/api/rest/2.0/auth/session/login",` + answers + `}`, "path", "POST /faults"},
		{"POST /faults", `{"operation":"searchMetadata","fault":{"kind":"reset"}}`, "operation", "getFullAccessToken"},
		{"GET /requests?path=x", ``, "path", "must begin with /"},
		{"GET /requests?pth=/x", ``, "pth", "operation, path"},
	} {
		for range 2 {
			field, text := r.rejected(test.to, test.body, 400)
			if field != test.field || !strings.Contains(text, test.text) {
				t.Errorf("%s %s: %s: %s", test.to, test.body, field, text)
			}
		}
	}
}

// A path that is there takes other methods; one that is not there takes none.
func TestControl_MethodThatThePathDoesNotTake_IsRejectedWithAllow(t *testing.T) {
	r := serve(t, ann())
	for to, allow := range map[string]string{
		"DELETE /clock": "GET", "PUT /faults": "DELETE, GET, POST", "GET /reset": "POST", "POST /users/ann": "DELETE, GET, PATCH", "OPTIONS /calls": "DELETE, GET",
		"GET /orgs/0/secret-key": "PUT",
	} {
		for range 2 {
			rec := r.send(to, "", "")
			if rec.Code != 405 || rec.Header().Get("Allow") != allow || !strings.Contains(rec.Body.String(), "takes "+allow) {
				t.Errorf("%s: %d, Allow %q, %s", to, rec.Code, rec.Header().Get("Allow"), rec.Body)
			}
		}
	}
	for _, to := range []string{"GET /nowhere", "DELETE /", "GET /users/ann/nothing"} {
		if rec := r.send(to, "", ""); rec.Code != 404 || rec.Header().Get("Allow") != "" {
			t.Errorf("%s: %d, Allow %q", to, rec.Code, rec.Header().Get("Allow"))
		}
	}
}
