// Package exchange is one request to the server and its response. It knows the
// server that credentials are for, the meaning of a response, and the cookies of a
// session. It does not know tokens, renewal or retries.
//
// # Use
//
// [ParseServer] returns the [Origin] that credentials are for. A [Sender] sends
// a request to it, one exchange each, and [Sender.Call] does the same for a call
// whose whole response is wanted. [Origin.Judge] decides whether a response means
// that the credential is dead, and [FailureOf] describes a failure without secrets.
// A [Session] is the cookies of a session in use.
//
// # Files
//
//   - origin.go, host.go: the server, and which names are the same host
//   - wrongorigin.go: the error for a request to another server
//   - paths.go: the paths of the server, and their meaning
//   - hop.go: the hops of a redirect, and the headers that they must not carry
//   - send.go, call.go, dialing.go: one exchange below us
//   - transport.go: the default transport
//   - body.go: the body of an error response, read ahead within bounds
//   - page.go, judge.go: pages and redirects in place of an API response
//   - envelope.go, retryafter.go, failure.go: the reason of a failure
//   - session.go, cookies.go, cookieheader.go, clocks.go: session cookies
package exchange
