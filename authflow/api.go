package authflow

import (
	"io"
	"net/http"
	"strings"
)

// apiDoer sends the calls of API: as auth calls are sent, but with the answer
// left to the typed client.
type apiDoer struct{ f *Flow }

// Do implements gen.HttpRequestDoer.
func (d apiDoer) Do(req *http.Request) (*http.Response, error) {
	d.f.identify(req)
	out := &outgoing{req: req}
	resp, err := d.f.noRedirects(transport{d.f, out}).Do(req)
	if err != nil {
		return nil, err
	}
	limited := http.MaxBytesReader(nil, resp.Body, maxAnswer)
	if resp.StatusCode/100 != 3 && !strings.EqualFold(mediaType(resp.Header), "text/html") {
		resp.Body = limited
		return resp, nil
	}
	body, _ := io.ReadAll(limited) // what of it came says enough
	_ = resp.Body.Close()
	return nil, failure(req.Method+" "+req.URL.Path, resp, body, out.redactor())
}

// apiServer adds the slash that a generated client expects.
func apiServer(server string) string { return strings.TrimSuffix(server, "/") + "/" }
