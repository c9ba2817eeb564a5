package authflow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestX1X3_LocationThatIsNotAURL_IsAnUnexpectedRedirect(t *testing.T) {
	calls := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		calls++
		return reply(r, 302, "", "Location", "https://idp.example.com/%zz?key="+mixedKey), nil
	})
	_, err := f.Token(t.Context())
	if calls != 1 || !errors.Is(err, authflow.ErrUnexpectedRedirect) || strings.Contains(err.Error(), mixedKey) {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// Each response that is not in the typed results is an error, 304 included, which
// [authflow.ErrorOf] counts as a success.
func TestX4_3xxToACallOfAPI_IsAnUnexpectedRedirect(t *testing.T) {
	for _, status := range []int{300, 302, 304, 305, 399} {
		f, _ := serving(t, func(r *http.Request) (*http.Response, error) { return reply(r, status, ""), nil })
		resp, err := f.API().GetCurrentUserInfo(t.Context()) //nolint:bodyclose // there is none
		var e *authflow.Error
		isRedirect := errors.Is(err, authflow.ErrUnexpectedRedirect) && errors.As(err, &e) && e.Class() == "unexpected"
		if resp != nil || !isRedirect || e.Status != status || e.Retryable() {
			t.Errorf("%d: %v, %v", status, resp, err)
		}
	}
}

func TestI2_RequestBody_DoesNotFollowARedirectToAnotherHost(t *testing.T) {
	var elsewhere []string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Host != "ts.example":
			body, _ := io.ReadAll(r.Body)
			elsewhere = append(elsewhere, string(body))
			return reply(r, 200, "{}"), nil
		case minting(r):
			return fresh(r, "tok"), nil
		}
		return reply(r, http.StatusTemporaryRedirect, "", "Location", "https://evil.example.com/"), nil
	})
	client, err := gen.NewClientWithResponses(f.Server(), gen.WithHTTPClient(f))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.LoginWithResponse(t.Context(), gen.LoginRequest{Username: "ann", Password: "pw-1"})
	if !errors.Is(err, authflow.ErrWrongOrigin) || len(elsewhere) > 0 {
		t.Errorf("%v; the other host got %q", err, elsewhere)
	}
}

func TestI2_RedirectChainThroughABaseThatDropsTheRequest_CarriesNoCredential(t *testing.T) {
	var last string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		last = r.Header.Get("Authorization")
		var resp *http.Response
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case r.URL.Path == "/start":
			resp = reply(r, 302, "", "Location", "https://evil.example.com/")
		case r.URL.Path == "/":
			resp = reply(r, 302, "", "Location", "https://ts.example/delete-everything")
		default:
			resp = reply(r, 200, "")
		}
		resp.Request = nil
		return resp, nil
	})
	resp, err := f.Do(request(t, fakeURL+"/start"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Request.URL.Path != "/delete-everything" || last != "" {
		t.Errorf("the last hop, %s, carried %q", resp.Request.URL, last)
	}
}

func TestCluster_AddressWithAPath_IsKeptInEveryCall(t *testing.T) {
	var paths []string
	c, err := authflow.New("https://proxy.example.com/ts", authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		paths = append(paths, r.URL.Path)
		if strings.HasSuffix(r.URL.Path, "/login") {
			return reply(r, 204, "", "Set-Cookie", "JSESSIONID=x; Path=/"), nil
		}
		return fresh(r, fmt.Sprint("tok", len(paths))), nil
	})}))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
	if err != nil {
		t.Fatal(err)
	}
	session, err := f.Session()
	if err != nil {
		t.Fatal(err)
	}
	token := session.SessionToken()
	_, _ = token.API().GetCurrentUserInfoWithResponse(t.Context())
	for _, f := range []*authflow.Flow{token, session, f} {
		_ = f.Logout(t.Context())
	}
	if len(paths) != 7 {
		t.Errorf("%d calls: %q", len(paths), paths)
	}
	for _, p := range paths {
		if !strings.HasPrefix(p, "/ts/api/rest/2.0/") {
			t.Errorf("sent to %s", p)
		}
	}
}

// Many servers redirect to their login page and set an anonymous session, in a
// cookie with the same name as the session cookie.
func TestP6_CookieOfALoginPage_DoesNotReplaceTheSession(t *testing.T) {
	logIns := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case strings.HasSuffix(r.URL.Path, "/session/login"):
			logIns++
			return reply(r, 204, "", "Set-Cookie", fmt.Sprintf("JSESSIONID=s-%d; Path=/", logIns)), nil
		case r.Header.Get("Cookie") == "JSESSIONID=s-2":
			return reply(r, 200, "{}"), nil
		}
		return reply(r, 302, "", "Location", "/login", "Set-Cookie", "JSESSIONID=nobody; Path=/"), nil
	})
	session, err := f.Session()
	if err != nil {
		t.Fatal(err)
	}
	mustGet(t, session)
	if logIns != 2 {
		t.Errorf("%d logins", logIns)
	}
}

func TestI3_LocationWithUserinfo_GetsTheCredentialOfTheFlow(t *testing.T) {
	var auth []string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		auth = append(auth, r.URL.Host+" "+r.Header.Get("Authorization"))
		if r.URL.Path == "/api/rest/2.0/x" {
			return reply(r, 302, "", "Location", "https://a:b@ts.example/api/rest/2.0/y"), nil
		}
		return reply(r, 200, "{}"), nil
	})
	resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x")) //nolint:bodyclose // the response has no body
	t.Log(auth, resp != nil, err)
	if len(auth) != 2 || !strings.HasSuffix(auth[1], "Bearer tok") {
		t.Error("the hop within the server lacks the credential")
	}
}

// P6: an operation of the API can redirect to a file outside the API on the same
// server. The caller gets the file.
func TestP6_RedirectToAFileOnTheServer_IsFollowed(t *testing.T) {
	n := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			n++
			return fresh(r, fmt.Sprint("tok", n)), nil
		case r.URL.Path == apiX:
			return reply(r, 302, "", "Location", "/files/report.csv"), nil
		case r.Header.Get("Authorization") == "":
			return reply(r, 401, ""), nil
		}
		return reply(r, 200, "a;b", "Content-Type", "text/csv"), nil
	})
	for range 5 {
		if got, err := text(f, request(t, fakeURL+apiX)); err != nil || got != "a;b" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if n > 2 {
		t.Errorf("%d tokens", n)
	}
}
