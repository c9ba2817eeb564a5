package apicall

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/body"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const search = "/api/rest/2.0/metadata/search"

func newFlow(t *testing.T) (*authtest.Simulator, *authflow.Flow) {
	sim := authtest.New()
	cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(sim.Client()))
	if err != nil {
		t.Fatal(err)
	}
	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		t.Fatal(err)
	}
	return sim, flow
}

func run(t *testing.T, c Call, flow *authflow.Flow, stdin string) (string, error) {
	var out bytes.Buffer
	err := c.Run(t.Context(), flow, strings.NewReader(stdin), &out)
	return out.String(), err
}

func TestCall_MistakeOfTheUser_IsRejectedBeforeAnythingIsSent(t *testing.T) {
	sim, flow := newFlow(t)
	for name, c := range map[string]Call{
		"no path":               {Path: ""},
		"no slash":              {Path: "api/rest/2.0/x"},
		"another host":          {Path: "https://evil.example/x"},
		"another host, briefly": {Path: "//evil.example/x"},
		"a user":                {Path: "@evil.example/x"},
		"a port":                {Path: ":8080/x"},
		"a fragment":            {Path: "/x#y"},
		"a control character":   {Path: "/x\r\nHost: evil"},
		"method with a space":   {Path: search, Method: "GET /x"},
		"absent file":           {Path: search, Data: "@" + filepath.Join(t.TempDir(), "absent")},
		"header without colon":  {Path: search, Headers: []string{"X-A"}},
		"header without name":   {Path: search, Headers: []string{": s3cret"}},
		"header of two lines":   {Path: search, Headers: []string{"X-A: s3cret\nX-B: b"}},
		"name with a space":     {Path: search, Headers: []string{"X A: s3cret"}},
		"Authorization":         {Path: search, Headers: []string{"authorization: Bearer s3cret"}},
		"Cookie":                {Path: search, Headers: []string{"Cookie: s3cret"}},
		"Host":                  {Path: search, Headers: []string{"Host: evil.example"}},
	} {
		out, err := run(t, c, flow, "")
		if !errors.Is(err, authflow.ErrInvalid) || out != "" || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
	if n := sim.Calls(authtest.AnyOperation); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestCall_ErrorOfTheAPI_HasItsBodyOnStdoutAndItsStatusInTheError(t *testing.T) {
	sim, flow := newFlow(t)
	for _, status := range []int{400, 403, 404, 429, 500, 503} {
		sim.Fail(authtest.Echo, 1, authtest.Reject(status, 10001, "what the server says"))
		out, err := run(t, Call{Path: search}, flow, "")
		var failure *authflow.Error
		if !errors.As(err, &failure) || failure.Status != status || !strings.Contains(out, "what the server says") {
			t.Errorf("%d: %q, %v", status, out, err)
		}
	}
	sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Reject(401, 10097, "no"))
	sim.RevokeAll()
	if out, err := run(t, Call{Path: search}, flow, ""); !errors.Is(err, authflow.ErrCredentialsRejected) || out != "" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestCall_RedirectToAnotherServer_IsNotFollowed(t *testing.T) {
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer other.Close()
	sim, flow := newFlow(t)
	sim.Fail(authtest.Echo, -1, authtest.Redirect(303, other.URL+"/file?signature=s3cret"))
	out, err := run(t, Call{Path: search, Method: "POST"}, flow, "")
	if err == nil || followed {
		t.Fatalf("%q, %v, followed: %v", out, err, followed)
	}
	if !strings.Contains(err.Error(), "leads to another server") || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

func TestCall_RedirectOnTheServer_IsFollowed(t *testing.T) {
	sim, flow := newFlow(t)
	sim.Fail(authtest.Echo, 1, authtest.Redirect(303, "/api/rest/2.0/other"))
	out, err := run(t, Call{Path: search, Method: "POST"}, flow, "")
	if err != nil || !strings.Contains(out, `"method":"GET","path":"/api/rest/2.0/other"`) {
		t.Errorf("%q, %v", out, err)
	}
}

func TestCall_Defaults_FollowFromTheBody(t *testing.T) {
	sim, flow := newFlow(t)
	file := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(file, []byte(`{"from":"file"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var header http.Header
	for name, c := range map[string]struct {
		call           Call
		method, body   string
		contentType    string
		accept, extras string
	}{
		"nothing":          {Call{Path: search + "?a=b%2Fc"}, "GET", "", "", "application/json", ""},
		"text":             {Call{Path: search, Data: `{"a":1}`}, "POST", `{"a":1}`, "application/json", "application/json", ""},
		"file":             {Call{Path: search, Data: "@" + file}, "POST", `{"from":"file"}`, "application/json", "application/json", ""},
		"standard input":   {Call{Path: search, Data: "-"}, "POST", "stdin", "application/json", "application/json", ""},
		"the same, with @": {Call{Path: search, Data: "@-"}, "POST", "stdin", "application/json", "application/json", ""},
		"method":           {Call{Path: search, Method: "put", Data: "x"}, "PUT", "x", "application/json", "application/json", ""},
		"headers": {
			Call{Path: search, Data: "x", Headers: []string{"content-type: text/csv", "X-A: 1", "X-A:2", "accept: */*"}},
			"POST", "x", "text/csv", "*/*", "1 2",
		},
	} {
		sim.Fail(authtest.Echo, 1, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				header = r.Header.Clone()
				next.ServeHTTP(w, r)
			})
		})
		out, err := run(t, c.call, flow, "stdin")
		want := `{"method":"` + c.method + `"`
		isBody := strings.Contains(out, `"body":"`+strings.ReplaceAll(c.body, `"`, `\"`)+`"`)
		if err != nil || !strings.HasPrefix(out, want) || !isBody {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		got := []string{header.Get("Content-Type"), header.Get("Accept"), strings.Join(header.Values("X-A"), " ")}
		if strings.Join(got, "|") != c.contentType+"|"+c.accept+"|"+c.extras {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestCall_AfterRevocation_IsReplayed(t *testing.T) {
	sim, flow := newFlow(t)
	for name, c := range map[string]Call{
		"GET":            {Path: search},
		"text":           {Path: search, Data: "text"},
		"standard input": {Path: search, Data: "-"},
	} {
		if _, err := run(t, c, flow, "a"); err != nil {
			t.Fatal(err)
		}
		sim.RevokeAll()
		if out, err := run(t, c, flow, strings.Repeat("a", body.MaxKept)); err != nil || !strings.Contains(out, `"path"`) {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

func TestCall_ResponseThatIsCutOff_IsAnError(t *testing.T) {
	server := httptest.NewServer(nil)
	defer server.Close()
	sim := authtest.New(authtest.WithURL(server.URL))
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != search {
			sim.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	cluster, err := authflow.New(server.URL, authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		t.Fatal(err)
	}
	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, Call{Path: search}, flow, "")
	if err == nil || out != "half" || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%q, %v", out, err)
	}
	flow.HTTPClient().CloseIdleConnections()
}
