package redact_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/go-thoughtspot/tsauth/authflow/internal/redact"
)

// secrets are passwords, keys and tokens of every kind.
func secrets() map[string]string {
	return map[string]string{
		"word":          "hunter2",
		"GUID":          "4c55ff63-d03e-497a-8b1c-0a1b2c3d4e5f",
		"quotes":        `pa"ss'w\rd`,
		"HTML":          `<b>&amp;</b>`,
		"URL":           "p%41+ss&w=rd /#?",
		"unicode":       "pässwörd€😀",
		"Chinese":       "密码很长的",
		"digits":        "12345678",
		"base64":        "c2VjcmV0LWtleQ==",
		"hex":           "deadbeefcafe",
		"spaces within": "correct horse battery staple",
		"token":         "eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("QWxhZGRpbjpvcGVu-_", 60) + ".c2ln",
		"short":         "p-4x",
		"PIN":           "0042",
		"two":           "zq",
	}
}

// positions are texts with a place for a secret.
func positions() map[string]string {
	return map[string]string{
		"alone":      "%s",
		"words":      "the value %s is wrong",
		"field":      `{"error":{"message":{"code":10002,"debug":"bad password (%s)"}}}`,
		"assignment": "password=%s&username=ann",
		"brackets":   "invalid value [%s], see the log",
		"end":        "login failed for ann:%s",
	}
}

func TestX3_TextWithASecret_IsWithheldInEveryEncoding(t *testing.T) {
	t.Parallel()
	for kind, secret := range secrets() {
		s := logIn(t, secret)
		for _, e := range encodings() {
			if len(secret) < 6 && e.asLong {
				continue
			}
			for at, format := range positions() {
				text := fmt.Sprintf(format, e.encode(secret))
				if got := redact.Text(s, text); got != redact.Withheld {
					t.Errorf("%s, %s, %s: %q is shown as %q", kind, e.name, at, text, got)
				}
			}
		}
	}
}

func TestX3_TextWithoutASecret_IsShownAsItIs(t *testing.T) {
	t.Parallel()
	texts := []string{
		"the password is not right",
		"Invalid credentials for ann, 3 attempts left",
		"[10097] Unauthorized, incident 0b1b-b2, at 2026-01-02T10:00:00.000Z, took 0.000 s",
		"user 7c5e0000-0000-4000-8000-000000000000 is inactive",
		"locale en-US is enabled, enter the code 10000 again",
		`{"code":10002,"debug":"[\"Parameter org_id is not valid\",\"\"]"}`,
		"PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException",
		"502 Bad Gateway: https://acme.thoughtspot.cloud/api/rest/2.0/auth/token/full?x=%2F&y=a+c",
		"the group “Größe & Gewicht” does not exist",
		`malformed HTTP response "\x15\x03\x03\x00\x02\x02P"`,
	}
	for _, secret := range []string{
		"en", "0000", "b", "x1", "no", "us", "00", "1", "hunter2", "12345678", "correct horse battery staple", "pässwörd€😀",
		"eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("QWxhZGRpbjpvcGVu-_", 60) + ".c2ln",
	} {
		s := logIn(t, secret)
		for _, text := range texts {
			if got := redact.Text(s, text); got != text {
				t.Errorf("with the password %q, %q is shown as %q", secret, text, got)
			}
		}
	}
}

func TestX3_ShortSecret_IsLookedForAsAWholeWord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		secret, text string
		withheld     bool
	}{
		{"b", "the password b is wrong", true},
		{"b", "75 bytes were bad", false},
		{"en", "en", true},
		{"en", "no such locale: en.", true},
		{"en", `{"locale":"en"}`, true},
		{"en", "the en-US locale", false},
		{"en", "the pt_en locale", false},
		{"t", "don't", false},
		{"0000", "code 10000", false},
		{"0000", "PIN:0000;", true},
		{"0000", "0000.Try again", true},
		{"10", "release 10.5.0", false},
		{"10", "release 26.10", false},
		{"30", "at 10:30", false},
		{"0000", "ann:0000", true},
		{"#1x", "ticket#1x", true},
		{"pä", "pär", false},
		{"pä", "bad: pä", true},
		{"hunter", "xhunterx", true},
	} {
		want := tt.text
		if tt.withheld {
			want = redact.Withheld
		}
		if got := redact.Text(logIn(t, tt.secret), tt.text); got != want {
			t.Errorf("with the password %q, %q is shown as %q", tt.secret, tt.text, got)
		}
	}
}

func TestX3_PartOfALongSecret_IsWithheld(t *testing.T) {
	t.Parallel()
	token := "eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("QWxhZGRpbjpvcGVu-_", 60) + ".c2ln"
	s := logIn(t, token)
	for _, text := range []string{
		"bad token " + token[:16] + "…",
		"bad token …" + token[len(token)-16:],
		"bad token " + token[500:530],
		"bad token " + token[:100] + "\n" + token[100:200],
		strings.Repeat("x", 480) + " " + token,
		strings.Repeat(" ", 2040) + token,
	} {
		if got := redact.Text(s, text); got != redact.Withheld {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
	if got := redact.Text(s, "bad token eyJhbGci…"); got != "bad token eyJhbGci…" {
		t.Errorf("got %q", got)
	}
}

func TestX3_PassphraseOverTwoLines_IsWithheld(t *testing.T) {
	t.Parallel()
	for secret, text := range map[string]string{
		"correct horse": "bad passphrase:\r\n  correct\r\n  horse",
		"ab  cd":        "bad passphrase: ab cd",
		"a b":           "bad passphrase: a\n b.",
	} {
		if got := redact.Text(logIn(t, secret), text); got != redact.Withheld {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

func TestX3_PasswordOfDigits_IsNotShownAsACode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		secret, code string
		shown        bool
	}{
		{"12345678", "12345678", false},
		{"00345678", "345678", false},
		{"10002", "10002", false},
		{"-5555", "-5555", false},
		{"12345678", "9123456789", false},
		{"0000", "10000", true},
		{"0000", "0", true},
		{"hunter2", "10002", true},
		{"1000", "10002", true},
	} {
		if got := redact.Text(logIn(t, tt.secret), tt.code); (got == tt.code) != tt.shown {
			t.Errorf("with the password %q, %s is shown as %q", tt.secret, tt.code, got)
		}
	}
	if got := redact.Text(logIn(t, "12345000"), "value 1.2345E+7"); got != redact.Withheld {
		t.Errorf("an exponent in place of zeros is shown as %q", got)
	}
	for _, text := range []string{"value 1.2345678e+07", "value 1.2345678E7.", "value 12,345,678", "value 12 345 678", "value 12.345.678,0", "value 12345678.0"} {
		if got := redact.Text(logIn(t, "12345678"), text); got != redact.Withheld {
			t.Errorf("%q is shown as %q", text, got)
		}
		if got := redact.Text(logIn(t, "0012345678"), text); got != redact.Withheld {
			t.Errorf("with leading zeros, %q is shown as %q", text, got)
		}
	}
}

func TestX3_Line_IsPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               "",
		" \n two\r\n\tlines \n":          "two lines",
		"user \u202egnp.exe":             `user \u202egnp.exe`,
		"\ufeffa\u200bb\u2066c\u00add":   `\ufeffa\u200bb\u2066c\u00add`,
		"\x1b[31mred\x00":                `\x1b[31mred\x00`,
		"caf\xe9":                        `caf\xe9`,
		"a\u3164b\U000e0041c\u2028d":     `a\u3164b\U000e0041c d`,
		"Größe „x“ 日本 😀":                 "Größe „x“ 日本 😀",
		strings.Repeat("x", 500):         strings.Repeat("x", 500),
		strings.Repeat("x", 501):         strings.Repeat("x", 500) + "…",
		strings.Repeat("ä", 251):         strings.Repeat("ä", 250) + "…",
		strings.Repeat("\u202e", 100000): strings.Repeat(`\u202e`, 83) + "…",
	} {
		if got := redact.Line(text); got != want {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}

func TestX3_TextThatIsTooLong_CountsAsRepeating(t *testing.T) {
	t.Parallel()
	s := logIn(t, "hunter2")
	if redact.Text(s, strings.Repeat("word ", 3_000)) == redact.Withheld {
		t.Error("a text of 15,000 bytes without the secret counts as repeating it")
	}
	if redact.Text(s, strings.Repeat("word ", 4_000)) != redact.Withheld {
		t.Error("a text of 20,000 bytes counts as searched")
	}
	if redact.Text(s, strings.Repeat("word ", 3_000)+"hunter2") != redact.Withheld {
		t.Error("a secret at the end of a text of 15,000 bytes is not found")
	}
}

// The search is bounded, and a text that it cannot search to the end is not shown.
func TestX3_TextMadeToBeDecodedForEver_IsWithheld(t *testing.T) {
	t.Parallel()
	const stretch = `%25253d\\\\u0026amp;amp;quot;+""""373d `
	s := logIn(t, "hunter2")
	if got := redact.Text(s, stretch); got != stretch {
		t.Errorf("%q is shown as %q", stretch, got)
	}
	if text := strings.Repeat(stretch, 400); redact.Text(s, text) != redact.Withheld {
		t.Errorf("a text of %d bytes that needs more than the budget counts as searched", len(text))
	}
	if text := strings.Repeat("at com.acme.Session.login(Session.java:117) &amp; %2F\n", 200); redact.Text(s, text) == redact.Withheld {
		t.Errorf("an ordinary text of %d bytes counts as one that repeats a secret", len(text))
	}
}

func TestX3_NoRequest_HasNoSecrets(t *testing.T) {
	t.Parallel()
	if got := redact.Text(nil, "hunter2"); got != "hunter2" {
		t.Errorf("got %q", got)
	}
}

// TestX3_NestedEncodings_AreNeverShown plays random nestings. REDACT_SEED replays
// one.
func TestX3_NestedEncodings_AreNeverShown(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if text := os.Getenv("REDACT_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		nest(t, r)
	}
	if t.Failed() {
		t.Logf("replay with REDACT_SEED=%d", seed)
	}
}

func FuzzX3_NestedEncodings_AreNeverShown(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { nest(t, rand.New(rand.NewPCG(seed, 1))) })
}

// FuzzX3_Text_IsNeverShown holds whatever the server sends to one printable line
// without the secret.
func FuzzX3_Text_IsNeverShown(f *testing.F) {
	f.Add("a\x00\u202eb", "hunter2")
	f.Add("\r\n%", "%")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := redact.Text(logIn(t, secret), text)
		line := redact.Line(got)
		if len(line) > 503 || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is shown as %q", text, line)
		}
		isLong := len(secret) >= 6 && secret == strings.ToValidUTF8(secret, "")
		if isLong && got != redact.Withheld && strings.Contains(got, secret) {
			t.Errorf("%q is shown as %q", text, got)
		}
	})
}

// nest encodes a random secret up to three times in a random text, and looks for it.
func nest(t *testing.T, r *rand.Rand) {
	t.Helper()
	const alphabet = `abcXYZ0189 -_+/=%&<>"'\;:äß€😀密`
	runes := []rune(alphabet)
	var b strings.Builder
	for range 6 + r.IntN(40) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	secret := strings.Join(strings.Fields(b.String()), " ")
	if len(secret) < 6 {
		return
	}
	s := logIn(t, secret)
	all := encodings()
	text, names := secret, []string{}
	for depth := range r.IntN(4) {
		e := all[r.IntN(len(all))]
		if depth > 0 && e.name == "upper case" {
			continue // of a code it is another code
		}
		text = e.encode(text)
		names = append(names, e.name)
		if r.IntN(2) == 0 {
			text = "{" + text + "}"
		}
	}
	text = "bad value " + text + " of ann"
	if redact.Text(s, text) != redact.Withheld {
		t.Errorf("%q by %q is shown: %q", secret, names, text)
	}
}

func BenchmarkText(b *testing.B) {
	token := "eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("QWxhZGRpbjpvcGVu-_", 60) + ".c2ln"
	for name, text := range map[string]string{
		"ordinary": `{"code":10002,"debug":"[\"Parameter org_id is not valid\",\"\"]"} for ann@example.com, incident 7c5e0000-0000-4000-8000-000000000000`,
		"4 KiB":    strings.Repeat("at com.thoughtspot.callosum.rest.Session.login(Session.java:117)\n", 64),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			s := logIn(b, token)
			for b.Loop() {
				if redact.Text(s, text) == redact.Withheld {
					b.Fatal("withheld")
				}
			}
		})
	}
}
