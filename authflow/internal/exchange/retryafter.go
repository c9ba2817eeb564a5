package exchange

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter is the longest Retry-After that is returned, in seconds: a day.
const maxRetryAfter = 24 * 60 * 60

// retryAfter returns how long the server asked to wait: the header Retry-After in
// either of its forms, seconds or a date, or 0. A date is counted from the
// Date of the response, because both are of the same clock.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	n, err := strconv.ParseInt(v, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(0, n), maxRetryAfter)) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(0, at.Sub(now)), maxRetryAfter*time.Second)
}
