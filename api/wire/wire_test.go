package wire

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestX3_Secret_PrintsRedacted(t *testing.T) {
	const plain = "Guest@123!"
	type request struct {
		Name   string
		Secret Secret
	}
	for _, v := range []any{Secret(plain), request{"a", plain}, &request{"a", plain}, []Secret{plain}, map[string]Secret{"k": plain}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%t"} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, plain) || strings.Contains(strings.ToLower(out), fmt.Sprintf("%x", plain)) || strings.Contains(out, "Gue") {
				t.Errorf("%s of %T shows the secret: %s", verb, v, out)
			}
		}
	}
	for _, h := range []func(*strings.Builder) slog.Handler{
		func(b *strings.Builder) slog.Handler { return slog.NewTextHandler(b, nil) },
		func(b *strings.Builder) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b strings.Builder
		slog.New(h(&b)).Info("x", "secret", Secret(plain))
		if strings.Contains(b.String(), plain) || !strings.Contains(b.String(), Redacted) {
			t.Errorf("log record: %s", b.String())
		}
	}
	if s := fmt.Sprint(Secret("")); s != "" {
		t.Errorf("an empty secret prints %q", s)
	}
}

func TestSecret_JSON_HasTheValue(t *testing.T) {
	b, err := json.Marshal(map[string]Secret{"password": "p\"w"})
	if err != nil || string(b) != `{"password":"p\"w"}` {
		t.Fatalf("%s, %v", b, err)
	}
}

func TestUnixMilli_AnyNumber_IsReadWithoutLoss(t *testing.T) {
	for in, want := range map[string]int64{
		"1675129564089":        1675129564089,
		"1675129564089.0":      1675129564089,
		"1.675129564089e12":    1675129564089,
		"1.675129564089E+12":   1675129564089,
		"16751295640890e-1":    1675129564089,
		"9223372036854775807":  9223372036854775807,
		"-1":                   -1,
		"0":                    0,
		"null":                 0,
		"0.0e0":                0,
		"-9.223372036854775e3": 0,
	} {
		var got UnixMilli
		err := json.Unmarshal([]byte(in), &got)
		if in == "-9.223372036854775e3" {
			if err == nil {
				t.Errorf("%s: read as %d, although it is not an integer", in, got)
			}
			continue
		}
		if err != nil || int64(got) != want {
			t.Errorf("%s: got %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"1.5", "9223372036854775808", "1e19", "1e999999999", `"1675129564089"`, "true", "{}", "1e-5"} {
		var m UnixMilli
		var i Integer
		if json.Unmarshal([]byte(in), &m) == nil || json.Unmarshal([]byte(in), &i) == nil {
			t.Errorf("%s was accepted", in)
		}
	}
}

func TestUnixMilli_Time_IsTheInstant(t *testing.T) {
	if got := UnixMilli(1675129564089).Time(); !got.Equal(time.Date(2023, 1, 31, 1, 46, 4, 89e6, time.UTC)) {
		t.Errorf("got %v", got.UTC())
	}
	if !UnixMilli(0).Time().IsZero() {
		t.Error("the time of 0 is not the zero time")
	}
}
