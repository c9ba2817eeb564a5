package authtest_test

import (
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Calls that the OpenAPI document does not have are counted, failed, held back and
// observed like its operations.
func TestOutsideTheSpec(t *testing.T) {
	const key = "secret_key=" + authtest.DefaultSecretKey
	for _, test := range []struct {
		op, to, body string
		status       int
	}{
		{authtest.OpV1Login, "POST " + v1 + "login", "username=ann&password=pw", 204},
		{authtest.OpV1TokenLogin, "POST " + v1 + "login/token", "auth_token=TOKEN", 302},
		{authtest.OpV1TokenLogin, "GET " + v1 + "login/token?auth_token=TOKEN", "", 302},
		{authtest.OpV1AuthToken, "POST " + v1 + "auth/token", key + "&username=ann&access_level=FULL", 200},
		{authtest.OpV1IsActive, "GET " + v1 + "isactive", "", 204},
		{authtest.OpV1Info, "GET " + v1 + "info", "", 200},
		{authtest.OpV1Logout, "POST " + v1 + "logout", "", 204},
		{authtest.OpPreauthInfo, "GET /prism/preauth/info", "", 200},
		{authtest.OpGetSystemInformation, "GET " + base + "system", "", 200},
		{authtest.OpPage, "GET /?embedApp=true", "", 200},
		{authtest.OpPage, "GET /v2/?base64UrlEncodedFlags=x", "", 200},
	} {
		for _, to := range []string{test.to, strings.Replace(test.to, v1, "/callosum/v1/tspublic/v1/session/", 1)} {
			var seen []authtest.Call
			sim := authtest.New(ann(authtest.Privileges(authtest.PrivilegeAdministration)),
				authtest.WithObserver(func(c authtest.Call) { seen = append(seen, c) }))
			tok := token(t, sim, full, trusted(""))
			to := strings.Replace(to, "TOKEN", string(tok.Token), 1)
			body := strings.Replace(test.body, "TOKEN", string(tok.Token), 1)
			sim.ResetCalls()
			sim.Fail(test.op, 1, authtest.Status(500))
			want(t, callAs(t, sim, to, formType, body, bearer(tok.Token)), 500)
			want(t, callAs(t, sim, to, formType, body, bearer(tok.Token)), test.status)
			if sim.Calls(test.op) != 2 || len(sim.CallCounts()) != 1 {
				t.Errorf("%s: counted %v", to, sim.CallCounts())
			}
			if last := seen[len(seen)-1]; last.Operation != test.op || last.Status != test.status {
				t.Errorf("%s: observed %+v", to, last)
			}
			sim.Block(test.op)() // panics for a name that is not known
		}
	}
}

func TestOutsideTheSpecByTheWrongMethod(t *testing.T) {
	sim := authtest.New(ann())
	for to, allow := range map[string]string{
		"GET " + v1 + "login":         "POST",
		"PUT " + v1 + "login/token":   "GET, POST",
		"GET " + v1 + "logout":        "POST",
		"POST " + v1 + "isactive":     "GET",
		"POST /prism/preauth/info":    "GET",
		"POST " + base + "system":     "GET",
		"DELETE " + v1 + "auth/token": "POST",
	} {
		a := call(t, sim, to, "")
		want(t, a, 405)
		if got := a.header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q", to, got)
		}
	}
	for _, to := range []string{"GET " + v1 + "homepinboard", "GET /v2/", "GET /?embedApp=false", "POST /?embedApp=true"} {
		want(t, call(t, sim, to, ""), 404)
	}
}
