// Package exchange is one request to the server and its response. It knows
// which server credentials are for, what a response says, and which cookies make
// up a session. It knows nothing of tokens, renewal or retries.
//
// # Use
//
// [ParseServer] returns the [Origin] that credentials are for. A [Sender] sends
// a request to it, one exchange each, and [Sender.Call] does the same for a call
// whose whole response is wanted. [Judge] decides what becomes of a response that
// may mean that the credential is dead, and [FailureOf] and [FailureOfError] say
// what went wrong, as an [outcome.Failure] without secrets. A [Session] is the
// cookies of a session in use.
//
// # Files
//
//   - origin.go, host.go: the server, and which names are the same host
//   - paths.go: what the paths of the server mean
//   - hop.go: the hops of a redirect, and what another host must not see
//   - send.go, call.go, dialing.go: one exchange below us
//   - transport.go: the default transport
//   - body.go: the body of an error response, read ahead within bounds
//   - page.go, redirect.go: pages and redirects in place of an API response
//   - envelope.go, retryafter.go, failure.go: what a failed response says
//   - session.go, cookies.go, cookieheader.go: session cookies
package exchange
