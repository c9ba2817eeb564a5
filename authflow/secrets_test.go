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

// The secrets in use. Their texts appear nowhere else.
const (
	plainPassword = `pass-W0rd"&ü/+ quoted`
	plainKey      = "key-4c55ff63-d03e-497a"
)

// spy collects the tokens and cookies that the server issues, so that the search
// knows them.
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
	if json.Unmarshal(body, &answer) == nil && len(answer.Token) > 10 { // a real one, not one of a fault
		s.seen = append(s.seen, answer.Token)
	}
	return resp, nil
}

// forms returns a value printed in each way in which programs print values.
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
	// JSON of the types of the API goes over the wire.
	if typ := reflect.TypeOf(v); typ != nil && strings.Contains(typ.String(), "authflow.") {
		b, err := json.Marshal(v)
		out["JSON"] = fmt.Sprint(string(b), err)
	}
	return out
}

// requests are the requests for credentials, by the name of their method.
var (
	fullRequest   = gen.GetFullAccessTokenRequest{Username: "ann"}
	objectRequest = gen.GetObjectAccessTokenRequest{Username: "ann", SecretKey: plainKey, ObjectID: "o"}
	customRequest = gen.GetCustomAccessTokenRequest{Username: "ann", Password: plainPassword, PersistOption: gen.PersistOptionNone}
	loginRequest  = gen.LoginRequest{Username: "ann", Password: plainPassword}
)

// repeating is a server that repeats the credential of a request in its response.
func repeating(respond func(w http.ResponseWriter, secret string)) authtest.Fault {
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
		respond(w, secret)
	})
}

// repeatingText repeats it where a text says SECRET, or as JSON "SECRET", or as JSON
// in JSON "SECRET2".
func repeatingText(status int, contentType, text string) authtest.Fault {
	return repeating(func(w http.ResponseWriter, secret string) {
		w.Header().Set("Content-Type", strings.ReplaceAll(contentType, "SECRET", url.PathEscape(secret)))
		w.WriteHeader(status)
		quoted, _ := json.Marshal(secret)
		inner, _ := json.Marshal(string(quoted))
		_, _ = io.WriteString(w, strings.NewReplacer(`"SECRET2"`, string(inner), `"SECRET"`, string(quoted), "SECRET", secret).Replace(text))
	})
}

// repeatingEncoded repeats it in the encodings in which servers do so.
func repeatingEncoded() authtest.Fault {
	return repeating(func(w http.ResponseWriter, secret string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		texts := []string{html.EscapeString(secret), hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), url.PathEscape(secret)}
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": map[string]any{"debug": strings.Join(texts, " ")}}})
	})
}

// repeatingInRedirect repeats it in a Location header.
func repeatingInRedirect() authtest.Fault {
	return repeating(func(w http.ResponseWriter, secret string) {
		w.Header().Set("Location", "https://idp.example.com/"+url.PathEscape(secret)+"?k="+url.QueryEscape(secret))
		w.WriteHeader(http.StatusFound)
	})
}

// repeatingServers are servers that repeat the credential wherever a response has
// room for it, and others that fail.
func repeatingServers() map[string]authtest.Fault {
	return map[string]authtest.Fault{
		"none":      nil,
		"envelope":  repeatingText(401, "application/json", `{"error":{"message":{"code":10097,"incident_id_guid":"SECRET","trace_id_guid":"SECRET","debug":"SECRET"}}}`),
		"quoted":    repeatingText(401, "application/json", `{"error":{"message":{"debug":{"code":10097,"debug":"SECRET2"}}}}`),
		"string":    repeatingText(400, "application/json", `{"error":{"message":"SECRET"}}`),
		"page":      repeatingText(200, "text/html", `<html>SECRET`),
		"plain":     repeatingText(403, "text/plain", `SECRET`),
		"other":     repeatingText(200, "application/json", `{"token":["SECRET"]}`),
		"bad":       repeatingText(200, "application/json", `{"token":"a\n"SECRET}`),
		"type":      repeatingText(500, "SECRET/SECRET", "x"),
		"type, 200": repeatingText(200, "SECRET/SECRET", "{}"),
		"encoded":   repeatingEncoded(),
		"redirect":  repeatingInRedirect(),
		"truncated": authtest.Truncated(),
		"cut":       authtest.Reset(),
	}
}

// methodsWithSecrets are ways to make a Flow of which each uses one of the secrets.
func methodsWithSecrets() map[string]func(*authflow.Cluster) (*authflow.Flow, error) {
	return map[string]func(*authflow.Cluster) (*authflow.Flow, error){
		"full":   func(c *authflow.Cluster) (*authflow.Flow, error) { return c.FullAccess(fullRequest) },
		"object": func(c *authflow.Cluster) (*authflow.Flow, error) { return c.ObjectAccess(objectRequest) },
		"custom": func(c *authflow.Cluster) (*authflow.Flow, error) { return c.CustomAccess(customRequest) },
		"login":  func(c *authflow.Cluster) (*authflow.Flow, error) { return c.Session(loginRequest) },
		"session token": func(c *authflow.Cluster) (*authflow.Flow, error) {
			f, err := c.Session(loginRequest)
			if err != nil {
				return nil, err
			}
			return f.SessionToken(), nil
		},
		"function": func(c *authflow.Cluster) (*authflow.Flow, error) {
			return c.TokensFrom(func(context.Context) (authflow.Token, error) { return authflow.Token{Value: plainKey + "\n"}, nil })
		},
	}
}

// printed is what a program may print, by name and form. It is searched when all
// secrets are known.
type printed map[string]map[string]string

func (p printed) note(name string, v any) { p[name] = forms(v) }

// use uses a Flow in every way, and notes every result.
func (p printed) use(t *testing.T, name string, f *authflow.Flow) {
	t.Helper()
	p.note(name+" flow before", f)
	p.note(name+" renew error", f.Renew(t.Context()))
	token, err := f.Token(t.Context())
	p.note(name+" token", token)
	p.note(name+" token error", err)
	token, err = f.Token(t.Context(), authflow.Exclusive())
	p.note(name+" exclusive token", token)
	p.note(name+" exclusive token error", err)
	_, err = get(t.Context(), f)
	p.note(name+" do error", err)
	resp, err := f.Do(request(t, f.Server()+"/api/rest/2.0/metadata/search"))
	if err == nil {
		p.note(name+" response error", authflow.ErrorOf(resp))
		_ = resp.Body.Close()
	}
	r, err := f.API().GetFullAccessTokenWithResponse(t.Context(), fullRequest)
	p.note(name+" api error", err)
	p.note(name+" api result", r)
	if r != nil {
		p.note(name+" api result, value", *r)
	}
	if r != nil && r.JSON200 != nil {
		p.note(name+" api token", r.JSON200)
		p.note(name+" api token, value", *r.JSON200)
	}
	p.note(name+" flow after", f)
	p.note(name+" logout error", f.Logout(t.Context()))
	p.note(name+" flow at the end", f)
}

// search fails the test if a text shows one of the secrets.
func (p printed) search(t *testing.T, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		secrets = append(secrets, base64.RawStdEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s)))
	}
	for name, texts := range p {
		for form, text := range texts {
			for _, s := range secrets {
				if strings.Contains(text, s) {
					t.Errorf("%s as %s shows %q: %s", name, form, s, text)
				}
			}
		}
		if strings.HasSuffix(name, "error") && strings.Contains(texts["%v"], "\n") {
			t.Errorf("%s has more than one line: %q", name, texts["%v"])
		}
	}
}

func TestX3_Secrets_AreShownNowhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithUser("ann", plainPassword), authtest.WithSecretKey(plainKey))
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
		p := printed{}
		for name, v := range map[string]any{"full": fullRequest, "object": objectRequest, "custom": customRequest, "login": loginRequest, "*full": &fullRequest, "*login": &loginRequest} {
			p.note(name, v)
		}
		for server, fault := range repeatingServers() {
			for method, construct := range methodsWithSecrets() {
				c := clusterOf(t, sim, opts...) // one that knows nothing of the failures before
				f, err := construct(c)
				if err != nil {
					t.Fatal(err)
				}
				if fault != nil {
					sim.Fail(authtest.AnyOperation, -1, fault)
				}
				p.use(t, server+" "+method, f)
				p.note(server+" "+method+" cluster", c)
				sim.ClearFaults()
			}
		}
		synctest.Wait()
		for i, e := range seen.take() {
			p.note(fmt.Sprintf("event %d", i), e)
			p.note(fmt.Sprintf("event %d error", i), e.Err)
		}
		p.note("log", log.String())
		if len(p) < 900 || len(watch.seen) < 10 {
			t.Fatalf("only %d values and %d secrets of the server", len(p), len(watch.seen))
		}
		p.search(t, append([]string{plainKey, plainPassword, "pass-W0rd", url.QueryEscape(plainPassword)}, watch.seen...))
	})
}
