package tokenservice_test

import (
	"net/http"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// With http.StripPrefix, the service may get an empty path.
func TestSignOut_BelowStripPrefix_EndsTheTokens(t *testing.T) {
	for name, mount := range map[string]func(*http.ServeMux, http.Handler){
		"one method": func(mux *http.ServeMux, service http.Handler) {
			mux.Handle("POST /ts-token/logout", http.StripPrefix("/ts-token/logout", service))
		},
		"all methods": func(mux *http.ServeMux, service http.Handler) {
			mux.Handle("/ts-token/logout", http.StripPrefix("/ts-token/logout", service))
		},
		"a slash is left": func(mux *http.ServeMux, service http.Handler) {
			mux.Handle("/ts-token/logout", http.StripPrefix("/ts-token/logout", slashed(service)))
		},
		"a prefix with a slash": func(mux *http.ServeMux, service http.Handler) {
			mux.Handle("/ts-token/", http.StripPrefix("/ts-token/", service))
		},
		"a prefix of both": func(mux *http.ServeMux, service http.Handler) {
			mux.Handle("/ts-token/", http.StripPrefix("/ts-token", service))
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				mux := http.NewServeMux()
				mount(mux, x)
				mux.Handle("GET /ts-token", http.StripPrefix("/ts-token", x))
				const page = "https://app.example/ts-token"
				for range 2 { // the second time as well
					tok := token(t, call(mux, request(t, http.MethodGet, page, "ann")))
					if resp := call(mux, request(t, http.MethodPost, page+"/logout", "ann")); resp.status != 204 || resp.body != "" {
						t.Fatalf("signing out: %+v", resp)
					}
					if x.alive(t, tok) {
						t.Error("the token is alive after signing out")
					}
				}
			})
		})
	}
}

// slashed puts a slash in the place of an empty path.
func slashed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/"
		h.ServeHTTP(w, r)
	})
}

// An empty path accepts every method of the service; other paths accept no more than before.
func TestMethods_OfAnEmptyPath_AreAllAllowed(t *testing.T) {
	const all = "GET, HEAD, POST, DELETE, OPTIONS"
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "", 200, ""},
		{"HEAD", "", 200, ""},
		{"DELETE", "/", 204, ""},
		{"POST", "", 204, ""},
		{"POST", "/", 204, ""},
		{"OPTIONS", "", 204, all},
		{"PUT", "/", 405, all},
		{"POST", "/x", 405, "GET, HEAD, DELETE, OPTIONS"},
		{"POST", "/logouts", 405, "GET, HEAD, DELETE, OPTIONS"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				r := request(t, c.method, address, "ann")
				r.URL.Path = c.path
				if resp := x.send(r); resp.status != c.status || resp.header.Get("Allow") != c.allow {
					t.Errorf("%d, Allow %q", resp.status, resp.header.Get("Allow"))
				}
			})
		})
	}
}

// A page of another site cannot sign a user out through an empty path either.
func TestT3_EmptyPath_IsGuardedAsTheOthers(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		tok := token(t, x.request(t, http.MethodGet, "ann"))
		r := request(t, http.MethodPost, address, "ann", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example", "Sec-Fetch-Dest", "document")
		r.URL.Path = ""
		problem(t, x.send(r), 403)
		if !x.alive(t, tok) {
			t.Error("a form of another site signed ann out")
		}
		if n := x.sim.Calls(authtest.OpRevokeToken); n != 0 {
			t.Errorf("%d revocations", n)
		}
	})
}
