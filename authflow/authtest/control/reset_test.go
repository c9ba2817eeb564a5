package control_test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/control"
)

// dump is what every GET of the control API responds, with GUIDs and times left
// out: they differ after a new start, too.
func dump(r *remote) map[string]string {
	r.t.Helper()
	all := make(map[string]string)
	differ := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:.]+Z|"now_in_millis":\d+`)
	for path, item := range control.Document().Paths.Map() {
		if item.Get != nil && !strings.Contains(path, "{") {
			all[path] = differ.ReplaceAllString(r.send("GET "+path, "", "").Body.String(), "…")
		}
	}
	for _, u := range r.sim.Users() {
		all["/users/"+u.Name] = differ.ReplaceAllString(r.send("GET /users/"+u.Name, "", "").Body.String(), "…")
	}
	return all
}

// disturb changes all that the control API can change.
func disturb(t *testing.T, r *remote) {
	t.Helper()
	for _, one := range []struct{ to, body string }{
		{"POST /groups", `{"name":"new","privileges":["P"]}`},
		{"POST /orgs", `{"id":5,"name":"New"}`},
		{"POST /users", `{"name":"new","password":"pw","orgs":[5],"groups":["new"]}`},
		{"DELETE /users/bob", ``},
		{"DELETE /orgs/1", ``},
		{"DELETE /groups/g", ``},
		{"PATCH /users/ann", `{"password":"other","status":"LOCKED"}`},
		{"PUT /secret-key", `{"key":"other"}`},
		{"PUT /orgs/0/secret-key", `{"key":"another"}`},
		{"PUT /answers", `{"method":"GET","path":"/api/rest/2.0/x","answers":[{"kind":"json","json":1}]}`},
		{"PUT /answers/openapi", `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/y":{"get":{"responses":{"404":{"description":"d"}}}}}}`},
		{"POST /clock/advance", `{"seconds":100000}`},
		{"PATCH /settings", `{"trusted_authentication":false,"mfa":true,"error_envelope":"text","error_debug":"null","error_trace_id":"absent",` +
			`"latency_seconds":0.001,"rate_limit":{"per_second":0.01,"burst":1}}`},
		{"POST /faults", `{"operation":"*","fault":{"kind":"status","status":500}}`},
	} {
		r.do(one.to, one.body, nil)
	}
}

// After a reset every GET of the control API responds as at the start.
func controlsReset(t *testing.T, of *remote) {
	r := serve(t, ann(), authtest.WithUser("bob", "pw", authtest.InOrgs(0, 1), authtest.InGroups("g")), authtest.WithOrg(1, "Sales"),
		authtest.WithGroup("g", "G"), authtest.WithOrgSecretKey(1, "key-1"), authtest.WithOpenAPI([]byte(catalogue)))
	before := dump(r)
	for round := range 2 {
		tok := token(t, r.sim, custom, trusted(`,"persist_option":"APPEND","objects":[{"identifier":"o"}],"email":"a@x.test"`))
		want(t, call(t, r.sim, login, annPW), 204)
		want(t, call(t, r.sim, "GET "+base+"one", "", bearer(tok.Token)), 202)
		disturb(t, r)
		if changed := dump(r); changed["/users/ann"] == before["/users/ann"] {
			t.Errorf("round %d: nothing has changed", round)
		}
		r.do("POST /reset", "", nil)
		if after := dump(r); !maps.Equal(after, before) {
			for _, path := range slices.Sorted(maps.Keys(before)) {
				if after[path] != before[path] {
					t.Errorf("round %d: GET %s\n%s\nbut at the start\n%s", round, path, after[path], before[path])
				}
			}
		}
		// No GET shows these.
		want(t, call(t, r.sim, full, trusted("")), 200)
		want(t, call(t, r.sim, full, `{"username":"bob","secret_key":"key-1","org_id":1}`), 200)
		want(t, call(t, r.sim, full, `{"username":"bob","secret_key":"another"}`), 401)
		want(t, call(t, r.sim, login, annPW), 204)
		r.do("POST /reset", "", nil)
	}
	maps.Copy(of.used, r.used)
}

// As when the process ends, a call in flight has no response.
func TestControl_Reset_CallInFlight_HasNoResponseAndNoEffect(t *testing.T) {
	r := serve(t, ann())
	for range 2 {
		var block struct{ ID string }
		r.do("POST /blocks", `{"operation":"login"}`, &block)
		ended := make(chan error)
		go func() {
			_, err := send(t, r.sim, login, annPW)
			ended <- err
		}()
		r.do("POST /calls/wait", `{"operation":"login","calls":1}`, nil)
		r.do("POST /reset", "", nil)
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("the call ended with %v", err)
		}
		if n, m := len(r.sim.Sessions()), r.sim.Calls(authtest.AnyOperation); n != 0 || m != 0 {
			t.Errorf("%d sessions, %d calls", n, m)
		}
		r.rejected("DELETE /blocks/"+block.ID, "", http.StatusNotFound)
		want(t, call(t, r.sim, login, annPW), 204)
		r.do("POST /reset", "", nil)
	}
}

func controlsHealth(_ *testing.T, r *remote) {
	var health struct{ Status string }
	r.do("GET /healthz", "", &health)
	if health.Status != "ok" {
		r.t.Errorf("health %+v", health)
	}
}
