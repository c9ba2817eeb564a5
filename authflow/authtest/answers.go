package authtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// Handle responds with h.
func Handle(h http.HandlerFunc) Fault {
	return func(http.Handler) http.Handler { return h }
}

// Answer responds with a status, a content type and a body. With an empty
// content type net/http guesses one.
func Answer(status int, contentType, body string) Fault {
	return Handle(func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		if status != http.StatusNoContent {
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// Status responds with an error status, in the server's envelope and with the
// code that goes with the status.
func Status(status int) Fault {
	return Reject(status, codeFor(status), fmt.Sprintf("a fault of the test: %d %s", status, http.StatusText(status)))
}

// Reject responds with an error status, in the server's envelope with this code
// and text.
func Reject(status, code int, debug string) Fault {
	return Handle(func(w http.ResponseWriter, r *http.Request) {
		var form ErrorForm
		if x := exchangeOf(r.Context()); x != nil {
			form = x.sim.errorForm()
		}
		writeRefusal(w, form, &refusalError{status, code, debug})
	})
}

// RateLimited responds with 429 and a Retry-After header in whole seconds,
// rounded up. Without the header, as servers also do, it is Status(429).
func RateLimited(retryAfter time.Duration) Fault {
	seconds := int64((retryAfter + time.Second - 1) / time.Second)
	header, status := Header("Retry-After", strconv.FormatInt(seconds, 10)), Status(http.StatusTooManyRequests)
	return func(next http.Handler) http.Handler { return header(status(next)) }
}

// Maintenance responds with the HTML page of a cluster in maintenance. Servers
// send it with any status, 200 included.
func Maintenance(status int) Fault {
	return Answer(status, "text/html; charset=utf-8", page("Site Maintenance",
		"We are performing scheduled maintenance and will be back shortly."))
}

// HTML responds with an HTML page other than the maintenance page, as a proxy does.
func HTML(status int) Fault {
	return Answer(status, "text/html; charset=utf-8", page(
		fmt.Sprintf("%d %s", status, http.StatusText(status)), "The page comes from a proxy."))
}

func page(title, text string) string {
	return fmt.Sprintf("<!DOCTYPE html>\n<html><head><title>%s</title></head>\n<body><h1>%[1]s</h1><p>%s</p></body></html>\n", title, text)
}

// Empty responds with a status and a JSON content type, but no body.
func Empty(status int) Fault { return Answer(status, "application/json", "") }

// Redirect responds with a redirect, as a cluster behind single sign-on does.
func Redirect(status int, location string) Fault {
	return Handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(status)
	})
}

// Header adds a header to the response. Put another fault after it, or none:
//
//	sim.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "a=b; Path=/"))
func Header(name, value string) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add(name, value)
			next.ServeHTTP(w, r)
		})
	}
}

// Truncated lets the call take effect, but cuts the connection in the middle
// of the response's body: the client sees io.ErrUnexpectedEOF. A response without
// a body arrives whole.
func Truncated() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			whole := httptest.NewRecorder()
			next.ServeHTTP(whole, r)
			for name, values := range whole.Header() {
				w.Header()[name] = values
			}
			body := whole.Body.Bytes()
			if len(body) > 0 {
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			}
			w.WriteHeader(whole.Code)
			_, _ = w.Write(body[:len(body)/2])
		})
	}
}

// Reset cuts the connection in place of a response; the call has no effect. The
// client sees an error that is io.EOF. Note that net/http's client repeats a
// GET by itself when a connection that it had used before is cut like this.
func Reset() Fault {
	return Handle(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}
