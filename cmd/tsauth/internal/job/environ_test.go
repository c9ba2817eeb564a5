package job

import (
	"slices"
	"strings"
	"testing"
)

func TestEnviron_OurVariables_AreReplaced(t *testing.T) {
	got := Environ([]string{
		"PATH=/bin", "THOUGHTSPOT_HOST=acme", "THOUGHTSPOT_SECRET_KEY=s3cret", "THOUGHTSPOT_TOKEN_COMMAND=cat", "THOUGHTSPOT_NEW=s3cret",
		"thoughtspot_password=s3cret", "MY_THOUGHTSPOT_NOTE=kept", "EMPTY=", "THOUGHTSPOT_PROXY_KEY=old",
	}, "http://127.0.0.1:1/KEY", "KEY")
	want := []string{"PATH=/bin", "MY_THOUGHTSPOT_NOTE=kept", "EMPTY=", "THOUGHTSPOT_HOST=http://127.0.0.1:1/KEY", "THOUGHTSPOT_PROXY_KEY=KEY"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// An HTTP proxy of the company does not get the key.
func TestEnviron_HTTPProxy_IsNotUsedForLoopback(t *testing.T) {
	const loopback = "localhost,127.0.0.1,::1"
	for _, proxy := range []string{"HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		for given, want := range map[string]string{"": loopback, "NO_PROXY=": loopback, "NO_PROXY=acme.example": "acme.example," + loopback} {
			got := Environ([]string{proxy + "=http://proxy.example", given}, "http://127.0.0.1:1/KEY", "KEY")
			var values []string
			for _, variable := range got {
				if value, ok := strings.CutPrefix(variable, "NO_PROXY="); ok {
					values = append(values, value)
				}
			}
			isLower := slices.Contains(got, "no_proxy="+loopback)
			if !slices.Equal(values, []string{want}) || !isLower {
				t.Errorf("%s and %q: %q", proxy, given, got)
			}
		}
	}
	if got := Environ([]string{"NO_PROXY=acme.example"}, "a", "k"); !slices.Equal(got[:1], []string{"NO_PROXY=acme.example"}) || len(got) != 3 {
		t.Errorf("%q", got)
	}
}
