// Package authflow authenticates clients of the ThoughtSpot REST API v2.0: it
// acquires bearer tokens and cookie sessions, adds them to requests, renews
// them before they end, and sends a request again that met one that had ended.
//
// # Use
//
// A [Flow] is one principal's way in to one server. Make it once, share it
// between goroutines, and give it to any client that oapi-codegen generated,
// for the whole of the API or for a part:
//
//	flow, err := authflow.FullAccess("https://acme.thoughtspot.cloud", gen.GetFullAccessTokenRequest{
//		Username:  "tsUserA",
//		SecretKey: gen.Secret(os.Getenv("THOUGHTSPOT_SECRET_KEY")),
//	})
//	client, err := tsapi.NewClientWithResponses(flow.Server(), tsapi.WithHTTPClient(flow))
//
// The constructor checks its arguments and sends nothing. The first request
// acquires the token, later ones find it there.
//
// There are four ways to use a Flow, from the most to the least that it does
// for you:
//
//   - [Flow.Do] (the Flow itself, as a client's HttpRequestDoer) and
//     [Flow.HTTPClient], for code that wants an *http.Client: inject, capture,
//     renew, replay, and keep credentials off redirects to elsewhere.
//   - [Flow.API], the typed client of the authentication endpoints.
//   - [Flow.Edit], a RequestEditorFn for a client with an http.Client of your
//     own: inject and renew. It never sees the answer.
//   - [Flow.Token], for whatever else needs the token, such as a browser that
//     embeds ThoughtSpot.
//
// Give a client one of the first three, not two: a header that Edit has set is
// taken for the caller's own by Do, once another token has taken its place.
//
// # Choosing a flow
//
//   - [FullAccess]: a service account, or a user of yours on whose behalf a
//     back end works, with all the rights of that user.
//   - [ObjectAccess]: a viewer of one Liveboard or Answer, read-only.
//   - [CustomAccess]: a user with filter rules, parameters and groups that you
//     decide (from 10.4.0.cl).
//   - [Login]: a user with a password, where a session is wanted.
//   - [LoginWithToken]: a session for the user of a token.
//   - [SessionToken]: a token for the user of a session.
//   - [TokenFunc]: tokens that something else mints.
//
// The first three take a password, or a secret key for any user, including one
// who does not exist yet (just-in-time provisioning). With multi-factor
// authentication on, passwords do not work and the secret key does.
//
// One Flow is for one principal. A back end keeps one for each of its users; an
// idle Flow is well below 1 KiB beside its token, and holds no goroutine, timer
// or connection. Let them share an http.Client with [WithHTTPClient].
//
// # The life of a lease
//
// What a Flow holds is a lease: a token, or a session in its cookies. Its
// lifetime is what the server states, expiration minus creation, counted from
// the local moment at which it was asked for, so that a clock that is wrong on
// either side changes nothing. Both the monotonic and the wall clock are
// watched and the one that ran further counts, so that a machine that slept
// does not wake with a dead token.
//
//	0              75–80 %                100 %
//	|--- fresh ----|------- due ----------|--- dead --->
//	               the next request       the next request
//	               starts the renewal;    waits for the renewal,
//	               nobody waits for it    with all the others
//
// Renewal starts with the first request after the due point, which is spread
// at random so that many processes do not renew together. A Flow that nobody
// uses renews nothing. If the renewal in the background fails, nobody is told
// until the lease is dead; it is tried again after a pause.
//
// A session without RememberMe has no end but that of idleness, three hours;
// each use puts it off, and a request that finds it idle for longer logs in
// first. A session with RememberMe lives for seven days and is renewed as a
// token is.
//
// # Who waits, and for what
//
// Callers who find no live lease join one flight, the only acquisition under
// way. Each waits under its own context: one that gives up takes nobody with
// it, and the flight goes on for the rest, bounded by [RenewalPolicy].Timeout.
//
// Within a flight, network errors and 429, 500, 502, 503, 504 are tried again,
// three calls in all, after a jittered pause that doubles from 200 ms, or
// after Retry-After. What failed is remembered: after a failed flight nobody
// starts another for 1 s, then 2 s, 4 s, and so on, Renew included. For a
// server that is down the pause grows to 10 s, which bounds the calls to it by
// 30 in the first minute and 18 in each later one; callers in the pause get the
// error at once.
// For credentials that were refused (400, 401, 403) it grows to a minute, at
// most 7 calls in the first minute, so that a wrong password under load cannot
// lock the account. The first success ends the pause.
//
// # When a request meets a dead credential
//
// The server may end a credential early: a revoked token, a restarted cluster.
// When a request that carried the lease is answered 401, Do ends that lease,
// unless another has taken its place, waits for the next as above, and sends
// the request once more. A request whose body cannot be had again gets its
// 401, and the next request renews. A second 401, and any 403, goes to the
// caller. A thousand requests that meet the same dead token cost one renewal.
// When even the new credential is refused, it is kept for a second all the
// same, so that a path that answers 401 to everybody does not cost a renewal
// for each request.
//
// An Authorization header that the caller set wins, and the answer to it is
// the caller's.
//
// # What failures look like
//
// Every error of this package is or wraps an [*Error], with the operation, the
// HTTP status, the server's code and text and its incident and trace ids. What
// it is about is found with errors.Is:
//
//   - [ErrInvalid]: an argument was refused before the network; Field names it.
//   - [ErrCredentialsRejected]: the password, key or token is wrong.
//   - [ErrForbidden]: the account is locked, trusted authentication is off, and
//     the like.
//   - [ErrRateLimited]: too many requests; see RetryAfter.
//   - [ErrMaintenance]: the cluster shows its maintenance page.
//   - [ErrUnexpectedRedirect]: an auth call was redirected, as by single sign-on.
//   - [ErrWrongOrigin]: the request is not for the Flow's server.
//   - [ErrClosed]: after Close or Logout.
//
// # Safety
//
// Credentials go to the scheme, host and port of the Flow's server and nowhere
// else; plain http is refused but for loopback addresses. Auth calls never
// follow a redirect. With Do, what a redirect to elsewhere leads to gets no
// credential and no body. Passwords, keys and tokens are of type gen.Secret, which
// prints redacted, and no error, log record or event holds one; where a server
// repeats a secret in an error, it is replaced.
//
// # Reading the code
//
// In the order in which a request meets them: flow.go, origin.go, transport.go
// and attach.go; the renewal engine in lease.go, renew.go and pause.go; the ways in,
// token.go, bearer.go, session.go, credential.go and check.go; one call to the
// server, call.go, envelope.go, redact.go and errors.go; the end, logout.go.
// What can be set and seen from outside: options.go, observe.go and api.go.
package authflow
