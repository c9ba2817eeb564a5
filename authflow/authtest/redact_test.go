package authtest_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// X3: an observer sees what was requested, and no secrets.
func TestObserverSeesRequestsWithoutSecrets(t *testing.T) {
	var last authtest.Call
	sim := authtest.New(ann(), authtest.WithObserver(func(c authtest.Call) { last = c }))
	const gone = "[redacted]"
	type object = map[string]any
	for _, test := range []struct {
		to, body string
		wanted   any
	}{
		{full, `{"username":"ann","password":"hunter2","org_id":0,"secret_key":""}`,
			object{"username": "ann", "password": gone, "org_id": 0.0, "secret_key": ""}},
		{full, `{"username":"ann","passwort":"hunter2","auto_create":null,"org":{"id":"hunter2"}}`,
			object{"username": "ann", "passwort": gone, "auto_create": nil, "org": gone}},
		{custom, trusted(`,"persist_option":"NONE","parameter_values":[{"name":"p","values":["v"],"x":"hunter2"}]`),
			object{"username": "ann", "secret_key": gone, "persist_option": "NONE", "parameter_values": []any{object{"name": "p", "values": []any{"v"}, "x": gone}}}},
		{revoke, `{"token":"hunter2"}`, object{"token": gone}},
		{logout, `{"a":"hunter2"}`, object{"a": gone}},
		{search, `{"a":{"clientSecret":"hunter2","apiKey":"hunter2","n":[1,{"access_token":["hunter2"]}]},"json":"{\"password\":\"hunter2\"}","key":"hunter2"}`,
			object{"a": object{"clientSecret": gone, "apiKey": gone, "n": []any{1.0, object{"access_token": gone}}}, "json": object{"password": gone}, "key": gone}},
		{validate, `"hunter2"`, gone},
		{revoke, `["hunter2"]`, gone},
		{full, `null`, nil},
		{search, `[1]`, []any{1.0}},
		{search, `{"password":"hunter2"`, nil},
		{search, `password=hunter2`, nil},
		{whoami, ``, nil},
	} {
		call(t, sim, test.to, test.body)
		if !reflect.DeepEqual(last.Body, test.wanted) {
			t.Errorf("%s %s was seen as %v, want %v", test.to, test.body, last.Body, test.wanted)
		}
		if text := fmt.Sprintf("%+v", last); strings.Contains(text, "hunter2") {
			t.Errorf("a secret in %s", text)
		}
	}
}

// In a bubble, time is what calls are told to take.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took []time.Duration
		sim := authtest.New(ann(), authtest.WithLatency(20*time.Millisecond),
			authtest.WithObserver(func(c authtest.Call) { took = append(took, c.Duration) }))
		start := time.Now()
		tok := token(t, sim, full, annPW)
		if created := tok.CreationTimeInMillis.Time(); created.Sub(start) != 20*time.Millisecond {
			t.Errorf("created %v after the request", created.Sub(start))
		}
		sim.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Second), authtest.Status(500))
		call(t, sim, whoami, "", bearer(tok.Token))
		sim.SetLatency(0)
		call(t, sim, whoami, "", bearer(tok.Token))
		if wanted := []time.Duration{20 * time.Millisecond, 1020 * time.Millisecond, 0}; !reflect.DeepEqual(took, wanted) {
			t.Errorf("calls took %v, want %v", took, wanted)
		}
	})
}
