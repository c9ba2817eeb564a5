package authtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// A test sees what its client has sent, page by page.
func TestRequests_Paging_ShowsEachBodyInOrder(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithAnswer("POST", base+"metadata/search", authtest.JSON(200, []int{1}), authtest.Status(503)))
	for round := range 2 {
		if got := sim.Requests(authtest.AnyOperation, ""); got == nil || len(got) != 0 {
			t.Fatalf("round %d: at first %v", round, got)
		}
		tok := bearer(token(t, sim, full, annPW).Token)
		call(t, sim, search, `{"record_offset":0,"record_size":50}`, tok)
		call(t, sim, "GET "+base+"users/zoe?a=1&a=2", "", tok)
		call(t, sim, search, `{"record_offset":50,"record_size":50}`, tok)
		call(t, sim, search+"/", `{}`)
		var got []string
		for _, c := range sim.Requests(authtest.Echo, base+"metadata/search") {
			got = append(got, fmt.Sprintf("%s %s %v %s %s %d", c.Method, c.Path, c.Body, c.User, c.Auth, c.Status))
		}
		at := "POST " + base + "metadata/search"
		wanted := []string{
			at + " map[record_offset:0 record_size:50] ann bearer 200",
			at + " map[record_offset:50 record_size:50] ann bearer 503",
			at + "/ map[]   401",
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("round %d: requests\n%s\nwant\n%s", round, strings.Join(got, "\n"), strings.Join(wanted, "\n"))
		}
		byID := sim.Requests(authtest.AnyOperation, base+"users/{id}")
		if len(byID) != 1 || !reflect.DeepEqual(byID[0].Query, url.Values{"a": {"1", "2"}}) || byID[0].Body != nil {
			t.Errorf("round %d: by id %+v", round, byID)
		}
		for op, n := range map[string]int{authtest.AnyOperation: 5, authtest.Echo: 4, authtest.OpGetFullAccessToken: 1, authtest.OpLogin: 0} {
			if got := sim.Requests(op, ""); len(got) != n {
				t.Errorf("round %d: %s: %d requests, want %d", round, op, len(got), n)
			}
		}
		if round == 0 {
			sim.Reset()
		} else {
			sim.ResetCalls()
		}
	}
	if got := sim.Requests(authtest.AnyOperation, ""); len(got) != 0 {
		t.Errorf("after ResetCalls %v", got)
	}
}

// A test may look while a call is held back, and again when the response has begun:
// a client that has read the whole response finds its status.
func TestRequests_CallUnderWay_IsThereWithoutStatus(t *testing.T) {
	sim := authtest.New(ann())
	release := sim.Block(authtest.OpLogin)
	done := make(chan answer)
	go func() { done <- call(t, sim, login, annPW) }()
	if err := sim.WaitForCalls(t.Context(), authtest.OpLogin, 1); err != nil {
		t.Fatal(err)
	}
	if got := sim.Requests(authtest.OpLogin, ""); len(got) != 1 || got[0].Status != 0 || got[0].Began.IsZero() {
		t.Errorf("while it is held back: %+v", got)
	}
	release()
	want(t, <-done, 204)
	if got := sim.Requests(authtest.OpLogin, ""); len(got) != 1 || got[0].Status != 204 {
		t.Errorf("at the end: %+v", got)
	}
	begun, end := make(chan int), make(chan struct{})
	sim.Fail(authtest.Echo, 1, authtest.Handle(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		begun <- sim.Requests(authtest.Echo, "")[0].Status
		<-end
	}))
	go func() { done <- call(t, sim, search, "") }()
	if status := <-begun; status != 202 {
		t.Errorf("status %d when the response has begun", status)
	}
	close(end)
	want(t, <-done, 202)
}

// In a bubble, a request shows how long it has waited. A handler that writes nothing
// has a status as well.
func TestRequests_AtTheEnd_HaveDurationAndStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		for round := range 2 {
			sim.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Second), authtest.Handle(silent))
			call(t, sim, "GET /y", "")
			got := sim.Requests(authtest.AnyOperation, "/y")
			if len(got) != round+1 || got[round].Status != 200 || got[round].Duration != time.Second {
				t.Errorf("round %d: %+v", round, got)
			}
		}
	})
}

// A connection that was cut has no status.
func TestRequests_ConnectionCut_HasNoStatus(t *testing.T) {
	sim := authtest.New()
	sim.Fail(authtest.AnyOperation, 1, authtest.Reset())
	if _, err := send(t.Context(), t, sim, sim.Client(), "GET /x", ""); err == nil {
		t.Error("no error from a reset")
	}
	if got := sim.Requests(authtest.AnyOperation, "/x"); len(got) != 1 || got[0].Status != 0 || got[0].Operation != "" {
		t.Errorf("requests %+v", got)
	}
}

func TestRequests_MoreThanAreKept_AreTheLatest(t *testing.T) {
	sim := authtest.New()
	for i := range authtest.KeptRequests + 3 {
		call(t, sim, search, fmt.Sprintf(`{"n":%d}`, i))
	}
	got := sim.Requests(authtest.Echo, "")
	if len(got) != authtest.KeptRequests {
		t.Fatalf("%d requests", len(got))
	}
	for i, c := range got {
		if n := c.Body.(map[string]any)["n"]; n != float64(i+3) {
			t.Fatalf("number %d is %v", i, n)
		}
	}
	if n := sim.Calls(authtest.Echo); n != authtest.KeptRequests+3 {
		t.Errorf("%d calls", n)
	}
}

// X3: neither a body nor a query shows a secret, the second time as the first.
func TestRequests_Secrets_AreRedacted(t *testing.T) {
	sim := authtest.New(ann())
	call(t, sim, full, `{"username":"ann","password":"hunter2","passwort":"hunter2"}`)
	call(t, sim, "GET "+base+"users?access_token=hunter2&key=hunter2&name=ann&json=%7B%22password%22%3A%22hunter2%22%7D", "")
	call(t, sim, whoami+"?user=hunter2", "")
	call(t, sim, "GET /callosum/v1/session/login/token?auth_token=hunter2&username=ann", "")
	const gone = "[redacted]"
	for range 2 {
		got := sim.Requests(authtest.AnyOperation, "")
		if text := fmt.Sprintf("%+v", got); strings.Contains(text, "hunter2") {
			t.Errorf("a secret in %s", text)
		}
		if wanted := (map[string]any{"username": "ann", "password": gone, "passwort": gone}); !reflect.DeepEqual(got[0].Body, wanted) || !slices.Equal(got[0].Unknown, []string{"passwort"}) {
			t.Errorf("seen as %v, unknown %v", got[0].Body, got[0].Unknown)
		}
		if wanted := (url.Values{"access_token": {gone}, "key": {gone}, "name": {"ann"}, "json": {gone}}); !reflect.DeepEqual(got[1].Query, wanted) {
			t.Errorf("query %v", got[1].Query)
		}
		if wanted := (url.Values{"user": {gone}}); !reflect.DeepEqual(got[2].Query, wanted) {
			t.Errorf("query of an operation %v", got[2].Query)
		}
		if wanted := (url.Values{"auth_token": {gone}, "username": {"ann"}}); !reflect.DeepEqual(got[3].Query, wanted) {
			t.Errorf("query of v1 %v", got[3].Query)
		}
	}
}
