package control_test

import (
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// catalogue is a document with one operation.
const catalogue = `
openapi: 3.0.3
info: { title: t, version: "1" }
servers: [{ url: "https://x.test/api/rest/2.0" }]
paths:
  /one: { get: { operationId: getOne, responses: { "202": { description: d, content: { application/json: { example: { a: x },
    schema: { type: object, required: [a], properties: { a: { type: integer } } } } } } } } }
`

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
		`{"kind":"reject","status":409,"code":7,"text":"again"}`:  {409, "again", header{}},
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
		if a.status != wanted.status || !strings.Contains(a.body, wanted.body) || wanted.header[0] != "" && a.header.Get(wanted.header[0]) != wanted.header[1] {
			t.Errorf("%s: %d %v %s", fault, a.status, a.header, a.body)
		}
		want(t, call(t, r.sim, search, ""), 401)
	}
	for _, kind := range []string{"truncated", "reset"} {
		r.do("POST /faults", `{"operation":"*","calls":1,"fault":{"kind":"`+kind+`"}}`, nil)
		if _, err := send(t, r.sim, search, ""); err == nil {
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
	if field, _ := r.rejected("DELETE /blocks/"+block.ID, "", 404); field != "id" {
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
	if a := call(t, r.sim, search, "", tok); a.body != "[1]" {
		t.Errorf("%d %s", a.status, a.body)
	}
	for range 2 {
		want(t, call(t, r.sim, search, "", tok), http.StatusServiceUnavailable)
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
	var notes []struct{ Method, Path, Operation, Reason string }
	r.do("GET /answers/openapi", "", &notes)
	if len(notes) != 1 || notes[0].Method != http.MethodGet || notes[0].Path != base+"one" || notes[0].Operation != "getOne" || !strings.Contains(notes[0].Reason, "a: value must be an integer") {
		t.Errorf("notes %+v", notes)
	}
	r.do("DELETE /answers", "", nil)
	if n := len(r.sim.Answers()); n != 0 {
		t.Errorf("%d answers", n)
	}
	r.do("PUT /answers/openapi", `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/x":{"get":{"responses":{"204":{"description":"d"}}}}}}`, nil)
	want(t, call(t, r.sim, "GET /x", "", tok), 204)
}

// A block over HTTP in a bubble waits on the bubble's clock.
func TestControlWaitsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, ann())
		start := time.Now()
		var waited struct{ Arrived bool }
		r.do("POST /calls/wait", `{"operation":"login","calls":1}`, &waited)
		if waited.Arrived || time.Since(start) != 10*time.Second {
			t.Errorf("arrived %t after %v", waited.Arrived, time.Since(start))
		}
	})
}

// The list has what a request set, less what calls have used up.
func TestControl_Faults_AreListedUntilUsedUp(t *testing.T) {
	r := serve(t, ann())
	type listed struct {
		Operation string
		Calls     int
		Fault     map[string]any
	}
	status := map[string]any{"kind": "status", "status": 503.0, "delay_seconds": 0.001}
	reset := map[string]any{"kind": "reset"}
	for round := range 2 {
		r.do("POST /faults", `{"operation":"echo","calls":2,"fault":{"kind":"status","status":503,"delay_seconds":0.001}}`, nil)
		r.do("POST /faults", `{"operation":"*","fault":{"kind":"reset"}}`, nil)
		r.sim.Fail(authtest.OpLogin, 1, authtest.Header("X-A", "1"), authtest.Status(500))
		for _, wanted := range [][]listed{
			{{"echo", 2, status}, {"*", 0, reset}, {"login", 1, nil}},
			{{"echo", 1, status}, {"*", 0, reset}, {"login", 1, nil}},
			{{"*", 0, reset}, {"login", 1, nil}},
		} {
			var got []listed
			r.do("GET /faults", "", &got)
			if !reflect.DeepEqual(got, wanted) {
				t.Errorf("round %d: faults %v, want %v", round, got, wanted)
			}
			if len(wanted) == 3 {
				want(t, call(t, r.sim, search, ""), 503)
			}
		}
		r.do("DELETE /faults", "", nil)
		if rec := r.send("GET /faults", "", ""); rec.Body.String() != "[]\n" {
			t.Errorf("round %d: after clearing %s", round, rec.Body)
		}
	}
}
