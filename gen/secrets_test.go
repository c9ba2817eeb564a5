package gen_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

const secret = "ey-5ecret-ABCDEF"

// hides fails if text holds the secret, in any form in which package fmt writes
// bytes.
func hides(t *testing.T, what, text string) {
	t.Helper()
	numbers := strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")
	for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), numbers, base64.StdEncoding.EncodeToString([]byte(secret))[:12]} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			t.Errorf("%s shows the secret: %s", what, text)
		}
	}
	if list := fmt.Sprintf("%#v", []byte(secret)); strings.Contains(text, strings.Trim(list[strings.Index(list, "{"):], "{}")) {
		t.Errorf("%s shows the secret: %s", what, text)
	}
}

// A response prints without its secrets, and without a body that may repeat one, alone
// and inside other values.
func TestX3_Response_PrintsRedacted(t *testing.T) {
	echo := `{"error":{"message":{"code":1,"debug":"` + secret + `"},"errors":{"a":"` + secret + `"}}}`
	failure, err := parse(400, "application/json", echo)
	if err != nil || failure.JSON400 == nil {
		t.Fatal(failure, err)
	}
	success, err := parse(200, "application/json", `{"token":"`+secret+`"}`)
	if err != nil || success.JSON200 == nil || success.JSON200.Token != secret {
		t.Fatal(success, err)
	}
	settings, err := gen.ParseSearchAuthSettingsResult(httpResponse(200, "application/json", //nolint:bodyclose // the client closes it
		`{"cluster_preferences":{"access_tokens":[{"key":"`+secret+`"}]},"org_preferences":[{"access_tokens":[{"key":"`+secret+`"}]}]}`))
	if err != nil || settings.JSON200.OrgPreferences[0].AccessTokens[0].Key != secret {
		t.Fatal(settings, err)
	}
	type holder struct {
		Value   any
		Pointer *gen.GetFullAccessTokenResult
		Failure gen.ErrorResponse
	}
	for _, v := range []any{
		failure, *failure, failure.JSON400, *failure.JSON400, failure.JSON400.Error, success, *success, success.JSON200, *success.JSON200,
		settings, settings.JSON200, *settings.JSON200, *settings.JSON200.ClusterPreferences, settings.JSON200.OrgPreferences,
		gen.AccessToken{Token: secret}, gen.GetTokenResponse{Token: secret},
		holder{success, success, *failure.JSON400}, &holder{*failure, failure, *failure.JSON400},
		[]*gen.GetFullAccessTokenResult{success}, map[string]gen.GetFullAccessTokenResult{"a": *failure},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%c", "%U"} {
			hides(t, fmt.Sprintf("%s of %T", verb, v), fmt.Sprintf(verb, v))
		}
		for _, h := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			if _, is := v.(slog.LogValuer); !is {
				continue // a struct of the user, whose JSON is written unchanged
			}
			slog.New(h(&b)).Info("x", "v", v)
			hides(t, fmt.Sprintf("slog of %T", v), b.String())
		}
	}
	// A failure is what people log first, and its text may repeat the request.
	for _, v := range []any{failure.JSON400, *failure.JSON400, failure.JSON400.Error, &failure.JSON400.Error} {
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		hides(t, fmt.Sprintf("slog of %T", v), b.String())
	}
	for _, v := range []any{
		success, *success, success.JSON200, *success.JSON200, settings, settings.JSON200, *settings.JSON200, settings.JSON200.OrgPreferences,
		gen.AccessToken{Token: secret}, &gen.GetTokenResponse{Token: secret}, failure, []any{*success.JSON200},
	} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		hides(t, fmt.Sprintf("JSON of %T", v), string(text))
	}
	if text, err := json.Marshal(success.JSON200); err != nil || !strings.Contains(string(text), `"token":"[redacted]"`) {
		t.Errorf("JSON of a token: %s, %v", text, err)
	}
}

// The JSON of a request is not redacted, because it goes to the server.
func TestX3_Request_CarriesItsSecrets(t *testing.T) {
	for _, v := range []any{
		gen.GetFullAccessTokenRequest{SecretKey: secret}, gen.GetObjectAccessTokenRequest{Password: secret},
		gen.GetCustomAccessTokenRequest{SecretKey: secret}, gen.LoginRequest{Password: secret},
		gen.RevokeTokenRequest{Token: secret}, gen.ValidateTokenRequest{Token: secret},
		struct{ Request *gen.LoginRequest }{&gen.LoginRequest{Password: secret}},
	} {
		text, err := json.Marshal(v)
		if err != nil || !strings.Contains(string(text), secret) {
			t.Errorf("%T: %s, %v", v, text, err)
		}
		for _, verb := range []string{"%+v", "%s", "%q", "%x"} {
			hides(t, fmt.Sprintf("%s of %T", verb, v), fmt.Sprintf(verb, v))
		}
	}
}
