package lockout

import "github.com/go-thoughtspot/tsauth/authflow/internal/outcome"

// verdict is the evidence of an exchange about the secret that it carried.
type verdict uint8

const (
	noVerdict verdict = iota // the server did not look at the secret
	accepted
	rejected
	unanswered // the server may have rejected it
	hidden     // a gateway responded, after the server had rejected it before
)

// verdictOf returns the evidence of an exchange about its password; f is nil for a
// success.
func verdictOf(f *outcome.Failure) verdict {
	if f == nil {
		return accepted
	}
	switch f.Class {
	case outcome.OK, outcome.Conflict:
		return accepted
	case outcome.Rejected:
		return rejected
	case outcome.NotSent, outcome.Overloaded, outcome.RateLimited:
		return noVerdict
	}
	return unanswered
}

// mayHideRejection reports whether a gateway may have answered in place of a server
// that rejected the password. Such a call counts if the server rejected the password
// before, and has not accepted it since.
func mayHideRejection(f *outcome.Failure) bool {
	return verdictOf(f) == noVerdict && f.Class != outcome.NotSent
}
