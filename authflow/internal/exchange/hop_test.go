//nolint:bodyclose // the responses are made by hand and hold nothing
package exchange

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestI2_ChainThatLeftTheServer_StaysForeignWhenItComesBack(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	first := request(t, http.MethodGet, serverURL+apiPathX)
	away := nextHop(t, respond(first, 302, "", "Location", "https://other.example/"))
	back := nextHop(t, respond(away, 302, "", "Location", serverURL+"/x"))
	within := nextHop(t, respond(first, 302, "", "Location", "/x"))
	for name, tt := range map[string]struct {
		req        *http.Request
		left, from bool
	}{"first": {first, false, true}, "away": {away, true, true}, "back": {back, true, true}, "within": {within, false, true}} {
		if left, from := o.LeftOrigin(tt.req), o.fromAPI(tt.req); left != tt.left || from != tt.from {
			t.Errorf("%s: left %v, from the API %v", name, left, from)
		}
	}
	if o.fromAPI(nextHop(t, respond(request(t, http.MethodGet, serverURL+"/page"), 302, "", "Location", "/x"))) {
		t.Error("a hop of a page counts as one from the API")
	}
	if o.fromAPI(request(t, http.MethodGet, "https://other.example"+apiPathX)) {
		t.Error("another server's API counts as ours")
	}
}

func TestI2_HopToAnotherHost_CarriesNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	first := request(t, http.MethodGet, serverURL+apiPathX)
	first.Header.Set("Cookie", "JSESSIONID=before;  own=2")
	resp := respond(first, 302, "", "Location", "https://files.ts.example/report")
	hop := nextHop(t, resp)
	hop.Header = http.Header{
		"Authorization": {"Bearer tok"}, "authorization": {"Bearer tok"}, "Proxy-Authorization": {"x"}, "Referer": {serverURL}, "X-Requested-By": {"ThoughtSpot"},
		"x-api-key": {"k"}, "X-Org-Selector": {"1"}, "Cookie": {"JSESSIONID=s; JSESSIONID=before; theirs=1; clientId=c; own=2", "JSESSIONID=theirs"}, "Accept": {"text/csv"}, "Range": {"bytes=0-9"},
	}
	origin(t, serverURL).StripForeign(hop, func(pair string) bool { return slices.Contains([]string{"JSESSIONID=s", "clientId=c"}, pair) })
	got := make([]string, 0, len(hop.Header))
	for name, values := range hop.Header {
		got = append(got, name+": "+strings.Join(values, ","))
	}
	slices.Sort(got)
	if want := []string{"Accept: text/csv", "Cookie: theirs=1; JSESSIONID=theirs", "Range: bytes=0-9"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The server of an identity provider leads back. The cookies that a jar of the
// caller's holds for our server go there, and the cookies of the session do not.
func TestL5_HopBackToTheServer_KeepsTheCookiesOfTheCallersJar(t *testing.T) {
	t.Parallel()
	first := request(t, http.MethodGet, serverURL+"/page")
	first.Header.Set("Cookie", "state=1; JSESSIONID=s")
	away := nextHop(t, respond(first, 302, "", "Location", "https://idp.example/sign-in")) //nolint:bodyclose // it holds nothing
	back := nextHop(t, respond(away, 302, "", "Location", serverURL+"/page"))              //nolint:bodyclose // it holds nothing
	back.Header.Set("Cookie", "state=1; done=1; JSESSIONID=s")
	origin(t, serverURL).StripForeign(back, func(pair string) bool { return pair == "JSESSIONID=s" })
	if got := back.Header.Get("Cookie"); got != "state=1; done=1" {
		t.Errorf("%q", got)
	}
}

// A user name and password in a Location are for the host that it names.
func TestI3_CredentialOfLocation_IsNotTheCallers(t *testing.T) {
	t.Parallel()
	hop := nextHop(t, respond(request(t, http.MethodGet, serverURL+"/x"), 302, "", "Location", "https://a:b@files.example/"))
	hop.SetBasicAuth("a", "b")
	if !CredentialOfLocation(hop) {
		t.Error("that of the Location counts as the caller's")
	}
	o := origin(t, serverURL)
	o.StripForeign(hop, func(string) bool { return false })
	if hop.Header.Get("Authorization") == "" {
		t.Error("the other host does not get what is for it")
	}
	hop.SetBasicAuth("a", "c")
	direct := request(t, http.MethodGet, "https://a:b@ts.example/")
	direct.SetBasicAuth("a", "b")
	if CredentialOfLocation(hop) || CredentialOfLocation(direct) {
		t.Error("the credential of the caller counts as one of a Location")
	}
	o.StripForeign(hop, func(string) bool { return false })
	if hop.Header.Get("Authorization") != "" {
		t.Error("the other host gets the caller's")
	}
}

func TestX3_ErrorOfAnotherServer_ShowsNoQueryAndNoUser(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	req := request(t, http.MethodGet, "https://ann:pw@evil.example/x?sig=secret#frag")
	if got := o.WrongOrigin(req).Error(); got != "to https://evil.example, but credentials are for https://ts.example:443 only" {
		t.Errorf("%q", got)
	}
	req.Host, req.URL.Opaque = "front.example", "//evil.example/x?sig=secret"
	if got := o.WrongOrigin(req).Error(); strings.Contains(got, "secret") || !strings.Contains(got, "as host front.example as //evil.example/x") {
		t.Errorf("%q", got)
	}
	if got := o.WrongOrigin(&http.Request{}).Error(); !strings.HasPrefix(got, "to nowhere") {
		t.Errorf("%q", got)
	}
}
