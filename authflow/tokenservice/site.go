package tokenservice

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/rs/cors"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// sites decides which pages may request tokens (T3), and which of them may read the
// responses.
type sites struct {
	origins    map[string]bool                  // see WithOrigins
	originFunc func(*http.Request, string) bool // see WithOriginFunc; or nil
	hosts      hosts
	logger     *slog.Logger // or nil

	readable, unreadable *cors.Cors // the headers for a page that may read, and for others
}

// newSites returns an error that names the option if an origin or a host is not one.
func newSites(o *settings) (*sites, error) {
	s := &sites{
		origins: make(map[string]bool), originFunc: o.originFunc, hosts: make(hosts), logger: o.logger,
		readable: newCORS(true), unreadable: newCORS(false),
	}
	for _, text := range o.origins {
		origin, ok := parseOrigin(text)
		if !ok {
			return nil, fmt.Errorf("tokenservice: WithOrigins must hold origins such as https://app.example, not %q: %w", text, authflow.ErrInvalid)
		}
		s.origins[origin] = true
	}
	for _, text := range o.hosts {
		host, ok := parseHost(text)
		if !ok {
			return nil, fmt.Errorf("tokenservice: WithHosts must hold hosts such as app.example or localhost:8080, not %q: %w", text, authflow.ErrInvalid)
		}
		s.hosts[host] = true
	}
	return s, nil
}

// newCORS returns the part of CORS that is the same for all requests of pages that
// may read the response, or that may not.
func newCORS(mayRead bool) *cors.Cors {
	return cors.New(cors.Options{
		AllowOriginFunc:  func(string) bool { return mayRead },
		AllowedMethods:   []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete},
		AllowedHeaders:   []string{"*"},                   // the service reads none of them; authenticate may
		ExposedHeaders:   []string{"Retry-After", "Vary"}, // service workers look at Vary, see secure
		AllowCredentials: true,
		MaxAge:           600, // seconds
	})
}

// handler responds to preflights, and calls next for other requests. next gets the
// reason why the request must be rejected, or nil.
func (s *sites) handler(next func(w http.ResponseWriter, r *http.Request, crossSite error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := s.source(r)
		if err == nil {
			err = from.check(r)
		}
		headers := s.unreadable
		if from.isNamed {
			headers = s.readable
		}
		headers.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next(w, r, err)
		})).ServeHTTP(w, r)
	})
}

// sameOrigin is the value of Sec-Fetch-Site for pages of the same origin as the service.
const sameOrigin = "same-origin"

// source is the page that sent a request, by the headers that the browser writes and
// that a page cannot change.
type source struct {
	site, dest string // Sec-Fetch-Site and Sec-Fetch-Dest
	origin     string // of the page; "" if it is not known
	isUnknown  bool   // no header names a page: the client is a program
	isNamed    bool   // the application allows the origin
	failure    error  // a panic of WithOriginFunc, as an error
}

// source returns an error if the headers contradict each other, or if the request is
// for another host. CORS lets no page read such a response.
func (s *sites) source(r *http.Request) (source, error) {
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Referer"} {
		if len(r.Header.Values(name)) > 1 {
			return source{}, fmt.Errorf("the request has several %s headers", name)
		}
	}
	if !s.hosts.allow(r.Host) {
		return source{}, fmt.Errorf("the request is for the host %.200q, which WithHosts does not name", r.Host)
	}
	referer := r.Header.Get("Referer")
	from := source{site: r.Header.Get("Sec-Fetch-Site"), dest: r.Header.Get("Sec-Fetch-Dest"), origin: r.Header.Get("Origin")}
	if from.site == "" && from.origin == "" {
		from.origin, from.isUnknown = originOf(referer), referer == ""
	}
	from.isNamed, from.failure = s.names(r, from.origin)
	return from, nil
}

// check returns an error if a request comes, or may come, from a page that may not
// have tokens. A GET counts as much as a POST: it costs a token.
//
// A browser knows better than the service which pages are of the same origin: it is
// not misled by a proxy that changes the Host header, or by a form under
// "Referrer-Policy: no-referrer", whose Origin is null. So its
// Sec-Fetch-Site counts first. Only browsers from before 2023, and all over plain HTTP,
// send no Sec-Fetch-Site; for them Origin and Referer are compared with the Host header, as
// [http.CrossOriginProtection] does.
func (f *source) check(r *http.Request) error {
	switch {
	case !f.isForScript() && f.dest != "document":
		// An image, a frame and so on. When a page of another site leads to
		// the service, the browser loads the service's icon, as from the same origin.
		return fmt.Errorf("the response is for use as %.200q", f.dest)
	case f.site == sameOrigin, f.site == "none", f.isNamed:
		return nil
	case f.site == "" && (f.isUnknown || isOwn(f.origin, r)):
		return nil
	case f.failure != nil:
		return fmt.Errorf("the request comes from a page of %.200q: %w", f.origin, f.failure)
	}
	return fmt.Errorf("the request comes from a page of another origin, %.200q (Sec-Fetch-Site: %.200q)", f.origin, f.site)
}

// isForScript reports whether a script gets the response, or may get it.
func (f *source) isForScript() bool { return f.dest == "" || f.dest == "empty" }

// names reports whether the application allows an origin. A panic of the
// application's function is logged and returned; it allows nothing.
func (s *sites) names(r *http.Request, origin string) (isNamed bool, failure error) {
	if s.origins[origin] {
		return true, nil
	}
	canonical, ok := parseOrigin(origin)
	isWritten := ok && canonical == origin // as a browser writes it; "null" is not
	isOwn := r.Header.Get("Sec-Fetch-Site") == sameOrigin
	if !isWritten || isOwn || s.originFunc == nil {
		return false, nil
	}
	err := renewal.Guard(func() error {
		isNamed = s.originFunc(r, origin)
		return nil
	})
	if err == nil {
		return isNamed, nil
	}
	if s.logger != nil { // a preflight has no event
		s.logger.ErrorContext(r.Context(), "tokenservice: WithOriginFunc panicked", slog.String("origin", origin), slog.String("error", err.Error()))
	}
	return false, fmt.Errorf("WithOriginFunc: %w", err)
}

// isOwn reports whether an origin has the host that a request is for.
func isOwn(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	if err != nil || u.User != nil {
		return false
	}
	isWeb := u.Scheme == "https" || u.Scheme == "http"
	return isWeb && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
