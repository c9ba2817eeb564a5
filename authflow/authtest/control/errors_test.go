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
		{"DELETE /clock", ``, 404, ""},
		{"POST /orgs", `{"id":3,"name":"` + strings.Repeat("x", 16<<20) + `"}`, 413, ""},
	} {
		field, text := r.rejected(test.to, test.body, test.status)
		if field != test.field || strings.Contains(text, "hunter2") {
			t.Errorf("%s %.100s names %q (%s), want %q", test.to, test.body, field, text, test.field)
		}
	}
}
