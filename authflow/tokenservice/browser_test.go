package tokenservice_test

import (
	"net/http"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

const evil = "https://evil.example"

// headersOf returns the headers that a browser writes for a request: Sec-Fetch-Site,
// Sec-Fetch-Mode and Sec-Fetch-Dest, and others as pairs. An empty one is left out.
func headersOf(site, mode, dest string, others ...string) []string {
	var headers []string
	for name, value := range map[string]string{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest} {
		if value != "" {
			headers = append(headers, name, value)
		}
	}
	return append(headers, others...)
}

// The requests that a page of another site can make the browser of a signed-in user
// send, with the headers of Fetch Metadata, Fetch and Referrer Policy, as Chromium, Firefox and
// Safari write them. The cookie always goes along, as with SameSite=None.
func TestT3_AttackOfAPage_CostsAndEndsNothing(t *testing.T) {
	for name, headers := range map[string][]string{
		"an image":                             {"cross-site", "no-cors", "image"},
		"an image without Referer":             {"cross-site", "no-cors", "image", "Referer", ""},
		"an image of a sister site":            {"same-site", "no-cors", "image"},
		"an image with crossorigin":            {"cross-site", "cors", "image", "Origin", evil},
		"a script":                             {"cross-site", "no-cors", "script"},
		"a module":                             {"cross-site", "cors", "script", "Origin", evil},
		"a style sheet":                        {"cross-site", "no-cors", "style"},
		"a font":                               {"cross-site", "cors", "font", "Origin", evil},
		"a video":                              {"cross-site", "no-cors", "video", "Range", "bytes=0-"},
		"an audio":                             {"cross-site", "no-cors", "audio"},
		"a track":                              {"cross-site", "no-cors", "track"},
		"an object":                            {"cross-site", "navigate", "object"},
		"an embed":                             {"cross-site", "navigate", "embed"},
		"an iframe":                            {"cross-site", "navigate", "iframe"},
		"an iframe with credentialless":        {"cross-site", "navigate", "iframe", "Sec-Purpose", "prefetch"},
		"a fenced frame":                       {"cross-site", "navigate", "fencedframe"},
		"a frame":                              {"cross-site", "navigate", "frame"},
		"a manifest":                           {"cross-site", "cors", "manifest", "Origin", evil},
		"a worker":                             {"cross-site", "same-origin", "worker"},
		"a shared worker":                      {"cross-site", "same-origin", "sharedworker"},
		"a worklet":                            {"cross-site", "cors", "audioworklet", "Origin", evil},
		"a service worker's script":            {"same-origin", "same-origin", "serviceworker", "Service-Worker", "script"},
		"XSLT":                                 {"cross-site", "same-origin", "xslt"},
		"JSON as a module":                     {"cross-site", "cors", "json", "Origin", evil},
		"web identity":                         {"cross-site", "no-cors", "webidentity"},
		"a report":                             {"cross-site", "cors", "report", "Origin", evil},
		"fetch":                                {"cross-site", "cors", "empty", "Origin", evil},
		"fetch with no-cors":                   {"cross-site", "no-cors", "empty", "Origin", evil},
		"fetch with no-cors, a GET":            {"cross-site", "no-cors", "empty"},
		"fetch under no-referrer":              {"cross-site", "no-cors", "empty", "Origin", "null"},
		"fetch with keepalive":                 {"cross-site", "cors", "empty", "Origin", evil, "Connection", "keep-alive"},
		"fetch of a sister site":               {"same-site", "cors", "empty", "Origin", "https://www.app.example"},
		"fetch of another port":                {"same-site", "cors", "empty", "Origin", "https://app.example:8443"},
		"fetch of http":                        {"cross-site", "cors", "empty", "Origin", "http://app.example"},
		"fetch of a sandboxed frame":           {"cross-site", "cors", "empty", "Origin", "null"},
		"fetch of a data: document":            {"cross-site", "cors", "empty", "Origin", "null"},
		"fetch of a file":                      {"cross-site", "cors", "empty", "Origin", "file://"},
		"fetch of an extension without permit": {"cross-site", "cors", "empty", "Origin", "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba"},
		"fetch of a friend's redirect":         {"cross-site", "cors", "empty", "Origin", "null", "Referer", friend + "/"},
		"fetch of its own page's redirect":     {"cross-site", "cors", "empty", "Origin", "null", "Referer", "https://app.example/"},
		"fetch through a service worker":       {"cross-site", "same-origin", "empty", "Origin", evil},
		"sendBeacon":                           {"cross-site", "no-cors", "empty", "Origin", evil, "Content-Type", "text/plain"},
		"a ping of a link":                     {"cross-site", "no-cors", "empty", "Origin", evil, "Ping-From", evil, "Ping-To", evil},
		"EventSource":                          {"cross-site", "cors", "empty", "Origin", evil, "Accept", "text/event-stream"},
		"WebSocket":                            {"cross-site", "websocket", "websocket", "Origin", evil, "Upgrade", "websocket", "Connection", "Upgrade"},
		"WebSocket of an older Chromium":       {"", "", "", "Origin", evil, "Upgrade", "websocket", "Connection", "Upgrade"},
		"WebTransport":                         {"cross-site", "webtransport", "webtransport", "Origin", evil},
		"prefetch":                             {"cross-site", "no-cors", "empty", "Sec-Purpose", "prefetch"},
		"prefetch of an older Chromium":        {"cross-site", "no-cors", "empty", "Purpose", "prefetch"},
		"prerender":                            {"cross-site", "navigate", "document", "Sec-Purpose", "prefetch;prerender"},
		"prerender of a sister site":           {"same-site", "navigate", "document", "Sec-Purpose", "prefetch;prerender"},
		"preload":                              {"cross-site", "no-cors", "script"},
		"a link":                               {"cross-site", "navigate", "document", "Sec-Fetch-User", "?1"},
		"a link of a sister site":              {"same-site", "navigate", "document", "Sec-Fetch-User", "?1"},
		"a link of a friend":                   {"cross-site", "navigate", "document", "Sec-Fetch-User", "?1", "Referer", friend + "/"},
		"window.open":                          {"cross-site", "navigate", "document"},
		"window.open with noreferrer":          {"cross-site", "navigate", "document", "Referer", ""},
		"location.href, through its own redirect": {"cross-site", "navigate", "document", "Referer", "https://app.example/"},
		"meta refresh":                            {"cross-site", "navigate", "document"},
		"a form":                                  {"cross-site", "navigate", "document", "Origin", evil},
		"a form under no-referrer":                {"cross-site", "navigate", "document", "Origin", "null"},
		"a form of a sister site, no-referrer":    {"same-site", "navigate", "document", "Origin", "null"},
		"a form into a frame":                     {"cross-site", "navigate", "iframe", "Origin", evil},
		"the icon of a page":                      {"cross-site", "no-cors", "image"},
		"the icon of a response of the service":   {"same-origin", "no-cors", "image", "Referer", "https://app.example/token"},
		"an old browser's image":                  {"", "", "", "Referer", evil + "/app.example"},
		"an old browser's image, origin only":     {"", "", "", "Referer", evil},
		"an old browser's image, a data: page":    {"", "", "", "Referer", "about:srcdoc"},
		"an old browser's form":                   {"", "", "", "Origin", evil, "Referer", evil + "/"},
		"an old browser's form under no-referrer": {"", "", "", "Origin", "null"},
		"an old browser's fetch":                  {"", "", "", "Origin", evil},
		"an old browser's sister site":            {"", "", "", "Origin", "https://www.app.example"},
		"an old browser's other port":             {"", "", "", "Origin", "https://app.example:444"},
		"an old browser's trailing dot":           {"", "", "", "Origin", "https://app.example."},
		"an old browser's app, same host":         {"", "", "", "Origin", "capacitor://app.example"},
		"an old browser's app, same host, GET":    {"", "", "", "Referer", "app://app.example/index.html"},
		"user information before its own host":    {"", "", "", "Origin", "https://evil.example@app.example"},
		"user information before a friend":        {"", "", "", "Origin", "https://evil.example@friend.example"},
		"a friend in capitals":                    {"", "", "", "Origin", "https://Friend.example"},
		"a friend with the default port":          {"", "", "", "Origin", friend + ":443"},
		"a friend with a trailing dot":            {"", "", "", "Origin", friend + "."},
		"a friend with a backslash":               {"", "", "", "Origin", friend + `\@evil.example`},
		"a friend with a percent sign":            {"", "", "", "Origin", "https://friend%2eexample"},
		"a friend with a space":                   {"", "", "", "Origin", friend + " "},
		"a friend with a tab before":              {"", "", "", "Origin", "\t" + friend},
		"a friend with a look-alike":              {"", "", "", "Origin", "https://fr\u0456end.example"},
		"a friend with a look-alike, as browsers": {"", "", "", "Origin", "https://xn--frend-n2f.example"},
		"a friend in full width":                  {"", "", "", "Origin", "https://ｆriend.example"},
		"a friend with a soft hyphen":             {"", "", "", "Origin", "https://fri\u00adend.example"},
		"a friend's subdomain":                    {"", "", "", "Origin", "https://x.friend.example"},
		"a friend's suffix":                       {"", "", "", "Origin", "https://notfriend.example"},
		"a friend of another scheme":              {"", "", "", "Origin", "capacitor://friend.example"},
		"a friend's null":                         {"", "", "", "Origin", "null", "Referer", friend + "/"},
		"a friend's Referer beside another page":  {"", "", "", "Origin", evil, "Referer", friend + "/"},
		"a friend's Referer with user info":       {"", "", "", "Referer", "https://friend.example@evil.example/"},
		"methods by a header":                     {"cross-site", "no-cors", "empty", "Origin", evil, "X-HTTP-Method-Override", "DELETE"},
		"hosts by headers":                        {"cross-site", "cors", "empty", "Origin", evil, "X-Forwarded-Host", "evil.example", "Forwarded", `host="evil.example"`},
		"a site in capitals":                      {"Same-Origin", "cors", "empty", "Origin", evil},
		"a site with a parameter":                 {"same-origin;a=b", "cors", "empty", "Origin", evil},
		"two sites in one":                        {"same-origin, cross-site", "cors", "empty", "Origin", evil},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				x.attacked(t, headersOf(headers[0], headers[1], headers[2], headers[3:]...))
			}, tokenservice.WithOrigins(friend), tokenservice.WithHosts("app.example"), tokenservice.WithUserLimit(0, 0))
		})
	}
}

// attacked sends requests of a page that may not, by each method, and reports an error
// unless each costs nothing and ends nothing, and no page can read the response.
func (x *rig) attacked(t *testing.T, headers []string) {
	t.Helper()
	tok := token(t, x.request(t, http.MethodGet, "ann"))
	for range 2 { // the second time as well
		for method, path := range map[string]string{"GET": "/token", "HEAD": "/token", "DELETE": "/token", "POST": "/token/logout"} {
			x.sim.ResetCalls()
			resp := x.send(request(t, method, "https://app.example"+path, "ann", headers...))
			if resp.status != 403 || x.last(t).Outcome != tokenservice.CrossSite || x.last(t).User != "" {
				t.Errorf("%s: %d, %+v", method, resp.status, x.last(t))
			}
			h := resp.header
			if h.Get("Access-Control-Allow-Origin") != "" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s can be read: %v", method, h)
			}
			if n := x.sim.Calls(authtest.AnyOperation); n != 0 {
				t.Errorf("%s costs %d calls", method, n)
			}
		}
	}
	if !x.alive(t, tok) {
		t.Error("the user's token was ended")
	}
}

// Requests that a page of another site cannot cause, and one that it can: a user who
// types its address into the address bar, and is led on by a redirect, sends
// Sec-Fetch-Site: none. That costs one token, within the user's limit. The page does not
// see it, and a redirect cannot sign the user out.
func TestT3_RequestOfTheUser_IsServedButSignsNobodyOut(t *testing.T) {
	for name, headers := range map[string][]string{
		"the address bar":                      headersOf("none", "navigate", "document", "Sec-Fetch-User", "?1"),
		"the address bar, through a redirect":  headersOf("none", "navigate", "document", "Sec-Fetch-User", "?1", "Referer", ""),
		"a bookmark":                           headersOf("none", "navigate", "document"),
		"the address bar's prerender":          headersOf("none", "navigate", "document", "Sec-Purpose", "prefetch;prerender"),
		"an extension with permission":         headersOf("none", "cors", "empty", "Origin", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"),
		"its own script":                       headersOf("same-origin", "cors", "empty", "Referer", "https://app.example/"),
		"its own script in a service worker":   headersOf("same-origin", "same-origin", "empty"),
		"its own link":                         headersOf("same-origin", "navigate", "document", "Sec-Fetch-User", "?1"),
		"its own page, restored from the back": headersOf("same-origin", "cors", "empty", "Cache-Control", "max-age=0"),
		"a program":                            nil,
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				tok := token(t, x.request(t, http.MethodGet, "ann", headers...))
				resp := x.send(request(t, http.MethodGet, address+"/logout", "ann", headers...))
				problem(t, resp, 405)
				if !x.alive(t, tok) || readable(resp, evil) {
					t.Error("a GET of the logout path signed the user out")
				}
			}, tokenservice.WithOrigins(friend), tokenservice.WithHosts("app.example"))
		})
	}
}
