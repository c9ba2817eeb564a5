package authtest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Each operation of the control API does what the method of its name does.
func TestControl(t *testing.T) {
	used := make(map[string]bool)
	for name, test := range map[string]func(*testing.T, *remote){
		"clock":     controlsClock,
		"tokens":    controlsCredentials,
		"keys":      controlsKeys,
		"users":     controlsUsers,
		"orgs":      controlsOrgsAndGroups,
		"settings":  controlsSettings,
		"faults":    controlsFaults,
		"blocks":    controlsBlocks,
		"answers":   controlsAnswers,
		"documents": controlsDocuments,
	} {
		t.Run(name, func(t *testing.T) {
			r := control(t, ann(), authtest.WithUser("bob", "pw"))
			test(t, r)
			maps.Copy(used, r.used)
		})
	}
	for _, op := range controlOperations() {
		if !used[op.OperationID] {
			t.Errorf("no test has used %s", op.OperationID)
		}
	}
}

func controlOperations() []*openapi3.Operation {
	var list []*openapi3.Operation
	for _, item := range authtest.ControlDocument().Paths.Map() {
		for _, op := range item.Operations() {
			list = append(list, op)
		}
	}
	return list
}

func controlsClock(t *testing.T, r *remote) {
	var before, after struct {
		Now    time.Time
		Millis int64 `json:"now_in_millis"`
	}
	r.do("GET /clock", "", &before)
	r.do("POST /clock/advance", `{"seconds":3600.5}`, &after)
	if moved := after.Now.Sub(before.Now); moved < 3600500*time.Millisecond || moved > 3700*time.Second {
		t.Errorf("the clock moved by %v", moved)
	}
	if after.Millis != after.Now.UnixMilli() || r.sim.Now().Before(after.Now) {
		t.Errorf("now %v, %d milliseconds, %v", after.Now, after.Millis, r.sim.Now())
	}
}

func controlsCredentials(t *testing.T, r *remote) {
	const bobPW = `{"username":"bob","password":"pw"}`
	c := call(t, r.sim, custom, trusted(`,"persist_option":"NONE","objects":[{"identifier":"o"}]`))
	var made gen.AccessToken
	c.decode(t, &made)
	begun := call(t, r.sim, login, `{}`, bearer(made.Token))

	var tokens []struct {
		ID, SHA256, Kind, User string
		Org                    gen.Org
		Expires                time.Time
		Rules                  struct{ Objects []any }
	}
	r.do("GET /tokens", "", &tokens)
	if len(tokens) != 1 || tokens[0].ID != made.ID || tokens[0].SHA256 != hashOf(string(made.Token)) ||
		tokens[0].Kind != "custom" || tokens[0].User != "ann" || len(tokens[0].Rules.Objects) != 1 ||
		tokens[0].Expires.UnixMilli() != int64(made.ExpirationTimeInMillis) {
		t.Errorf("tokens %+v", tokens)
	}
	var sessions []struct {
		SHA256, User string
		TokenID      string `json:"token_id"`
	}
	r.do("GET /sessions", "", &sessions)
	id := strings.TrimPrefix(strings.Split(begun.sessionCookies(t), "; ")[0], "JSESSIONID=")
	if len(sessions) != 1 || sessions[0].SHA256 != hashOf(id) || sessions[0].User != "ann" || sessions[0].TokenID != made.ID {
		t.Errorf("sessions %+v", sessions)
	}
	// X3: the lists hold no secrets.
	for _, list := range []string{"GET /tokens", "GET /sessions", "GET /users"} {
		if text := r.send(list, "", "").Body.String(); strings.Contains(text, string(made.Token)) || strings.Contains(text, id) {
			t.Errorf("%s answers %s", list, text)
		}
	}

	counts := func(tokens, sessions int) {
		t.Helper()
		if n, m := len(r.sim.Tokens()), len(r.sim.Sessions()); n != tokens || m != sessions {
			t.Errorf("%d tokens and %d sessions, want %d and %d", n, m, tokens, sessions)
		}
	}
	r.do("POST /users/ann/rotate-cookie", "", nil)
	if set := call(t, r.sim, whoami, "", cookie(begun.sessionCookies(t))).header.Values("Set-Cookie"); len(set) != 1 {
		t.Errorf("after a rotation: %v", set)
	}
	r.do("POST /tokens/revoke", `{"token":"`+string(made.Token)+`"}`, nil)
	counts(0, 0)
	if field, _ := r.refused("POST /tokens/revoke", `{"token":"`+made.ID+`"}`, 404); field != "token" {
		t.Errorf("field %q", field)
	}
	fill := func() {
		token(t, r.sim, full, annPW)
		token(t, r.sim, full, bobPW)
		call(t, r.sim, login, annPW)
		call(t, r.sim, login, bobPW)
		counts(2, 2)
	}
	fill()
	r.do("DELETE /users/ann/credentials", "", nil)
	counts(1, 1)
	r.do("DELETE /sessions", "", nil)
	counts(1, 0)
	r.do("DELETE /tokens", "", nil)
	counts(0, 0)
	fill()
	r.do("DELETE /credentials", "", nil)
	counts(0, 0)
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func controlsKeys(t *testing.T, r *remote) {
	r.do("PUT /secret-key", `{"key":"new"}`, nil)
	want(t, call(t, r.sim, full, `{"username":"ann","secret_key":"new"}`), 200)
	r.do("PUT /orgs/0/secret-key", `{"key":"of-primary"}`, nil)
	want(t, call(t, r.sim, full, `{"username":"ann","secret_key":"of-primary"}`), 200)
	r.do("PUT /secret-key", `{"key":""}`, nil)
	want(t, call(t, r.sim, full, `{"username":"ann","secret_key":"new"}`), 401)
}

func controlsUsers(t *testing.T, r *remote) {
	r.do("POST /groups", `{"name":"g","privileges":["P"]}`, nil)
	r.do("POST /orgs", `{"id":1,"name":"Sales"}`, nil)
	r.do("POST /users", `{"name":"z/o e","password":"pw","id":"i","display_name":"Zoe","email":"z@x.test","status":"INACTIVE",`+
		`"orgs":[1,0],"groups":["g"],"privileges":["Q"]}`, nil)
	var u struct {
		ID, Name, Email, Type, Status string
		DisplayName                   string `json:"display_name"`
		Orgs                          []gen.Org
		Groups, Privileges            []string
	}
	r.do("GET /users/z%2Fo%20e", "", &u)
	if u.ID != "i" || u.Name != "z/o e" || u.DisplayName != "Zoe" || u.Email != "z@x.test" || u.Type != "LOCAL_USER" || u.Status != "INACTIVE" ||
		len(u.Orgs) != 2 || u.Orgs[0].Name != "Sales" || !slices.Equal(u.Groups, []string{"g"}) || !slices.Equal(u.Privileges, []string{"P", "Q"}) {
		t.Errorf("user %+v", u)
	}
	const zoe = `{"username":"z/o e","password":"other"}`
	want(t, call(t, r.sim, full, zoe), 403)
	r.do("PATCH /users/z%2Fo%20e", `{"status":"ACTIVE"}`, nil)
	want(t, call(t, r.sim, full, zoe), 401)
	r.do("PATCH /users/z%2Fo%20e", `{"password":"other"}`, nil)
	want(t, call(t, r.sim, full, zoe), 200)
	r.do("POST /users", `{"name":"plain"}`, nil)
	var all []struct{ Name string }
	r.do("GET /users", "", &all)
	if len(all) != 4 || all[2].Name != "plain" {
		t.Errorf("users %v", all)
	}
	r.do("DELETE /users/plain", "", nil)
	if _, ok := r.sim.User("plain"); ok {
		t.Error("the user is still there")
	}
}

func controlsOrgsAndGroups(t *testing.T, r *remote) {
	r.do("POST /orgs", `{"id":1,"name":"Sales"}`, nil)
	r.do("POST /groups", `{"name":"g"}`, nil)
	var orgs []gen.Org
	r.do("GET /orgs", "", &orgs)
	var groups []struct{ ID, Name string }
	r.do("GET /groups", "", &groups)
	if !reflect.DeepEqual(orgs, r.sim.Orgs()) || len(orgs) != 2 || len(groups) != 1 || groups[0].ID != r.sim.GroupID("g") {
		t.Errorf("Orgs %v, groups %v", orgs, groups)
	}
	r.do("DELETE /orgs/1", "", nil)
	r.do("DELETE /groups/g", "", nil)
	if len(r.sim.Orgs()) != 1 || len(r.sim.Groups()) != 0 {
		t.Errorf("Orgs %v, groups %v", r.sim.Orgs(), r.sim.Groups())
	}
}

func controlsSettings(t *testing.T, r *remote) {
	var before, after map[string]any
	r.do("GET /settings", "", &before)
	wanted := map[string]any{"trusted_authentication": true, "mfa": false, "error_envelope": "flat", "latency_seconds": 0.0, "rate_limit": map[string]any{"per_second": 0.0}}
	if !reflect.DeepEqual(before, wanted) {
		t.Errorf("settings %v", before)
	}
	r.do("PATCH /settings", `{"mfa":true,"error_envelope":"text"}`, &after)
	a := call(t, r.sim, full, annPW)
	if a.status != 401 || !strings.Contains(string(a.body), `"message":"multi-factor`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	wanted["mfa"], wanted["error_envelope"] = true, "text"
	if !reflect.DeepEqual(after, wanted) {
		t.Errorf("settings %v", after)
	}
	r.do("PATCH /settings", `{"trusted_authentication":false,"mfa":false,"error_envelope":"nested"}`, nil)
	want(t, call(t, r.sim, full, trusted("")), 403)
	r.do("PATCH /settings", `{"latency_seconds":0.001,"rate_limit":{"per_second":0.001,"retry_after_seconds":5}}`, &after)
	if !reflect.DeepEqual(after["rate_limit"], map[string]any{"per_second": 0.001, "burst": 10.0, "retry_after_seconds": 5.0}) || after["latency_seconds"] != 0.001 {
		t.Errorf("settings %v", after)
	}
	for i := range 11 {
		if a := call(t, r.sim, full, annPW); (a.status == 429) != (i == 10) || (a.header.Get("Retry-After") != "") != (i == 10) {
			t.Errorf("call %d: %d %v", i, a.status, a.header)
		}
	}
}

func controlsFaults(t *testing.T, r *remote) {
	for fault, wanted := range map[string]struct {
		status int
		body   string
		header header
	}{
		`{"kind":"pass","headers":{"X-A":"1","X-B":"2"}}`:         {401, "10097", header{"X-B", "2"}},
		`{"kind":"status","status":503,"delay_seconds":0.001}`:    {503, "10038", header{}},
		`{"kind":"html","status":502}`:                            {502, "Bad Gateway", header{"Content-Type", "text/html; charset=utf-8"}},
		`{"kind":"maintenance","status":200}`:                     {200, "Site Maintenance", header{}},
		`{"kind":"empty","status":200,"headers":{"X-A":"1"}}`:     {200, "", header{"X-A", "1"}},
		`{"kind":"refuse","status":409,"code":7,"text":"again"}`:  {409, "again", header{}},
		`{"kind":"rate_limited","retry_after_seconds":1.5}`:       {429, "10000", header{"Retry-After", "2"}},
		`{"kind":"redirect","location":"https://x.test"}`:         {302, "", header{"Location", "https://x.test"}},
		`{"kind":"redirect","location":"/y","status":307}`:        {307, "", header{"Location", "/y"}},
		`{"kind":"json","json":{"n":12345678901234567890}}`:       {200, `{"n":12345678901234567890}`, header{"Content-Type", "application/json"}},
		`{"kind":"json","json":false,"status":418}`:               {418, `false`, header{}},
		`{"kind":"answer","body":"x"}`:                            {200, "x", header{"Content-Type", "text/plain; charset=utf-8"}},
		`{"kind":"answer","body":"x","content_type":"text/made"}`: {200, "x", header{"Content-Type", "text/made"}},
	} {
		r.do("POST /faults", `{"operation":"echo","calls":1,"fault":`+fault+`}`, nil)
		a := call(t, r.sim, search, "")
		if a.status != wanted.status || !strings.Contains(string(a.body), wanted.body) || wanted.header[0] != "" && a.header.Get(wanted.header[0]) != wanted.header[1] {
			t.Errorf("%s: %d %v %s", fault, a.status, a.header, a.body)
		}
		want(t, call(t, r.sim, search, ""), 401)
	}
	for _, kind := range []string{"truncated", "reset"} {
		r.do("POST /faults", `{"operation":"*","calls":1,"fault":{"kind":"`+kind+`"}}`, nil)
		if _, err := send(t.Context(), t, r.sim, r.sim.Client(), search, ""); err == nil {
			t.Errorf("%s has no effect", kind)
		}
	}
	r.do("DELETE /calls", "", nil)
	r.do("POST /faults", `{"operation":"echo","fault":{"kind":"status","status":500}}`, nil)
	for range 3 {
		want(t, call(t, r.sim, search, ""), 500)
	}
	r.do("DELETE /faults", "", nil)
	want(t, call(t, r.sim, search, ""), 401)
	call(t, r.sim, "GET /elsewhere", "")
	var counts struct {
		Total       int
		ByOperation map[string]int `json:"by_operation"`
	}
	r.do("GET /calls", "", &counts)
	if counts.Total != 5 || !maps.Equal(counts.ByOperation, map[string]int{"echo": 4}) {
		t.Errorf("counts %+v", counts)
	}
}

func controlsBlocks(t *testing.T, r *remote) {
	var block struct{ ID string }
	r.do("POST /blocks", `{"operation":"echo"}`, &block)
	done := make(chan int)
	go func() { done <- call(t, r.sim, search, "").status }()
	var waited struct {
		Arrived bool
		Calls   int
	}
	r.do("POST /calls/wait", `{"operation":"echo","calls":1}`, &waited)
	if !waited.Arrived || waited.Calls != 1 {
		t.Errorf("waited %+v", waited)
	}
	select {
	case status := <-done:
		t.Errorf("the call was not held back: %d", status)
	default:
	}
	r.do("DELETE /blocks/"+block.ID, "", nil)
	if status := <-done; status != 401 {
		t.Errorf("status %d", status)
	}
	if field, _ := r.refused("DELETE /blocks/"+block.ID, "", 404); field != "id" {
		t.Errorf("field %q", field)
	}
	r.do("POST /calls/wait", `{"operation":"*","calls":2,"timeout_seconds":0}`, &waited)
	if waited.Arrived || waited.Calls != 1 {
		t.Errorf("waited %+v", waited)
	}
}

func controlsAnswers(t *testing.T, r *remote) {
	r.do("PUT /answers", `{"method":"POST","path":"/api/rest/2.0/metadata/search","answers":[{"kind":"json","json":[1]},{"kind":"status","status":503}]}`, nil)
	tok := bearer(token(t, r.sim, full, annPW).Token)
	want(t, call(t, r.sim, search, ""), 401)
	if a := call(t, r.sim, search, "", tok); string(a.body) != "[1]" {
		t.Errorf("%d %s", a.status, a.body)
	}
	for range 2 {
		want503(t, call(t, r.sim, search, "", tok))
	}
	var list []authtest.CannedAnswer
	r.do("GET /answers", "", &list)
	if !reflect.DeepEqual(list, r.sim.Answers()) || len(list) != 1 || list[0].Calls != 3 {
		t.Errorf("answers %v", list)
	}
	if rec := r.send("PUT /answers/openapi", "application/yaml", catalogue); rec.Code != 204 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if a := call(t, r.sim, "GET "+base+"one", "", tok); a.status != 202 {
		t.Errorf("%d %s", a.status, a.body)
	}
	r.do("DELETE /answers", "", nil)
	if n := len(r.sim.Answers()); n != 0 {
		t.Errorf("%d answers", n)
	}
	r.do("PUT /answers/openapi", `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/x":{"get":{"responses":{"204":{"description":"d"}}}}}}`, nil)
	want(t, call(t, r.sim, "GET /x", "", tok), 204)
}

func want503(t *testing.T, a answer) {
	t.Helper()
	if a.status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func controlsDocuments(t *testing.T, r *remote) {
	rec := r.send("GET /openapi.yaml", "", "")
	if !strings.HasPrefix(rec.Body.String(), "openapi: 3.0.3\n") || rec.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("%v %.100s", rec.Header(), rec.Body)
	}
	if err := authtest.ControlDocument().Validate(t.Context()); err != nil {
		t.Errorf("the document: %v", err)
	}
}

// An error names the field that is wrong, and repeats no secret.
func TestControlNamesWhatIsWrong(t *testing.T) {
	r := control(t, ann())
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
		{"DELETE /groups/g", ``, 404, "name"},
		{"PATCH /settings", `{"rate_limit":{"per_second":-1}}`, 400, "rate_limit.per_second"},
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
		{"POST /orgs", `{"id":3,"name":"` + strings.Repeat("x", 16<<20) + `"}`, 400, ""},
	} {
		field, text := r.refused(test.to, test.body, test.status)
		if field != test.field || strings.Contains(text, "hunter2") {
			t.Errorf("%s %.100s names %q (%s), want %q", test.to, test.body, field, text, test.field)
		}
	}
}

// Whoever is not on this machine, and no page of a browser, controls anything.
func TestControlKeepsOthersOut(t *testing.T) {
	for _, test := range []struct {
		method, host, origin, site, contentType, body string
		status                                        int
	}{
		{"DELETE", "127.0.0.1:4124", "", "", "", "", 204},
		{"DELETE", "127.8.8.8", "", "", "", "", 204},
		{"DELETE", "localhost:4124", "", "", "", "", 204},
		{"DELETE", "[::1]:4124", "", "", "", "", 204},
		{"DELETE", "Simulator:4124", "", "", "", "", 204},
		{"DELETE", "localhost:4124", "http://localhost:4124", "same-origin", "", "", 204},
		{"DELETE", "192.0.2.1:4124", "", "", "", "", 403},
		{"DELETE", "rebound.example", "", "", "", "", 403},
		{"DELETE", "rebound.example", "http://rebound.example", "same-origin", "", "", 403},
		{"DELETE", "localhost.example", "", "", "", "", 403},
		{"DELETE", "", "", "", "", "", 403},
		{"DELETE", "localhost:4124", "https://app.example", "", "", "", 403},
		{"DELETE", "localhost:4124", "http://localhost:3000", "", "", "", 403},
		{"DELETE", "localhost:4124", "null", "", "", "", 403},
		{"DELETE", "localhost:4124", "", "cross-site", "", "", 403},
		{"DELETE", "localhost:4124", "", "same-site", "", "", 403},
		{"OPTIONS", "localhost:4124", "https://app.example", "cross-site", "", "", 403},
		{"GET", "localhost:4124", "", "cross-site", "", "", 403},
		{"PATCH", "localhost:4124", "", "", "application/json; charset=utf-8", `{"mfa":false}`, 200},
		{"PATCH", "localhost:4124", "", "", "text/plain", `{"mfa":false}`, 415},
		{"PATCH", "localhost:4124", "", "", "", `{"mfa":false}`, 415},
		{"PATCH", "localhost:4124", "", "", "application/x-www-form-urlencoded", "mfa=false", 415},
	} {
		sim := authtest.New(ann())
		path := "/calls"
		if test.method == "PATCH" {
			path = "/settings"
		}
		req := httptest.NewRequestWithContext(t.Context(), test.method, path, strings.NewReader(test.body))
		req.Host = test.host
		for name, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.site, "Content-Type": test.contentType} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		call(t, sim, whoami, "")
		rec := httptest.NewRecorder()
		sim.Control("simulator").ServeHTTP(rec, req)
		if rec.Code != test.status {
			t.Errorf("%+v: %d %s", test, rec.Code, rec.Body)
		}
		if reset := sim.Calls(authtest.AnyOperation) == 0; reset != (test.status == 204) {
			t.Errorf("%+v: had an effect: %t", test, reset)
		}
		for name := range rec.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%+v: %s", test, name)
			}
		}
	}
}

// Every control of the Go API is there by HTTP, unless there is a reason.
func TestControlHasEveryMethod(t *testing.T) {
	without := map[string]string{
		"Client":    "a client in process",
		"ClientAt":  "a client in process",
		"Transport": "a client in process",
		"ServeHTTP": "the simulator itself",
		"Control":   "the control API itself",
		"String":    "what package fmt prints",
		"GoString":  "what package fmt prints",
	}
	has := make(map[string]bool)
	for _, op := range controlOperations() {
		list, _ := op.Extensions["x-control"].([]any)
		for _, name := range list {
			has[name.(string)] = true
		}
	}
	methods := make(map[string]bool)
	sim := reflect.TypeFor[*authtest.Simulator]()
	for i := range sim.NumMethod() {
		m := sim.Method(i)
		methods[m.Name] = true
		if has[m.Name] == (without[m.Name] != "") {
			t.Errorf("%s: in control.yaml: %t, a reason for its absence: %q", m.Name, has[m.Name], without[m.Name])
		}
	}
	for name := range has {
		if !methods[name] {
			t.Errorf("control.yaml names a method that there is not: %s", name)
		}
	}
	for name := range without {
		if !methods[name] {
			t.Errorf("a reason for a method that there is not: %s", name)
		}
	}
}

// A block over HTTP in a bubble waits on the bubble's clock.
func TestControlWaitsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := control(t, ann())
		start := time.Now()
		var waited struct{ Arrived bool }
		r.do("POST /calls/wait", `{"operation":"login","calls":1}`, &waited)
		if waited.Arrived || time.Since(start) != 10*time.Second {
			t.Errorf("arrived %t after %v", waited.Arrived, time.Since(start))
		}
	})
}
