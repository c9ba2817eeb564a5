package authflow_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The secrets in use. Their texts occur nowhere else.
const (
	plainPassword = `pass-W0rd"&ü/+ quoted`
	plainKey      = "key-4c55ff63-d03e-497a"
)

// spy collects the tokens and cookies that the server hands out, so that the
// search knows them.
type spy struct {
	base http.RoundTripper
	mu   sync.Mutex
	seen []string
}

func (s *spy) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range resp.Cookies() {
		s.seen = append(s.seen, c.Value)
	}
	var answer struct{ Token string }
	if json.Unmarshal(body, &answer) == nil && len(answer.Token) > 10 { // a real one, not that of a fault
		s.seen = append(s.seen, answer.Token)
	}
	return resp, nil
}

// forms are the ways in which a value may come to be printed.
func forms(v any) map[string]string {
	out := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	for name, h := range map[string]func(io.Writer) slog.Handler{
		"slog text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"slog JSON": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var b bytes.Buffer
		slog.New(h(&b)).Info("x", "v", v)
		out[name] = b.String()
	}
	// JSON of the API's own types is what goes over the wire.
	if typ := reflect.TypeOf(v); typ != nil && strings.Contains(typ.String(), "authflow.") {
		b, err := json.Marshal(v)
		out["JSON"] = fmt.Sprint(string(b), err)
	}
	return out
}

func TestX3NoSecretIsShownAnywhere(t *testing.T) {
	inBubble(t, searchForSecrets, authtest.WithUser("ann", plainPassword), authtest.WithSecretKey(plainKey))
}

func searchForSecrets(t *testing.T, sim *authtest.Simulator) {
	watch := &spy{base: sim.Transport()}
	var seen events
	var log bytes.Buffer
	opts := []authflow.Option{
		authflow.WithHTTPClient(&http.Client{Transport: watch}),
		authflow.WithObserver(seen.observe),
		authflow.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}),
		authflow.WithSecretKey(plainKey),
	}
	full := gen.GetFullAccessTokenRequest{Username: "ann"}
	object := gen.GetObjectAccessTokenRequest{Username: "ann", SecretKey: plainKey, ObjectID: "o"}
	custom := gen.GetCustomAccessTokenRequest{Username: "ann", Password: plainPassword, PersistOption: gen.PersistOptionNone}
	login := gen.LoginRequest{Username: "ann", Password: plainPassword}

	// The server repeats the credentials that came, wherever it can.
	repeat := func(answer func(w http.ResponseWriter, secret string)) authtest.Fault {
		return authtest.Handle(func(w http.ResponseWriter, r *http.Request) {
			var body struct {
				Password  string `json:"password"`
				SecretKey string `json:"secret_key"`
			}
			_ = json.NewDecoder(r.Body).Decode(&body)
			secret := body.Password + body.SecretKey
			if secret == "" {
				secret = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			}
			answer(w, secret)
		})
	}
	text := func(status int, contentType, format string) authtest.Fault {
		return repeat(func(w http.ResponseWriter, secret string) {
			w.Header().Set("Content-Type", strings.ReplaceAll(contentType, "SECRET", url.PathEscape(secret)))
			w.WriteHeader(status)
			quoted, _ := json.Marshal(secret)
			inner, _ := json.Marshal(string(quoted))
			_, _ = io.WriteString(w, strings.NewReplacer(`"SECRET2"`, string(inner), `"SECRET"`, string(quoted), "SECRET", secret).Replace(format))
		})
	}
	faults := map[string]authtest.Fault{
		"none":   nil,
		"repeat": text(401, "application/json", `{"error":{"message":{"code":10097,"incident_id_guid":"SECRET","trace_id_guid":"SECRET","debug":"SECRET"}}}`),
		"quote":  text(401, "application/json", `{"error":{"message":{"debug":{"code":10097,"debug":"SECRET2"}}}}`),
		"string": text(400, "application/json", `{"error":{"message":"SECRET"}}`),
		"page":   text(200, "text/html", `<html>SECRET`),
		"plain":  text(403, "text/plain", `SECRET`),
		"other":  text(200, "application/json", `{"token":["SECRET"]}`),
		"bad":    text(200, "application/json", `{"token":"a\n"SECRET}`),
		"coded": repeat(func(w http.ResponseWriter, secret string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": map[string]any{
				"debug": strings.Join([]string{html.EscapeString(secret), hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), url.PathEscape(secret)}, " "),
			}}})
		}),
		"type":  text(500, "SECRET/SECRET", "x"),
		"typed": text(200, "SECRET/SECRET", "{}"),
		"moved": repeat(func(w http.ResponseWriter, secret string) {
			w.Header().Set("Location", "https://idp.example.com/"+url.PathEscape(secret)+"?k="+url.QueryEscape(secret))
			w.WriteHeader(http.StatusFound)
		}),
		"cut":   authtest.Truncated(),
		"reset": authtest.Reset(),
	}

	// What is printed when; the search comes when all secrets are known.
	printed := make(map[string]map[string]string)
	note := func(name string, v any) { printed[name] = forms(v) }
	for name, v := range map[string]any{"full": full, "object": object, "custom": custom, "login": login, "*full": &full, "*login": &login} {
		note(name, v)
	}
	for name, fault := range faults {
		constructors := map[string]func(*authflow.Cluster) (*authflow.Flow, error){
			"full":   func(c *authflow.Cluster) (*authflow.Flow, error) { return c.FullAccess(full) },
			"object": func(c *authflow.Cluster) (*authflow.Flow, error) { return c.ObjectAccess(object) },
			"custom": func(c *authflow.Cluster) (*authflow.Flow, error) { return c.CustomAccess(custom) },
			"login":  func(c *authflow.Cluster) (*authflow.Flow, error) { return c.Session(login) },
			"child": func(c *authflow.Cluster) (*authflow.Flow, error) {
				f, err := c.Session(login)
				if err != nil {
					return nil, err
				}
				return f.SessionToken(), nil
			},
			"from": func(c *authflow.Cluster) (*authflow.Flow, error) {
				return c.TokensFrom(func(context.Context) (authflow.Token, error) {
					return authflow.Token{Value: plainKey + "\n"}, nil
				})
			},
		}
		for kind, construct := range constructors {
			c, err := authflow.New(sim.URL, opts...) // one that knows nothing of the others' failures
			if err != nil {
				t.Fatal(err)
			}
			f, err := construct(c)
			if err != nil {
				t.Fatal(err)
			}
			if fault != nil {
				sim.Fail(authtest.AnyOperation, -1, fault)
			}
			key := name + " " + kind
			note(key+" flow before", f)
			note(key+" renew", f.Renew(t.Context()))
			token, err := f.Token(t.Context())
			note(key+" token", token)
			note(key+" token error", err)
			token, err = f.Token(t.Context(), authflow.Exclusive())
			note(key+" token alone", token)
			note(key+" token alone error", err)
			_, err = get(t.Context(), f)
			note(key+" do error", err)
			if resp, err := f.Do(request(t, sim.URL+"/api/rest/2.0/metadata/search")); err == nil {
				note(key+" answer error", authflow.ErrorOf(resp))
				_ = resp.Body.Close()
			}
			r, err := f.API().GetFullAccessTokenWithResponse(t.Context(), full)
			note(key+" api error", err)
			note(key+" api result", r)
			if r != nil {
				note(key+" api result, flat", *r)
			}
			if r != nil && r.JSON200 != nil {
				note(key+" api answer", r.JSON200)
				note(key+" api answer, flat", *r.JSON200)
			}
			note(key+" flow after", f)
			note(key+" logout", f.Logout(t.Context()))
			note(key+" flow at the end", f)
			note(key+" cluster", c)
			sim.ClearFaults()
		}
	}
	synctest.Wait()
	for i, e := range seen.take() {
		note(fmt.Sprintf("event %d", i), e)
		note(fmt.Sprintf("event %d error", i), e.Err)
	}
	note("log", log.String())
	if len(printed) < 900 || len(watch.seen) < 10 {
		t.Fatalf("only %d values and %d secrets of the server's", len(printed), len(watch.seen))
	}

	secrets := append([]string{plainKey, plainPassword, "pass-W0rd", url.QueryEscape(plainPassword)}, watch.seen...)
	for _, s := range secrets {
		secrets = append(secrets, base64.RawStdEncoding.EncodeToString([]byte(s)))
	}
	for name, texts := range printed {
		for form, text := range texts {
			for _, s := range secrets {
				if strings.Contains(text, s) || strings.Contains(text, fmt.Sprintf("%x", s)) {
					t.Errorf("%s as %s shows %q: %s", name, form, s, text)
				}
			}
		}
		if strings.HasSuffix(name, "error") && strings.Contains(texts["%v"], "\n") {
			t.Errorf("%s has more than one line: %q", name, texts["%v"])
		}
	}
	t.Logf("%d values in %d forms, %d secrets", len(printed), len(forms(authflow.Event{})), len(secrets))
}
