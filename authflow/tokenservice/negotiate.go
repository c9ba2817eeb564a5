package tokenservice

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The forms in which a token comes.
const (
	textType = "text/plain; charset=utf-8"
	jsonType = "application/json"
)

// form returns that in which a token is wanted: JSON, if the Accept header
// prefers it to text, and otherwise text, which is what the SDK takes from an
// authEndpoint without asking for it.
func form(h http.Header) string {
	accept := strings.Join(h.Values("Accept"), ",")
	if quality(accept, "application", "json") > quality(accept, "text", "plain") {
		return jsonType
	}
	return textType
}

// quality returns how much a media type is wanted, from 0 to 1, by the range that
// fits it best (RFC 9110, section 12.5.1). Ranges that cannot be read are left
// out.
func quality(accept, kind, subtype string) float64 {
	best, q := 0, 0.0
	for item := range strings.SplitSeq(accept, ",") {
		t, params, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		fits := 0
		switch t {
		case kind + "/" + subtype:
			fits = 3
		case kind + "/*":
			fits = 2
		case "*/*":
			fits = 1
		}
		if fits <= best {
			continue
		}
		weight := 1.0
		if text, ok := params["q"]; ok {
			if weight, err = strconv.ParseFloat(text, 64); err != nil || !(weight >= 0 && weight <= 1) {
				continue
			}
		}
		best, q = fits, weight
	}
	return q
}
