// Package authflow authenticates clients of the ThoughtSpot REST API v2.0: it
// acquires bearer tokens and cookie sessions, adds them to requests, renews
// them before they end, and sends a request again that met one that had ended.
//
//	cluster, err := authflow.New("https://acme.thoughtspot.cloud", authflow.WithSecretKey(key))
//	ann, err := cluster.CustomAccess(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace})
//	client, err := tsapi.NewClientWithResponses(cluster.URL(), tsapi.WithHTTPClient(ann))
//
// A [Cluster] is one server, and what all who go there share. A [Flow] is one
// principal's way in. Make one Cluster for each server and one Flow for each
// user, once, and share them between goroutines; neither sends anything before
// it is used.
//
// # Choosing a way in
//
//   - [Cluster.FullAccess]: a service account, or a user on whose behalf a back
//     end works, with all the rights of that user.
//   - [Cluster.ObjectAccess]: a viewer of one Liveboard or Answer, read-only.
//   - [Cluster.CustomAccess]: a user with rules that you decide (from 10.4.0.cl).
//   - [Cluster.Session]: a user with a password, where a session is wanted.
//   - [Flow.Session]: a session for the user of a token.
//   - [Flow.SessionToken]: a token for the user of a session.
//   - [Cluster.TokensFrom]: tokens that something else mints.
//
// Tokens are asked for with the secret key, which is good for any user,
// including one who does not exist yet, or with the user's password. With
// multi-factor authentication on, passwords do not work.
//
// # Handing it over
//
//   - [Flow.Do] (the Flow itself, as a client's HttpRequestDoer),
//     [Flow.HTTPClient], [Flow.Transport]: inject, capture, renew, send again,
//     and keep credentials off redirects to elsewhere.
//   - [Flow.Edit], a RequestEditorFn for a client with an http.Client of your
//     own: inject and renew. It never sees the answer.
//   - [Flow.Token], for whatever else needs the token, such as a browser.
//   - [Flow.API], the typed client of the authentication endpoints.
//
// # Who waits for what
//
//	0              75–80 %              the end
//	|--- fresh ----|------- due ---------|--- dead --->
//	               the next request      the next request
//	               starts the renewal;   waits for the renewal,
//	               nobody waits for it   with all the others
//
// Lifetimes are what the server states, counted from the local moment of the
// call: clocks that are wrong change nothing. The last 5 s or 5 % are not used.
// A Flow that nobody uses renews nothing. Callers without a live credential
// join one flight, each under its own context; the flight has Policy.Timeout
// and Policy.MaxAttempts, keeps the values of the context that began it, such as a
// trace, and is abandoned if a function of yours hangs.
//
// All flows of a Cluster mint at its pace, in turn, see [WithRateLimit].
//
// # What happens when
//
//   - A renewal ahead of the end fails: nobody is told; it is tried again after
//     a pause, up to 10 s.
//   - The server is down, in maintenance, or answers 429: minting stops for all
//     flows, but for one probe at a time. Who comes waits for the first three
//     failures in a row, and is told at once after that; RetryAfter says for how
//     long. Live credentials are used on.
//   - A password is refused, with whatever status: it is sent again after 1 and
//     after 10 minutes, and at most 3 times in an hour, by all flows together. That
//     no answer came counts too, unless it was right before. A changed one goes at
//     once, while no more than 4 were refused in the hour.
//   - A secret key is refused: all who use it pause, from 1 s to 1 min. A 403 is
//     the user's own, until three users in a row have met it.
//   - A request is answered 401, or led to a log-in page: the credential is
//     renewed, one renewal for all, and the request sent once more if its body
//     can be had again. Others use the old one until the new one is there. If
//     the new one is refused too, the next 401s cost nothing for 1 s, then 2 s,
//     and so on to a minute.
//   - A session has rested for 3 hours or lost its cookie: a new log-in first.
//   - A log-in page or maintenance page comes in place of an answer below
//     /api/rest/2.0: an error, never a success.
//   - A function of yours panics: an error for those who wait.
//   - The answer is for another Org than was asked for: an error.
//
// Every error is or wraps an [*Error]; errors.Is tells [ErrInvalid] (refused
// before the network), [ErrCredentialsRejected], [ErrForbidden],
// [ErrRateLimited], [ErrMaintenance], [ErrUnexpectedRedirect], [ErrWrongOrigin]
// and [ErrClosed], and [Error.Retryable] whether to try again. [ErrorOf] reads
// the error of any call of the API.
//
// # With other libraries
//
//	library                above the Flow                        below it, in WithHTTPClient
//	golang.org/x/oauth2    TokenSource that returns Token(ctx),  TokensFrom its tokens, with
//	                       with Expiry: Deadline                 Deadline: Expiry
//	go-retryablehttp       HTTPClient: flow.HTTPClient(), with   no: it follows redirects with the
//	                       a CheckRetry that asks Retryable      key in the body
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
// Credentials go to the scheme, host and port of the Cluster and nowhere else;
// plain http is refused but for loopback addresses. Auth calls follow no
// redirect. Secrets are of type gen.Secret, which prints redacted, and no error,
// log record or event holds one; where a server repeats one, it is replaced.
// JSON of a request holds them, because the wire needs it.
package authflow
