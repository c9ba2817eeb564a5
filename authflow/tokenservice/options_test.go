package tokenservice_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

func TestNew_WithAnImpossibleOption_ReturnsAnError(t *testing.T) {
	cluster, err := authflow.New("https://ts.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string][]tokenservice.Option{
		"WithUserLimit": {
			tokenservice.WithUserLimit(-1, 1), tokenservice.WithUserLimit(1, 0), tokenservice.WithUserLimit(math.NaN(), 1),
			tokenservice.WithUserLimit(1e-10, 1), tokenservice.WithUserLimit(1/(366*24*time.Hour).Seconds(), 1), tokenservice.WithUserLimit(math.SmallestNonzeroFloat64, 1),
			tokenservice.WithUserLimit(math.Inf(1), 1), tokenservice.WithUserLimit(math.Inf(-1), 1), tokenservice.WithUserLimit(1, -1),
		},
		"WithLimit": {
			tokenservice.WithLimit(-1, 1), tokenservice.WithLimit(1, 0), tokenservice.WithLimit(math.NaN(), 1), tokenservice.WithLimit(1e-10, 1),
			tokenservice.WithLimit(math.Inf(1), 1),
		},
		"WithMinTTL":       {tokenservice.WithMinTTL(-1)},
		"WithReuse":        {tokenservice.WithReuse(-1)},
		"WithStaleIfError": {tokenservice.WithStaleIfError(0), tokenservice.WithStaleIfError(-1)},
		"WithMaxUsers":     {tokenservice.WithMaxUsers(0)},
		"WithIdle":         {tokenservice.WithIdle(0)},
	} {
		for _, o := range opts {
			if _, err := tokenservice.New(cluster, byCookie, o); !errors.Is(err, authflow.ErrInvalid) || !strings.Contains(err.Error(), name+" ") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, o := range []string{"*", "https://*", "https://*.app.example", "null", "", "app.example", "app.example:443", "//app.example", "https://", "https://app.example/",
		"https://app.example/path", "https://app.example?q", "https://app.example#f", "https://u@app.example", "ftp://app.example", "https://a.example,https://b.example",
		"https://a.example https://b.example", "https://app.example:", "javascript:alert(1)", "https://:443", "https://app.example:x", "https://bücher.example", "https://::1",
		"NULL", "app://", "capacitor://", "capacitor://localhost/", "capacitor://localhost/index.html", "capacitor://u@localhost", "capacitor://*", "capacitor://localhost:",
		"chrome-extension://*", "file://", "file:///index.html", "file://host", "data:text/html,x", "blob:https://app.example", "about:blank", "ws://app.example",
		"wss://app.example", "javascript://app.example", "1app://x", "app:x", "app://x y", "app://x\n", "app://bücher"} {
		if _, err := tokenservice.New(cluster, byCookie, tokenservice.WithOrigins(o)); !errors.Is(err, authflow.ErrInvalid) || !strings.Contains(err.Error(), "WithOrigins") {
			t.Errorf("%q: %v", o, err)
		}
	}
	if _, err := tokenservice.New(cluster, byCookie, tokenservice.WithMinTTL(time.Minute), tokenservice.WithStaleIfError(time.Second)); !errors.Is(err, authflow.ErrInvalid) {
		t.Errorf("WithStaleIfError below WithMinTTL: %v", err)
	}
	if _, err := tokenservice.New(nil, byCookie); !errors.Is(err, authflow.ErrInvalid) {
		t.Errorf("no cluster: %v", err)
	}
	if _, err := tokenservice.New(cluster, nil); !errors.Is(err, authflow.ErrInvalid) {
		t.Errorf("no authenticate: %v", err)
	}
	s, err := tokenservice.New(cluster, byCookie, nil)
	if err != nil {
		t.Fatalf("an absent option: %v", err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOutcome_EachOne_HasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range tokenservice.Outcomes() {
		if seen[o.String()] || o.String() == "" || o != tokenservice.InternalError && o.String() == tokenservice.InternalError.String() {
			t.Errorf("%d is %q", o, o)
		}
		seen[o.String()] = true
	}
}
