//nolint:bodyclose // the responses are made by hand and hold nothing
package exchange

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// The table of Judge, row by row: for a read and for a POST, each at first and
// sent again.
func TestP6_Judge_FollowsItsTable(t *testing.T) {
	t.Parallel()
	const (
		logIn, site, api, other, nowhere = "/callosum/v1/saml/login?next=1", "/files/report.csv", "/api/rest/2.0/y", "https://idp.example/authorize", "https://%zz/"
		page                             = "<html>Sign in"
	)
	type verdicts [4]Verdict // GET, GET again, POST, POST again
	always := func(v Verdict) verdicts { return verdicts{v, v, v, v} }
	tests := []struct {
		name     string
		status   int
		location string
		body     string // with the label HTML
		want     verdicts
	}{
		{"rejected", 401, "", "", verdicts{Replay, ReturnAndRenew, Replay, ReturnAndRenew}},
		{"rejected with a page", 401, "", page, verdicts{Replay, ReturnAndRenew, Replay, ReturnAndRenew}},
		{"forbidden", 403, "", page, always(Return)},
		{"success", 200, "", "{}", always(Return)},
		{"page", 200, "", page, verdicts{Replay, FailAndRenew, FailAndRenew, FailAndRenew}},
		{"maintenance", 200, "", "<html>Site Maintenance", always(Fail)},
		{"maintenance with 404", 404, "", "<html>Site Maintenance", always(Fail)},
		{"error page", 502, "", page, always(Return)},
		{"created, elsewhere", 201, logIn, "", always(Return)},
		{"not modified", 304, logIn, "", always(Return)},
		{"choices", 300, logIn, "", always(Return)},
		{"no location", 302, "", "", always(Return)},
		{"302 in the API", 302, api, "", always(Return)},
		{"302 to a login page", 302, logIn, "", verdicts{Replay, FailAndRenew, Replay, ReturnAndRenew}},
		{"307 to a login page", 307, "/login", "", verdicts{Replay, FailAndRenew, Replay, ReturnAndRenew}},
		{"308 to a login page", 308, "/SignIn/", "", verdicts{Replay, FailAndRenew, Replay, ReturnAndRenew}},
		{"302 to a file", 302, site, "", verdicts{Replay, ReturnAndRenew, ReturnAndRenew, ReturnAndRenew}},
		{"302 elsewhere", 302, other, "", verdicts{Replay, ReturnAndRenew, ReturnAndRenew, ReturnAndRenew}},
		{"301 to plain http", 301, "http://ts.example" + apiPathX, "", verdicts{Replay, ReturnAndRenew, ReturnAndRenew, ReturnAndRenew}},
		{"302 to a login page of another host", 302, "https://idp.example/login", "", verdicts{Replay, ReturnAndRenew, ReturnAndRenew, ReturnAndRenew}},
		{"302 to no address", 302, nowhere, "", verdicts{Replay, FailAndRenew, FailAndRenew, FailAndRenew}},
		{"302 to a script", 302, "javascript:alert(1)", "", verdicts{Replay, FailAndRenew, FailAndRenew, FailAndRenew}},
		{"303 to a result", 303, site, "", always(Return)},
		{"303 elsewhere", 303, other, "", always(Return)},
		{"303 in the API", 303, api, "", always(Return)},
		{"303 to a login page", 303, logIn, "", always(ReturnAndRenew)},
	}
	o := origin(t, serverURL)
	for _, tt := range tests {
		for i, want := range tt.want {
			method := []string{http.MethodGet, http.MethodGet, http.MethodPost, http.MethodPost}[i]
			req := Request{request(t, method, serverURL+apiPathX), true, i%2 > 0, time.Hour}
			resp := respond(req.Request, tt.status, tt.body, "Content-Type", "text/html")
			if tt.location != "" {
				resp.Header.Set("Location", tt.location)
			}
			if got := o.Judge(req, resp); got != want {
				t.Errorf("%s, %s, replayed %v: %v, want %v", tt.name, method, req.Replayed, got, want)
			}
		}
	}
}

func TestP6_RedirectToLogIn_RepeatsAPostOnlyIfTheCredentialIsOld(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		for age, want := range map[time.Duration]Verdict{0: ReturnAndRenew, time.Minute - 1: ReturnAndRenew, time.Minute: Replay} {
			req := Request{request(t, method, serverURL+apiPathX), true, false, age}
			if got := o.Judge(req, respond(req.Request, 302, "", "Location", "/login")); got != want {
				t.Errorf("%s at %v: %v, want %v", method, age, got, want)
			}
		}
	}
}

func TestP2_RequestThatCannotBeRepeated_RenewsForTheNext(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	for name, tt := range map[string]struct {
		resp func(*http.Request) *http.Response
		want Verdict
	}{
		"401":       {func(r *http.Request) *http.Response { return respond(r, 401, "") }, ReturnAndRenew},
		"login":     {func(r *http.Request) *http.Response { return respond(r, 302, "", "Location", "/login") }, ReturnAndRenew},
		"elsewhere": {func(r *http.Request) *http.Response { return respond(r, 302, "", "Location", "https://x.example") }, ReturnAndRenew},
		"page": {func(r *http.Request) *http.Response {
			return respond(r, 200, "<html>", "Content-Type", "text/html")
		}, FailAndRenew},
	} {
		req := Request{request(t, http.MethodPost, serverURL+apiPathX), false, false, time.Hour}
		if got := o.Judge(req, tt.resp(req.Request)); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Outside of the API a page is an ordinary response.
func TestP6_OutsideOfTheAPI_OnlyA401Counts(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	req := Request{request(t, http.MethodGet, serverURL+"/page"), true, false, time.Hour}
	for _, resp := range []*http.Response{
		respond(req.Request, 302, "", "Location", "/login"), respond(req.Request, 200, "<html>Site Maintenance", "Content-Type", "text/html"),
	} {
		if got := o.Judge(req, resp); got != Return {
			t.Errorf("%d: %v", resp.StatusCode, got)
		}
	}
	if got := o.Judge(req, respond(req.Request, 401, "")); got != Replay {
		t.Errorf("401: %v", got)
	}
}

// A chain of redirects from the API that ends in a page is an error with the
// first target, without its query, wherever the page is.
func TestP6_ChainThatEndsInAPage_FailsWithTheFirstTarget(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	first := respond(request(t, http.MethodGet, serverURL+apiPathX), 302, "", "Location", "/saml/start?RelayState=s3cret")
	second := respond(nextHop(t, first), 302, "", "Location", "https://idp.example/authorize?x=s3cret")
	for name, hop := range map[string]*http.Request{"ours": nextHop(t, first), "elsewhere": nextHop(t, second)} {
		resp := respond(hop, 200, "<html>Sign in", "Content-Type", "text/html")
		if !o.EndsInPage(hop, resp) {
			t.Errorf("%s: not an error", name)
		}
		if verdict := o.Judge(Request{hop, true, false, time.Hour}, resp); name == "ours" && verdict != FailAndRenew {
			t.Errorf("%s: %v", name, verdict)
		}
		f := o.Failure("GET /x", hop, resp, plain)
		if f.Class != outcome.Unexpected || f.Status != 302 || f.Page != outcome.HTML || f.Err.Error() != "to https://ts.example/saml/start; is the cluster behind single sign-on?" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	file := respond(nextHop(t, second), 200, "a;b", "Content-Type", "text/csv")
	if o.EndsInPage(file.Request, file) {
		t.Error("a file: an error")
	}
	missing := respond(nextHop(t, second), 404, "<html>", "Content-Type", "text/html")
	if o.EndsInPage(missing.Request, missing) {
		t.Error("404: an error")
	}
	page := respond(nextHop(t, respond(request(t, http.MethodGet, serverURL+"/p"), 302, "", "Location", "https://idp.example/")), 200, "<html>", "Content-Type", "text/html")
	if o.EndsInPage(page.Request, page) {
		t.Error("from a page: an error")
	}
}

func TestP6_MaintenanceAtTheEndOfAChain_SaysSo(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	hop := nextHop(t, respond(request(t, http.MethodGet, serverURL+apiPathX), 302, "", "Location", "/down"))
	resp := respond(hop, 200, "<html>Site Maintenance", "Content-Type", "text/html", "Retry-After", "60")
	if got := o.Judge(Request{hop, true, false, time.Hour}, resp); got != Fail {
		t.Errorf("%v", got)
	}
	if f := o.Failure("GET /x", hop, resp, plain); f.Class != outcome.Overloaded || f.Page != outcome.Maintenance || f.RetryAfter != time.Minute {
		t.Errorf("%+v", f)
	}
}

func TestX3_TargetOfARedirect_IsRedactedBeforeItIsTakenApart(t *testing.T) {
	t.Parallel()
	req := request(t, http.MethodGet, serverURL+apiPathX)
	for location, want := range map[string]string{
		"https://idp.example/a?token=t": "https://idp.example/a;", "/login#t": "https://ts.example/login;", "https://%zz/": "nowhere;", "mailto:x": "nowhere;",
		"https://idp.example/s3cret/x": "[withheld];", "https://ann:pw@idp.example/": "https://idp.example/;",
	} {
		f := FailureOf("GET /x", outcome.Bearer, respond(req, 302, "", "Location", location), nil, hiding("s3cret"))
		if !strings.Contains(f.Err.Error(), want) || strings.Contains(f.Err.Error(), "pw") {
			t.Errorf("%q: %v", location, f.Err)
		}
	}
}
