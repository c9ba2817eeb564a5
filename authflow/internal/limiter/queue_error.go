package limiter

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// ErrUnwanted is the error of a request without a waiting caller when its turn came.
var ErrUnwanted = errors.New("no caller waits for this request any more")

// QueueError says why a request left the queue without its turn.
type QueueError struct {
	// Failure is the latest failure of the principal itself if it is a suspect, or
	// of the outage; nil if neither is known. A failure of another principal is
	// reduced to what is true for everybody.
	Failure *outcome.Failure
	// RetryAfter is how long to wait before trying again, always above zero.
	RetryAfter time.Duration
	// Behind is how many requests that arrived before still waited.
	Behind int
	// Err is the cause of the context that ended; nil if the limiter ended the wait.
	Err error
}

// Error implements error.
func (e *QueueError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("not sent, because %s; %s", describe(e.Failure), e.position())
	}
	text := "gave up in the rate-limit queue, " + e.position()
	if e.Failure != nil {
		text += ", after " + describe(e.Failure)
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns the cause of the context that ended, and the error of a failure
// without a response.
func (e *QueueError) Unwrap() []error {
	var causes []error
	if e.Err != nil {
		causes = append(causes, e.Err)
	}
	if e.Failure != nil && e.Failure.Err != nil {
		causes = append(causes, e.Failure.Err)
	}
	return causes
}

func (e *QueueError) position() string {
	switch e.Behind {
	case 0:
		return "at its head"
	case 1:
		return "behind 1 other request"
	}
	return fmt.Sprintf("behind %d other requests", e.Behind)
}

// describe says what the latest call came to.
func describe(f *outcome.Failure) string {
	if f == nil {
		return "the last call failed"
	}
	if f.Status > 0 {
		return fmt.Sprintf("the last call failed with status %d (%v)", f.Status, f.Class)
	}
	return fmt.Sprintf("the last call failed without a response (%v)", f.Class)
}

// queueError is the error of a principal whose request leaves the queue now.
func (l *Limiter) queueError(p *principal, behind int, now time.Time) *QueueError {
	next := l.budget.has(1, now).Sub(now)
	e := &QueueError{Behind: behind, RetryAfter: max(time.Second, next, p.held(now))}
	switch {
	case p.isFailing(now):
		e.Failure = p.failure
	case !l.outage.isKnown(now):
	case l.outage.whose == p.name:
		e.Failure = l.outage.failure
	default:
		e.Failure = forOthers(l.outage.failure)
	}
	return e
}

// forOthers returns the part of a failure that another principal may see. It leaves
// out the texts and numbers of the response, which may name its user, and the error,
// except one about the connection.
func forOthers(f *outcome.Failure) *outcome.Failure {
	reduced := &outcome.Failure{
		Class: f.Class, Status: f.Status, RetryAfter: f.RetryAfter, Page: f.Page, Foreign: f.Foreign, Permanent: f.Permanent,
	}
	var connection *net.OpError
	var lookup *net.DNSError
	switch {
	case errors.As(f.Err, &lookup):
		reduced.Err = lookup
	case errors.As(f.Err, &connection):
		reduced.Err = connection
	}
	return reduced
}
