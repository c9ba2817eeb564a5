package tokenservice_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

const friend = "https://friend.example"

// The pages from which the browser of a signed-in user may fetch tokens. The service
// is on https://app.example, and its friend is named.
func TestT3_PageOfAnotherSite_NeitherReadsNorCausesAToken(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		served  bool
	}{
		"a program":                           {nil, true},
		"its own page":                        {[]string{"Sec-Fetch-Site", "same-origin"}, true},
		"its own page, with Origin":           {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "https://app.example"}, true},
		"the address bar":                     {[]string{"Sec-Fetch-Site", "none"}, true},
		"an old browser's own page":           {[]string{"Origin", "https://app.example"}, true},
		"an old browser's own page, GET":      {[]string{"Referer", "https://app.example/page?a=b"}, true},
		"an empty Referer":                    {[]string{"Referer", ""}, true},
		"a friend":                            {[]string{"Sec-Fetch-Site", "cross-site", "Origin", friend}, true},
		"a friend of the same site":           {[]string{"Sec-Fetch-Site", "same-site", "Origin", friend}, true},
		"an old browser's friend":             {[]string{"Origin", friend}, true},
		"an old browser's friend, GET":        {[]string{"Referer", friend + "/page"}, true},
		"its own page's script":               {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty"}, true},
		"the address bar, for a document":     {[]string{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "document"}, true},
		"the icon of where a page leads to":   {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "image"}, false},
		"a frame of its own":                  {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "iframe"}, false},
		"a friend's image":                    {[]string{"Sec-Fetch-Site", "cross-site", "Origin", friend, "Sec-Fetch-Dest", "image"}, false},
		"another site":                        {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		"an image or script of another site":  {[]string{"Sec-Fetch-Site", "cross-site"}, false},
		"the same, with a Referer":            {[]string{"Sec-Fetch-Site", "cross-site", "Referer", friend + "/"}, false},
		"a link or form on a sister site":     {[]string{"Sec-Fetch-Site", "same-site"}, false},
		"a sister site":                       {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://www.app.example"}, false},
		"http of its own host":                {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "http://app.example"}, false},
		"a sandboxed frame":                   {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, false},
		"a form under no-referrer":            {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null", "Sec-Fetch-Dest", "document"}, true},
		"its own script under no-referrer":    {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null", "Sec-Fetch-Dest", "empty"}, true},
		"the address bar, with Origin null":   {[]string{"Sec-Fetch-Site", "none", "Origin", "null"}, true},
		"a form of a sister site":             {[]string{"Sec-Fetch-Site", "same-site", "Origin", "null", "Sec-Fetch-Dest", "document"}, false},
		"a form of another site":              {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null", "Sec-Fetch-Dest", "document"}, false},
		"a form of a friend":                  {[]string{"Sec-Fetch-Site", "cross-site", "Origin", friend, "Sec-Fetch-Dest", "document"}, true},
		"a friend, behind a proxy":            {[]string{"Sec-Fetch-Site", "cross-site", "Origin", friend, "X-Forwarded-Host", "backend:8080"}, true},
		"an old browser's sandbox":            {[]string{"Origin", "null"}, false},
		"an old browser on another site":      {[]string{"Origin", "https://evil.example"}, false},
		"an old browser on another site, GET": {[]string{"Referer", "https://evil.example/app.example"}, false},
		"the same, another port":              {[]string{"Referer", "https://app.example:8443/"}, false},
		"a Referer that is not an address":    {[]string{"Referer", "about:blank"}, false},
		"a Referer that cannot be read":       {[]string{"Referer", "https://%zz/"}, false},
		"another port":                        {[]string{"Origin", "https://app.example:8443"}, false},
		"a name that begins like a friend":    {[]string{"Origin", friend + ".evil.example"}, false},
		"a name that ends like its own":       {[]string{"Origin", "https://evilapp.example"}, false},
		"a friend as user information":        {[]string{"Origin", "https://friend.example@evil.example"}, false},
		"a friend over http":                  {[]string{"Origin", "http://friend.example"}, false},
		"a friend at another port":            {[]string{"Origin", friend + ":444"}, false},
		"a friend with a path":                {[]string{"Origin", friend + "/"}, false},
		"a friend in capitals":                {[]string{"Origin", "HTTPS://FRIEND.EXAMPLE"}, false},
		"everybody":                           {[]string{"Origin", "*"}, false},
		"two origins":                         {[]string{"Origin", friend, "Origin", "https://evil.example"}, false},
		"two origins, the other way":          {[]string{"Origin", "https://evil.example", "Origin", friend}, false},
		"two origins in one":                  {[]string{"Origin", friend + ", https://evil.example"}, false},
		"two equal origins":                   {[]string{"Origin", friend, "Origin", friend}, false},
		"two Referers":                        {[]string{"Referer", friend + "/", "Referer", "https://evil.example/"}, false},
		"two Referers, the other way":         {[]string{"Referer", "https://evil.example/", "Referer", friend + "/"}, false},
		"two Referers of its own":             {[]string{"Sec-Fetch-Site", "same-origin", "Referer", "https://app.example/", "Referer", "https://app.example/"}, false},
		"two uses":                            {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Dest", "image"}, false},
		"two uses, the other way":             {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "image", "Sec-Fetch-Dest", "empty"}, false},
		"two sites, the other way":            {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Site", "same-origin"}, false},
		"two sites of a friend":               {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Site", "same-origin", "Origin", friend}, false},
		"two sites":                           {[]string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "cross-site"}, false},
		"an unknown word for the site":        {[]string{"Sec-Fetch-Site", "same-planet"}, false},
		"an unknown word, its own page":       {[]string{"Sec-Fetch-Site", "same-planet", "Origin", "https://app.example"}, false},
		"a very long origin":                  {[]string{"Origin", "https://" + strings.Repeat("a", 100_000)}, false},
		"bytes":                               {[]string{"Origin", "https://app.example\xff"}, false},
		"another host by a proxy's header":    {[]string{"Origin", "https://evil.example", "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
					url, good := address, 200
					switch method {
					case http.MethodPost:
						url, good = address+"/logout", 204
					case http.MethodDelete:
						good = 204
					}
					x.sim.ResetCalls()
					resp := x.send(request(t, method, url, "ann", c.headers...))
					if c.served != (resp.status == good) || !c.served && resp.status != 403 {
						t.Errorf("%s: %d", method, resp.status)
					}
					if !c.served && (x.sim.Calls(authtest.AnyOperation) != 0 || x.last(t).Outcome != tokenservice.CrossSite) {
						t.Errorf("%s: %d calls, %v", method, x.sim.Calls(authtest.AnyOperation), x.last(t).Outcome)
					}
				}
			}, tokenservice.WithOrigins(friend))
		})
	}
}

// CORS lets the pages of named origins read responses, and no others.
func TestT3_NamedOrigin_AloneReadsTheResponse(t *testing.T) {
	for name, c := range map[string]struct {
		origin string
		named  []string
		may    bool
	}{
		"a friend":                     {friend, []string{friend}, true},
		"one of two":                   {friend, []string{"https://other.example", friend}, true},
		"a friend named in capitals":   {friend, []string{"HTTPS://Friend.Example"}, true},
		"a friend named with its port": {friend, []string{friend + ":443"}, true},
		"a friend at a port":           {"http://localhost:3000", []string{"http://localhost:3000"}, true},
		"another":                      {"https://evil.example", []string{friend}, false},
		"another, where none is named": {"https://evil.example", nil, false},
		"a sandbox":                    {"null", []string{friend}, false},
		"its own, without CORS":        {"https://app.example", []string{friend}, false},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				allowed := func(resp got) bool {
					h := resp.header
					origin, credentials := h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials")
					if origin == "*" || (origin == "") != (credentials == "") || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Origin") {
						t.Errorf("%v", h)
					}
					return origin == c.origin && credentials == "true"
				}
				preflight := x.request(t, http.MethodOptions, "", "Origin", c.origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization")
				if allowed(preflight) != c.may || preflight.status != 204 || preflight.body != "" {
					t.Errorf("preflight: %d %v", preflight.status, preflight.header)
				}
				for _, user := range []string{"ann", ""} { // the page has to see the status of errors too
					if resp := x.request(t, http.MethodGet, user, "Origin", c.origin); allowed(resp) != c.may {
						t.Errorf("%q: %d %v", user, resp.status, resp.header)
					}
				}
				if put := x.request(t, http.MethodOptions, "", "Origin", c.origin, "Access-Control-Request-Method", "PUT"); put.header.Get("Access-Control-Allow-Methods") != "" {
					t.Errorf("PUT: %v", put.header)
				}
			}, tokenservice.WithOrigins(c.named...))
		})
	}
}
