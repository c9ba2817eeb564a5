package tokenservice

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/rs/cors"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// origins are those whose pages may ask, as browsers write them.
type origins map[string]bool

func parseOrigins(list []string) (origins, error) {
	all := make(origins)
	for _, o := range list {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.ContainsAny(u.Host, "*,") ||
			strings.HasSuffix(u.Host, ":") || strings.ContainsFunc(o, func(c rune) bool { return c > unicode.MaxASCII }) || // browsers send xn--
			!strings.EqualFold(u.Scheme+"://"+u.Host, o) {
			return nil, fmt.Errorf("tokenservice: WithOrigins must hold origins such as https://app.example, not %q: %w", o, authflow.ErrInvalid)
		}
		port := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
		all[strings.TrimSuffix(strings.ToLower(o), port)] = true
	}
	return all, nil
}

// has reports whether pages of an origin may ask. Browsers write origins in
// lower case and without the scheme's own port.
func (o origins) has(origin string) bool { return o[origin] }

// cors answers preflights and lets the pages of these origins read what comes
// from h.
func (o origins) cors(h http.Handler) http.Handler {
	return cors.New(cors.Options{
		AllowOriginFunc:  o.has,
		AllowedMethods:   []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete},
		AllowedHeaders:   []string{"*"}, // by which an application may tell who asks; it is none of the service's
		ExposedHeaders:   []string{"Retry-After"},
		AllowCredentials: true,
		MaxAge:           600,
	}).Handler(h)
}

// foreign returns an error if a request comes, or may come, from a page that may
// not ask (T3). A GET counts as much as a POST: it costs a token. Which origin is
// the service's own is told by the Host header, as in [http.CrossOriginProtection].
func (o origins) foreign(r *http.Request) error {
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Referer"} {
		if len(r.Header.Values(name)) > 1 {
			return fmt.Errorf("it has several %s headers", name)
		}
	}
	origin, site, referer := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Referer")
	dest := r.Header.Get("Sec-Fetch-Dest")
	switch {
	case dest != "" && dest != "empty" && dest != "document":
		// Not by a script, nor by a person: a page elsewhere that leads to the
		// service has the browser ask for an icon, too, as from the same origin.
		return fmt.Errorf("it is to be used as %.200q", dest)
	case o.has(origin):
		return nil
	case origin != "" && !own(origin, r):
		return fmt.Errorf("it comes from a page of %.200q", origin)
	case site == "same-origin", site == "none": // which no page can make up
		return nil
	case site != "":
		return fmt.Errorf("it comes from a page of another origin: Sec-Fetch-Site is %.200q", site)
	case origin == "" && referer != "" && !own(referer, r) && !o.has(originOf(referer)):
		return fmt.Errorf("it comes from a page of %.200q", originOf(referer))
	}
	return nil
}

// own reports whether a URL is of the host that a request is for.
func own(address string, r *http.Request) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// originOf returns the origin of a URL, or "" if it has none.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
