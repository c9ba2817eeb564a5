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
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// oddSecret has characters that each encoding treats in its own way.
const oddSecret = `p"w&d/ä+<é> 😀\%41'x=~!`

// spellings are ways to write a secret.
var secretSpellings = map[string]func(string) string{
	"as it is":          func(s string) string { return s },
	"hex":               func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":               func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"base64":            func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 for URLs":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 of a pair":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("ann:" + s)) },
	"base64 of a line":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("Bearer " + s + "\r\n")) },
	"base64 of JSON":    func(s string) string { return base64.URLEncoding.EncodeToString([]byte(`{"password":"` + s + `"}`)) },
	"query":             url.QueryEscape,
	"path":              url.PathEscape,
	"query, lower case": func(s string) string { return lowEscapes(url.QueryEscape(s)) },
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

// asciiJSON is JSON of a library that escapes all other letters.
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

// pieces are parts of a spelling. No error may show one of them.
func pieces(s string) []string {
	var all []string
	for i := 0; i+8 <= len(s); i += 4 {
		all = append(all, s[i:i+8])
	}
	return append(all, s)
}

// echoes are places in which a server repeats a text.
var echoes = map[string]struct {
	respond func(r *http.Request, text string) (*http.Response, error)
}{
	"debug text": {func(r *http.Request, text string) (*http.Response, error) {
		b, _ := json.Marshal(map[string]any{"error": map[string]any{"message": map[string]any{"code": 7, "debug": "bad: " + text + "."}}})
		return reply(r, 400, string(b)), nil
	}},
	"incident": {func(r *http.Request, text string) (*http.Response, error) {
		b, _ := json.Marshal(map[string]any{"error": map[string]any{"message": map[string]any{"incident_id_guid": text, "debug": "x"}}})
		return reply(r, 403, string(b)), nil
	}},
	"redirect": {func(r *http.Request, text string) (*http.Response, error) {
		return reply(r, 302, "", "Location", "https://idp.example/"+text), nil
	}},
	"content type": {func(r *http.Request, text string) (*http.Response, error) {
		return reply(r, 404, "<html>", "Content-Type", "text/"+text), nil
	}},
	"a line in place of HTTP": {func(_ *http.Request, text string) (*http.Response, error) {
		return nil, fmt.Errorf("net/http: HTTP/1.x transport connection broken: malformed HTTP response %q", text)
	}},
}

// told returns the error, or the error that a response stands for.
func told(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return authflow.ErrorOf(resp)
}

// sendSecret makes a call that carries a secret and returns its error.
type sendSecret func(*testing.T, roundTrip) error

// secretCalls are calls that carry oddSecret in their body.
var secretCalls = map[string]sendSecret{
	"password": func(t *testing.T, base roundTrip) error {
		f, err := fakeCluster(t, base, once).Session(gen.LoginRequest{Username: "u", Password: oddSecret})
		if err != nil {
			t.Fatal(err)
		}
		return f.Renew(t.Context())
	},
	"bob's password by API": func(t *testing.T, base roundTrip) error {
		in, err := on(t, base, once).API().LoginWithResponse(t.Context(), gen.LoginRequest{Username: "u", Password: oddSecret})
		if err != nil {
			return err
		}
		return authflow.ErrorOf(in.HTTPResponse)
	},
	"bob's password by Transport": func(t *testing.T, base roundTrip) error {
		req, err := gen.NewLoginRequest(fakeURL, gen.LoginRequest{Username: "u", Password: oddSecret})
		if err != nil {
			t.Fatal(err)
		}
		return told(on(t, base, once).Transport().RoundTrip(req.WithContext(t.Context())))
	},
}

const oddToken = "eyJhbGciOi.J9-_~x/y+z=="

// tokenCalls are calls that carry oddToken in their header.
var tokenCalls = map[string]sendSecret{
	"token by Transport": func(t *testing.T, base roundTrip) error {
		return told(given(t, base).Transport().RoundTrip(request(t, fakeURL+apiX)))
	},
	"token by Do": func(t *testing.T, base roundTrip) error { return told(given(t, base).Do(request(t, fakeURL+apiX))) },
	"token by API": func(t *testing.T, base roundTrip) error {
		me, err := given(t, base).API().GetCurrentUserInfoWithResponse(t.Context())
		if err != nil {
			return err
		}
		return authflow.ErrorOf(me.HTTPResponse)
	},
	"token of a Logout": func(t *testing.T, base roundTrip) error {
		f := given(t, base)
		mustCarry(t, f)
		return f.Logout(t.Context())
	},
	"the caller's token": func(t *testing.T, base roundTrip) error {
		req := request(t, fakeURL+apiX)
		req.Header["authorization"] = []string{"Bearer " + oddToken[:len(oddToken)-1]}
		return told(on(t, base, once).Transport().RoundTrip(req))
	},
	"the caller's token without a scheme": func(t *testing.T, base roundTrip) error {
		req := request(t, fakeURL+apiX)
		req.Header.Set("Authorization", oddToken)
		return told(on(t, base, once).Transport().RoundTrip(req))
	},
}

// given returns a Flow on oddToken.
func given(t *testing.T, base roundTrip) *authflow.Flow {
	t.Helper()
	f, err := fakeCluster(t, base, once).TokensFrom(func(context.Context) (authflow.Token, error) {
		return authflow.Token{Value: oddToken, Deadline: time.Now().Add(time.Hour)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestX3_SecretThatAServerRepeats_IsShownInNoSpelling(t *testing.T) {
	t.Parallel()
	for secret, calls := range map[string]map[string]sendSecret{oddSecret: secretCalls, oddToken: tokenCalls} {
		for call, send := range calls {
			for place, echo := range echoes {
				for spelling, spell := range secretSpellings {
					text, other := spell(secret), spell(strings.Repeat("-", len(secret)))
					synctest.Test(t, func(t *testing.T) {
						err := send(t, func(r *http.Request) (*http.Response, error) { return echo.respond(r, text) })
						if err == nil {
							t.Errorf("%s in the %s, %s: no error", call, place, spelling)
						}
						if piece := shownPiece(err, text, other); piece != "" {
							t.Errorf("%s in the %s, %s: %q is in %v", call, place, spelling, piece, err)
						}
					})
				}
			}
		}
	}
}

// shownPiece returns a piece of text that an error or one of its causes shows, or
// "". other is what the same encoding makes of another text.
func shownPiece(err error, text, other string) string {
	for ; err != nil; err = errors.Unwrap(err) {
		shown := err.Error() + fmt.Sprintf("%+v", err)
		for _, piece := range append(pieces(text), pieces(strconv.Quote(text))...) {
			if strings.Contains(shown, piece) && !strings.Contains(other+strconv.Quote(other), piece) {
				return piece
			}
		}
	}
	return ""
}
