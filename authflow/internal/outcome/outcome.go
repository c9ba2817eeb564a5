// Package outcome decides what an exchange with the server came to. Every
// exchange has exactly one [Class], found by [Of] or [OfError]. Only a success whose
// body is not what the API promises becomes [Unexpected] or [OutcomeUnknown] where
// the body is read. Retry, limiter, lockout and errors read the class and its traits;
// none of them decides by a status again.
package outcome

import "fmt"

// Class is what an exchange came to. The zero Class is OK.
type Class uint8

// The outcome classes.
const (
	// OK: the server did what it was asked.
	OK Class = iota
	// NotSent: the request did not reach the server, because there was no
	// connection, no address or no TLS session.
	NotSent
	// OutcomeUnknown: the request was sent and no complete response came back.
	OutcomeUnknown
	// Rejected: the server looked at the credential and said no.
	Rejected
	// Overloaded: the server, or the proxy before it, cannot work at the moment:
	// 408, 502, 503, 504 or the maintenance page.
	Overloaded
	// RateLimited: the server wants fewer requests (429).
	RateLimited
	// Conflict: a concurrent change of the same thing (409). Nothing was done.
	Conflict
	// Unexpected: a redirect, or a page in place of an API response.
	Unexpected
	// Invalid: the server will not carry out the request, now or later (other 4xx,
	// and 501).
	Invalid
	// Other: any other failure, such as 500.
	Other
)

// traits are the properties of each class. No other place decides on them.
var traits = [...]struct {
	name       string
	retryable  bool // another attempt may succeed
	answered   bool // the server works: it processed the request
	notApplied bool // the server surely did nothing
	suspect    bool // the caller's next request may well fail in the same way
}{
	OK:             {name: "ok", answered: true},
	NotSent:        {name: "notSent", retryable: true, notApplied: true, suspect: true},
	OutcomeUnknown: {name: "outcomeUnknown", retryable: true, suspect: true},
	Rejected:       {name: "rejected", answered: true},
	Overloaded:     {name: "overloaded", retryable: true, suspect: true},
	RateLimited:    {name: "rateLimited", retryable: true, notApplied: true, suspect: true},
	Conflict:       {name: "conflict", retryable: true, answered: true, notApplied: true},
	Unexpected:     {name: "unexpected", suspect: true},
	Invalid:        {name: "invalid", answered: true},
	Other:          {name: "other", retryable: true, suspect: true},
}

// Classes is the number of classes: each Class is below it.
const Classes = len(traits)

// String returns the class as one word, such as "rejected".
func (c Class) String() string {
	if int(c) < len(traits) {
		return traits[c].name
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// ByName returns the class that String calls name, and whether there is one.
func ByName(name string) (Class, bool) {
	for c := range traits {
		if traits[c].name == name {
			return Class(c), true
		}
	}
	return Other, false
}

// Retryable reports whether another attempt may succeed.
func (c Class) Retryable() bool { return traits[c].retryable }

// Answered reports whether the server processed the request, whatever it said:
// evidence that the server works.
func (c Class) Answered() bool { return traits[c].answered }

// NotApplied reports whether the server surely did nothing, so that even a
// request that must not be repeated may be sent again.
func (c Class) NotApplied() bool { return traits[c].notApplied }

// Suspect reports whether the principal's next request may well fail in the
// same way.
func (c Class) Suspect() bool { return traits[c].suspect }
