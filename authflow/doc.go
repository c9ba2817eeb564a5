// Package authflow authenticates clients of the ThoughtSpot REST API v2.0. It
// acquires bearer tokens and cookie sessions, adds them to requests, renews them
// before they expire, and repeats a request whose credential the server
// rejected.
//
//	cluster, err := authflow.New("https://acme.thoughtspot.cloud", authflow.WithSecretKey(key))
//	ann, err := cluster.CustomAccess(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace})
//	client, err := tsapi.NewClientWithResponses(cluster.URL(), tsapi.WithHTTPClient(ann))
//
// A [Cluster] is one ThoughtSpot server with everything that requests to it share. A
// [Flow] authenticates one user. Make one Cluster for each server and one Flow
// for each user, once, and share them between goroutines. Neither sends anything
// before it is used.
//
// # Choosing a method
//
//   - [Cluster.FullAccess]: a service account, or a user on whose behalf a back
//     end works, with all rights of that user.
//   - [Cluster.ObjectAccess]: a viewer of one Liveboard or Answer, read-only.
//   - [Cluster.CustomAccess]: a user with rules that you decide (from 10.4.0.cl).
//   - [Cluster.Session]: a user with a password, where a session is wanted.
//   - [Flow.Session]: a session for the user of a token.
//   - [Flow.SessionToken]: a token for the user of a session.
//   - [Cluster.TokensFrom]: tokens that another program mints.
//
// Tokens are requested with the secret key, which works for every user, new ones
// included, or with the user's password. With multi-factor authentication on,
// passwords do not work.
//
// # Using a Flow
//
//   - [Flow.Do] (the Flow itself, as a client's HttpRequestDoer),
//     [Flow.HTTPClient] and [Flow.Transport] add the credential, capture cookies,
//     renew, repeat a rejected request, and keep credentials away from other hosts
//     when a redirect leads there.
//   - [Flow.Edit], a RequestEditorFn for a client with an http.Client of your own,
//     adds the credential and renews it. It never sees the response.
//   - [Flow.Token] returns the token for other uses, such as a browser.
//   - [Flow.API] is the typed client of the authentication endpoints.
//
// # When a credential is renewed
//
//	0              75–80 %              expiry
//	|--- fresh ----|------- due ---------|--- expired --->
//	               the next request      the next request
//	               starts the renewal;   waits for the renewal,
//	               no request waits      with all the others
//
// The server states the lifetime. It counts from the local moment of the call, so
// a wrong clock changes nothing. The last 5 s of it, or the last 5 % if that is
// less, are used only if the renewal fails. A Flow that is not used renews nothing.
// Callers without a live credential share one acquisition, and each waits under its
// own context. The acquisition has Policy.Timeout and Policy.MaxAttempts, keeps the
// values of the context that began it, such as a trace, and goes on when that
// context ends.
//
// Calls for credentials go through one queue, see [WithRateLimit]. Users take
// turns in it, so a user with a thousand requests delays another user by one.
// Time in the queue does not count against Policy.Timeout.
//
// # What happens when
//
//   - A renewal ahead of expiry fails: no caller notices. It is tried again after
//     a back-off of up to 8 s.
//   - Calls for one user fail: that user's next calls wait for a back-off, and no
//     other user waits or fails because of it.
//   - The server is down, in maintenance, or responds with 429: after 20 calls
//     without any success, 1.5 calls a second are sent, and after 12 s one in 2.5 s.
//     Callers that wait learn of it within Policy.Timeout of the first failure.
//     Callers that arrive after that time wait at most 2 s for their turn, or twice
//     as long as the latest response took if that is more. RetryAfter says when to
//     retry. Live credentials stay in use.
//   - A password is rejected, with any status: it is sent again after 1 minute and
//     after 10 minutes, and at most 3 times in an hour, by all flows together. A
//     lost response counts as a rejection, unless the password was accepted in the
//     last 24 hours. A changed password is sent at once, up to 4 rejected
//     passwords of a user in an hour. With [WithStore] this
//     holds for all processes that share the Store; without one, for each process.
//     There is one exception: a password that is changed on the server while a crowd
//     of flows logs in with it is rejected for all calls in flight.
//   - A secret key was rejected three times in a row, for three users if it worked
//     before: one more caller each second is let through until a call succeeds, and
//     the others are told within Policy.Timeout.
//   - A request gets a 401, or leads to a login page: the credential is renewed
//     once for all requests, and the request is repeated if its body can be read
//     again and its effect cannot have happened. Until the new credential is there,
//     requests that can be repeated use the old one. If the new one is rejected too,
//     the next 401s cost nothing for 1 s, then 2 s, and so on up to a minute.
//   - A session was idle for 3 hours or lost its cookie: a new login comes first.
//   - A login page or maintenance page, with the label HTML, comes in place of a
//     response below /api/rest/2.0: an error, not a success.
//   - A function of yours panics: an error for the callers that wait for it.
//   - The token is for another user or Org than requested: an error.
//
// Every error of this package is or wraps an [*Error]. A network error of an
// ordinary request is the error of net/http. errors.Is recognizes [ErrInvalid]
// (rejected before anything was sent), [ErrCredentialsRejected],
// [ErrTooManyRejected], [ErrForbidden], [ErrNotThoughtSpot], [ErrRateLimited],
// [ErrMaintenance], [ErrUnexpectedRedirect], [ErrWrongOrigin], [ErrWrongPrincipal] and
// [ErrClosed]. [Error.Class] names the outcome in one word,
// and [Error.Retryable] says whether to retry. [ErrorOf] reads the error of any API
// response.
//
// # With other libraries
//
//	library                above the Flow                        below it, in WithHTTPClient
//	golang.org/x/oauth2    TokenSource that returns Token(ctx),  TokensFrom its tokens, with
//	                       with Expiry: Deadline                 Deadline: Expiry
//	go-retryablehttp       HTTPClient: flow.HTTPClient(), with   no: it follows redirects with
//	                       CheckRetry: authflow.ShouldRetry      the key in the body
//	otelhttp               yes                                   yes: token calls are children of
//	                                                             the request that began them
//	resty, other clients   flow.Transport()                      –
//	httputil.ReverseProxy  Transport: flow.Transport(), with     –
//	                       Rewrite and SetURL; delete the
//	                       browser's own Authorization
//	your http.Client       Transport: flow.Transport()           yes; its Jar is not used
//
// # Safety
//
// Credentials go to the scheme, host and port of the Cluster and nowhere else.
// Plain http is rejected, except for loopback addresses and with [WithPlainHTTP].
// Auth calls follow no redirect. Secrets have the type gen.Secret, which prints
// redacted, and no error, log record or event holds one; a server's text that
// repeats one is withheld. The JSON of a request holds them, because the wire needs
// it.
package authflow
