package control_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/control"
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
		"requests":  controlsRequests,
		"answers":   controlsAnswers,
		"documents": controlsDocuments,
		"reset":     controlsReset,
		"health":    controlsHealth,
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, ann(), authtest.WithUser("bob", "pw"))
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
	for _, item := range control.Document().Paths.Map() {
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

// A clock that went round would be in another century.
func TestTheClockHasAnEnd(t *testing.T) {
	r := serve(t)
	for _, step := range []string{"1000000000", "-1000000000"} {
		moved := 0
		for ; moved < 30; moved++ {
			before := r.sim.Now()
			if r.send("POST /clock/advance", "application/json", `{"seconds":`+step+`}`).Code != 200 {
				if r.sim.Now().Sub(before).Abs() > time.Hour {
					t.Errorf("it was rejected, and moved from %v to %v", before, r.sim.Now())
				}
				break
			}
		}
		if moved < 9 || moved == 30 {
			t.Errorf("it moved %d times by %s seconds", moved, step)
		}
	}
}

func controlsCredentials(t *testing.T, r *remote) {
	const bobPW = `{"username":"bob","password":"pw"}`
	made := token(t, r.sim, custom, trusted(`,"persist_option":"NONE","objects":[{"identifier":"o"}]`))
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
	id := begun.header.Values("Set-Cookie")[0]
	id, _, _ = strings.Cut(strings.TrimPrefix(id, "JSESSIONID="), ";")
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
	if set := call(t, r.sim, whoami, "", header{"Cookie", "JSESSIONID=" + id}).header.Values("Set-Cookie"); len(set) != 1 {
		t.Errorf("after a rotation: %v", set)
	}
	r.do("POST /tokens/revoke", `{"token":"`+string(made.Token)+`"}`, nil)
	counts(0, 0)
	if field, _ := r.rejected("POST /tokens/revoke", `{"token":"`+made.ID+`"}`, 404); field != "token" {
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
	wanted := map[string]any{"trusted_authentication": true, "mfa": false, "error_envelope": "flat", "error_debug": "envelope", "error_trace_id": "guid", "latency_seconds": 0.0, "rate_limit": map[string]any{"per_second": 0.0}}
	if !reflect.DeepEqual(before, wanted) {
		t.Errorf("settings %v", before)
	}
	r.do("PATCH /settings", `{"mfa":true,"error_envelope":"text"}`, &after)
	a := call(t, r.sim, full, annPW)
	if a.status != 401 || !strings.Contains(a.body, `"message":"multi-factor`) {
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

func controlsDocuments(t *testing.T, r *remote) {
	rec := r.send("GET /openapi.yaml", "", "")
	if !strings.HasPrefix(rec.Body.String(), "openapi: 3.0.3\n") || rec.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("%v %.100s", rec.Header(), rec.Body)
	}
	if err := control.Document().Validate(t.Context()); err != nil {
		t.Errorf("the document: %v", err)
	}
}
