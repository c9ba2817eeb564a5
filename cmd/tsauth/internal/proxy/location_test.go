package proxy

import (
	"net/http"
	"testing"
)

func TestLocation_OnTheCluster_LeadsToTheProxy(t *testing.T) {
	w := newWorld(t)
	server, base := w.flow.Server(), w.proxy.listener.URL()
	location := ""
	w.respond(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Location", location)
		rw.WriteHeader(http.StatusCreated)
	})
	for _, c := range []struct{ sent, path, want string }{
		{server + "/api/rest/2.0/x?a=1;b#f", "/api/rest/2.0/x?a=1;b#f", ""},
		{"/api/rest/2.0/x", "/api/rest/2.0/x", ""},
		{"other", "/api/rest/2.0/metadata/other", ""},
		{server, "", ""},
		{server + "/a%2Fb", "/a%2Fb", ""},
		{server + "//evil.example/x", "//evil.example/x", ""},
		{"https://other.example/x?signature=1", "", "https://other.example/x?signature=1"},
		{"//other.example/x", "", "http://other.example/x"},
		{"https" + server[4:] + "/x", "", "https" + server[4:] + "/x"},
		{"http://%zz", "", "-"},
	} {
		location = c.sent
		for prefix, got := range map[string]result{
			"/" + testKey: w.do(http.MethodPost, search, "{}"),
			"":            w.doAt(base+search, http.MethodPost, "{}", keyHeader, testKey),
		} {
			want := c.want
			switch want {
			case "":
				want = base + prefix + c.path
			case "-":
				want = ""
			}
			if got.Header.Get("Location") != want {
				t.Errorf("%q with prefix %q: %q, want %q", c.sent, prefix, got.Header.Get("Location"), want)
			}
		}
	}
}

func TestLocation_ClusterBelowAPath_LeadsToTheProxy(t *testing.T) {
	w := newCluster(t)
	server := w.flow.Server()
	w.connect(server + "/ts")
	w.respond(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ts/api/rest/2.0/auth/token/full" {
			http.StripPrefix("/ts", w.sim).ServeHTTP(rw, r)
			return
		}
		rw.Header().Set("Location", r.Header.Get("X-Wish"))
		rw.WriteHeader(http.StatusCreated)
	})
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.serve(l)
	for wish, want := range map[string]string{
		"/ts/api/x":           w.proxy.URL() + "/api/x",
		server + "/ts/api/x":  w.proxy.URL() + "/api/x",
		server + "/tsx/api":   server + "/tsx/api",
		server + "/elsewhere": server + "/elsewhere",
	} {
		got := w.do(http.MethodPost, "/api/x%2fy", "{}", "X-Wish", wish)
		if got.Header.Get("Location") != want {
			t.Errorf("%q: %q, want %q", wish, got.Header.Get("Location"), want)
		}
	}
	seen := w.takeSeen()
	if last := seen[len(seen)-1]; last.RequestURI != "/ts/api/x%2fy" {
		t.Errorf("the cluster saw %s", last.RequestURI)
	}
}
