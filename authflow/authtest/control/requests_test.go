package control_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func controlsRequests(t *testing.T, r *remote) {
	const answer = `{"method":"POST","path":"/api/rest/2.0/metadata/search","answers":[{"kind":"json","json":[1]},{"kind":"status","status":503}]}`
	for round := range 2 {
		r.do("PUT /answers", answer, nil)
		tok := bearer(token(t, r.sim, full, annPW).Token)
		call(t, r.sim, search, `{"record_offset":0,"record_size":50}`, tok)
		call(t, r.sim, search+"?a=1", `{"record_offset":50,"password":"hunter2"}`, tok)
		call(t, r.sim, "GET /elsewhere", "")
		var got []struct {
			Operation, Method, Path, User, Auth string
			Query                               map[string][]string
			Body                                map[string]any
			Status                              int
			Arrived                             time.Time
		}
		r.do("GET /requests?path=/api/rest/2.0/metadata/search", "", &got)
		if len(got) != 2 || got[0].Body["record_size"] != 50.0 || got[1].Body["record_offset"] != 50.0 || got[1].Body["password"] != "[redacted]" {
			t.Fatalf("round %d: requests %+v", round, got)
		}
		first, second := got[0], got[1]
		if first.Operation != "echo" || first.Method != http.MethodPost || first.User != "ann" || first.Auth != "bearer" || first.Arrived.IsZero() {
			t.Errorf("round %d: %+v", round, first)
		}
		if first.Status != 200 || second.Status != 503 || first.Query != nil || second.Query["a"][0] != "1" {
			t.Errorf("round %d: %+v, then %+v", round, first, second)
		}
		for query, n := range map[string]int{"": 4, "?operation=*": 4, "?operation=getFullAccessToken": 1, "?operation=echo&path=/api/rest/2.0/{a}/{b}": 2, "?operation=login": 0} {
			r.do("GET /requests"+query, "", &got)
			if len(got) != n {
				t.Errorf("round %d: %s: %d requests, want %d", round, query, len(got), n)
			}
		}
		if rec := r.send("GET /requests", "", ""); strings.Contains(rec.Body.String(), "hunter2") || strings.Contains(rec.Body.String(), `"pw"`) {
			t.Errorf("round %d: a secret in %s", round, rec.Body)
		}
		r.do([]string{"POST /reset", "DELETE /calls"}[round], "", nil)
		if rec := r.send("GET /requests", "", ""); rec.Body.String() != "[]\n" {
			t.Errorf("round %d: afterwards %s", round, rec.Body)
		}
	}
}
