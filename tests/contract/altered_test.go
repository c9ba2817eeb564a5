package contract_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// alteration is a change of the responses of one operation. A server whose
// release is not the document's could differ in the same way.
type alteration struct {
	method, path string // below /api/rest/2.0/auth/
	status       int
	header       func(http.Header)
	body         func(map[string]any)
	becomes      int // another status
}

// alterations are ten differences between a server and the document.
func alterations() []alteration {
	return []alteration{
		{method: "GET", path: "session/user", status: 200, body: func(b map[string]any) { b["nickname"] = "guest" }},
		{method: "GET", path: "session/user", status: 200, body: func(b map[string]any) { b["preferred_locale"] = 7 }},
		{method: "POST", path: "token/full", status: 200, body: func(b map[string]any) { object(b, "scope")["access_type"] = "SOME" }},
		{method: "POST", path: "token/object", status: 200, body: func(b map[string]any) { b["valid_for_user_id"] = 7 }},
		{method: "POST", path: "token/custom", status: 200, body: func(b map[string]any) { delete(object(b, "user"), "id") }},
		{method: "POST", path: "token/validate", status: 200, body: func(b map[string]any) { object(b, "scope")["level"] = "HIGH" }},
		{method: "POST", path: "session/login", status: 204, header: func(h http.Header) {
			for i, cookie := range h["Set-Cookie"] {
				h["Set-Cookie"][i] = strings.Replace(cookie, "; Secure", "", 1)
			}
		}},
		{method: "POST", path: "session/logout", status: 204, becomes: 200},
		{method: "POST", path: "token/validate", status: 400, becomes: 422},
		{method: "POST", path: "token/full", status: 400, body: func(b map[string]any) { delete(object(b, "error", "message"), "trace_id_guid") }},
	}
}

// object returns an object of a body, or an empty one.
func object(body map[string]any, path ...string) map[string]any {
	for _, name := range path {
		inner, ok := body[name].(map[string]any)
		if !ok {
			return map[string]any{}
		}
		body = inner
	}
	return body
}

// apply changes a response that the alteration is for.
func (a alteration) apply(resp *http.Response) error {
	if resp.Request.Method != a.method || resp.Request.URL.Path != "/api/rest/2.0/auth/"+a.path || resp.StatusCode != a.status {
		return nil
	}
	if a.header != nil {
		a.header(resp.Header)
	}
	if a.becomes != 0 {
		resp.StatusCode = a.becomes
	}
	if a.body == nil {
		return nil
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var body map[string]any
	if err := decode(text, &body); err != nil {
		return err
	}
	a.body(body)
	if text, err = json.Marshal(body); err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	resp.ContentLength = int64(len(text))
	resp.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return nil
}

// altering starts a server that passes requests on to another one and alters
// the responses. It returns its URL and a PEM file of its certificate.
func altering(t *testing.T, upstream string, all []alteration) (address, certificate string) {
	t.Helper()
	target, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		// The simulator has made its certificate for itself, and is a child of
		// this process on a loopback address.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}, //nolint:gosec // see above
		ModifyResponse: func(resp *http.Response) error {
			for _, a := range all {
				if err := a.apply(resp); err != nil {
					return err
				}
			}
			return nil
		},
	}
	server := httptest.NewTLSServer(proxy)
	t.Cleanup(server.Close)
	certificate = filepath.Join(t.TempDir(), "proxy.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(certificate, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, certificate
}
