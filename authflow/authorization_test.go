package authflow_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

// A retry library sends the same request again, with what Edit put into it.
func TestI3_HeaderOfAnEarlierEdit_IsReplaced(t *testing.T) {
	t.Parallel()
	minted := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		minted++
		return fresh(r, strings.Repeat("x", minted)), nil
	})
	req := request(t, fakeURL+"/api/rest/2.0/x")
	for want := 1; want < 5; want++ {
		for range 3 {
			if err := f.Edit(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		if got := req.Header.Get("Authorization"); got != "Bearer "+strings.Repeat("x", want) {
			t.Errorf("after %d tokens the request carries %q", want, got)
		}
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestI3_CallersHeader_StaysInAnySpelling(t *testing.T) {
	t.Parallel()
	f := on(t, func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })
	for _, name := range []string{"Authorization", "authorization", "AUTHORIZATION"} {
		req := request(t, fakeURL+"/api/rest/2.0/x")
		for range 2 {
			req.Header[name] = []string{"Basic of the caller"}
			err := f.Edit(t.Context(), req)
			if err != nil || len(req.Header) != 1 || req.Header[name][0] != "Basic of the caller" {
				t.Errorf("%s: %v, %v", name, req.Header, err)
			}
			req.Header[name] = []string{""}
			err = f.Edit(t.Context(), req)
			if err != nil || req.Header.Get("Authorization") != "Bearer tok" || len(req.Header) != 1 {
				t.Errorf("%s without a value: %v, %v", name, req.Header, err)
			}
			req.Header = http.Header{}
		}
	}
}

func TestI5_CallersCookies_ArriveByteForByte(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		callers []string
		want    string
	}{
		"JSON and a list":            {[]string{`prefs={"tz":1}; list=a,b`}, `prefs={"tz":1}; list=a,b; JSESSIONID=s1`},
		"odd spaces":                 {[]string{`a=1;b=2;  c = 3`}, `a=1;b=2;  c = 3; JSESSIONID=s1`},
		"two lines":                  {[]string{`a="1"`, `b=2`}, `a="1"; b=2; JSESSIONID=s1`},
		"name of the session":        {[]string{`a=1; JSESSIONID=of-another; b="x y"`}, `a=1; b="x y"; JSESSIONID=s1`},
		"name of the session, alone": {[]string{`JSESSIONID=of-another`}, `JSESSIONID=s1`},
	} {
		var got []string
		cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/login") {
				return reply(r, 204, "", "Set-Cookie", "JSESSIONID=s1; Path=/"), nil
			}
			got = r.Header["Cookie"]
			return reply(r, 200, "{}"), nil
		})
		f, err := cluster.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		if err != nil {
			t.Fatal(err)
		}
		req := request(t, fakeURL+"/api/rest/2.0/x")
		req.Header["Cookie"] = c.callers
		for range 2 { // the second time, Edit has seen the request before
			if err := f.Edit(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		if h := req.Header["Cookie"]; len(h) != 1 || h[0] != c.want {
			t.Errorf("%s, by Edit: %q", name, h)
		}
		req.Header["Cookie"] = c.callers
		resp, err := f.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s, by Do: %q, want %q", name, got, c.want)
		}
	}
}
