package authflow_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// X3: a server that repeats what it was sent, in whatever way it writes it.

// oddSecret has all that encodings treat in a way of their own.
const oddSecret = `p"w&d/ä+<é> 😀\%41'x=~!`

// spelt are ways to write a secret.
var spelt = map[string]func(string) string{
	"as it is":         func(s string) string { return s },
	"hex":              func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":              func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 for URLs":  func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 of a pair": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("ann:" + s)) },
	"base64 of a line": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("Bearer " + s + "\r\n")) },
	"base64 of JSON":   func(s string) string { return base64.URLEncoding.EncodeToString([]byte(`{"password":"` + s + `"}`)) },
	"query":            url.QueryEscape,
	"path":             url.PathEscape,
	"query, in small":  func(s string) string { return lowEscapes(url.QueryEscape(s)) },
	"encodeURIComponent": func(s string) string {
		return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'").Replace(url.QueryEscape(s))
	},
	"all in percents": func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02x", s[i])
		}
		return b.String()
	},
	"JSON":            func(s string) string { b, _ := json.Marshal(s); return string(b) },
	"JSON of PHP":     func(s string) string { return strings.ReplaceAll(asciiJSON(s), "/", `\/`) },
	"JSON of Python":  asciiJSON,
	"Go":              strconv.Quote,
	"Go, in ASCII":    strconv.QuoteToASCII,
	"HTML":            html.EscapeString,
	"HTML by names":   strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;", "'", "&apos;", "ä", "&auml;", "é", "&eacute;").Replace,
	"HTML by numbers": func(s string) string { return numbered(s, "&#%d;") },
	"HTML by hex":     func(s string) string { return numbered(s, "&#x%X;") },
	"JSON in JSON": func(s string) string {
		b, _ := json.Marshal(s)
		b, _ = json.Marshal(string(b))
		return string(b[3 : len(b)-3])
	},
	"two, side by side": func(s string) string { return s + s },
}

func lowEscapes(s string) string {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '%' {
			s = s[:i] + strings.ToLower(s[i:i+3]) + s[i+3:]
		}
	}
	return s
}

// asciiJSON is JSON as those write it that know no other letters.
func asciiJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case r > 0x7e:
			fmt.Fprintf(&b, `\u%04x`, r)
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func numbered(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

// pieces are parts of a spelling that nothing else holds: no error may show one.
func pieces(s string) []string {
	var all []string
	for i := 0; i+8 <= len(s); i += 4 {
		all = append(all, s[i:i+8])
	}
	return append(all, s)
}

// places are where a server repeats it, and who is told.
var places = map[string]struct {
	answer func(r *http.Request, text string) (*http.Response, error)
}{
	"the text of the error": {func(r *http.Request, text string) (*http.Response, error) {
		b, _ := json.Marshal(map[string]any{"error": map[string]any{"message": map[string]any{"code": 7, "debug": "bad: " + text + "."}}})
		return reply(r, 400, string(b)), nil
	}},
	"its incident": {func(r *http.Request, text string) (*http.Response, error) {
		b, _ := json.Marshal(map[string]any{"error": map[string]any{"message": map[string]any{"incident_id_guid": text, "debug": "x"}}})
		return reply(r, 403, string(b)), nil
	}},
	"a redirect": {func(r *http.Request, text string) (*http.Response, error) {
		return reply(r, 302, "", "Location", "https://idp.example/"+text), nil
	}},
	"the type of a page": {func(r *http.Request, text string) (*http.Response, error) {
		return reply(r, 404, "<html>", "Content-Type", "text/"+text), nil
	}},
	"the place of HTTP": {func(_ *http.Request, text string) (*http.Response, error) {
		return nil, fmt.Errorf("net/http: HTTP/1.x transport connection broken: malformed HTTP response %q", text)
	}},
}

// told returns the error of an answer that is one.
func told(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return authflow.ErrorOf(resp)
}

func TestX3NothingThatAServerRepeatsIsShown(t *testing.T) {
	for secret, kinds := range map[string]map[string]func(*testing.T, roundTrip) error{
		oddSecret: {
			"a password": func(t *testing.T, base roundTrip) error {
				f, _ := fakeCluster(t, base, once).Session(gen.LoginRequest{Username: "u", Password: oddSecret})
				return f.Renew(t.Context())
			},
			"bob's password": func(t *testing.T, base roundTrip) error {
				in, err := on(t, base, once).API().LoginWithResponse(t.Context(), gen.LoginRequest{Username: "u", Password: oddSecret})
				if err != nil {
					return err
				}
				return authflow.ErrorOf(in.HTTPResponse)
			},
			"bob's password, by a client of one's own": func(t *testing.T, base roundTrip) error {
				req, _ := gen.NewLoginRequest(fakeURL, gen.LoginRequest{Username: "u", Password: oddSecret})
				return told(on(t, base, once).Transport().RoundTrip(req.WithContext(t.Context())))
			},
		},
		"eyJhbGciOi.J9-_~x/y+z==": {
			"a token": func(t *testing.T, base roundTrip) error {
				return told(given(t, base).Transport().RoundTrip(request(t, fakeURL+apiX)))
			},
			"a token, by Do": func(t *testing.T, base roundTrip) error { return told(given(t, base).Do(request(t, fakeURL+apiX))) },
			"a token, by API": func(t *testing.T, base roundTrip) error {
				me, err := given(t, base).API().GetCurrentUserInfoWithResponse(t.Context())
				if err != nil {
					return err
				}
				return authflow.ErrorOf(me.HTTPResponse)
			},
			"a token that ends": func(t *testing.T, base roundTrip) error {
				f := given(t, base)
				mustCarry(t, f)
				return f.Logout(t.Context())
			},
			"a caller's own": func(t *testing.T, base roundTrip) error {
				req := request(t, fakeURL+apiX)
				req.Header["authorization"] = []string{"Bearer eyJhbGciOi.J9-_~x/y+z=="}
				return told(on(t, base, once).Transport().RoundTrip(req))
			},
			"a caller's own, without a word before it": func(t *testing.T, base roundTrip) error {
				req := request(t, fakeURL+apiX)
				req.Header.Set("Authorization", "eyJhbGciOi.J9-_~x/y+z==")
				return told(on(t, base, once).Transport().RoundTrip(req))
			},
		},
	} {
		for kind, use := range kinds {
			for place, p := range places {
				for name, spell := range spelt {
					text, other := spell(secret), spell(strings.Repeat("-", len(secret)))
					err := use(t, func(r *http.Request) (*http.Response, error) { return p.answer(r, text) })
					if err == nil {
						t.Errorf("%s in %s, %s: no error", kind, place, name)
						continue
					}
					for ; err != nil; err = errors.Unwrap(err) {
						shown := err.Error() + fmt.Sprintf("%+v", err)
						for _, piece := range append(pieces(text), pieces(strconv.Quote(text))...) {
							if strings.Contains(shown, piece) && !strings.Contains(other+strconv.Quote(other), piece) {
								t.Errorf("%s in %s, %s: %q is in %v", kind, place, name, piece, err)
								break
							}
						}
					}
				}
			}
		}
	}
}

// given is a Flow on a token that it was given.
func given(t *testing.T, base roundTrip) *authflow.Flow {
	t.Helper()
	f, err := fakeCluster(t, base, once).TokensFrom(func(context.Context) (authflow.Token, error) {
		return authflow.Token{Value: "eyJhbGciOi.J9-_~x/y+z=="}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestX3AnOrgThatEchoesTheKey(t *testing.T) {
	f0 := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 200, `{"token":"tok","org":{"id":5,"name":"`+mixedKey+`"},"creation_time_in_millis":1000000,"expiration_time_in_millis":1300000}`), nil
	})
	org := int32(7)
	f, err := f0.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey, OrgID: &org})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Token(t.Context())
	t.Log(err)
	if strings.Contains(err.Error(), mixedKey) {
		t.Error("the secret key is in the error")
	}
}
