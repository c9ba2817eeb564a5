// Package tokenservice is what ThoughtSpot's documents call the token request
// service: it gives the browsers of your users the tokens with which pages embed
// ThoughtSpot.
//
//	service, err := tokenservice.New(cluster, func(r *http.Request) (tokenservice.Request, error) {
//		user, ok := sessions.User(r) // your application's own
//		if !ok {
//			return tokenservice.Request{}, tokenservice.ErrUnauthenticated
//		}
//		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: user.Name, …}), nil
//	})
//	mux.Handle("/ts-token", service)
//	mux.Handle("/ts-token/logout", service)
//
// # Choosing
//
// The function says who asks and what for; all else is the service's.
//
//	the page is on the service's own origin    no option; authEndpoint: "/ts-token"
//	the page is on another origin              WithOrigins, and getAuthToken that fetches with
//	                                           credentials: "include" (authEndpoint sends no cookies there)
//	AuthType TrustedAuthTokenCookieless        ValidityTimeInSec for which a page lives, such as 3600
//	AuthType TrustedAuthToken                  a minute: the SDK makes a session of it at once
//	rules that differ by user                  Custom, with PersistOption NONE or REPLACE; with
//	                                           TrustedAuthToken REPLACE, as those of NONE do not
//	                                           reach sessions
//	users whom the cluster does not have       AutoCreate, see below
//	many users who come at once                authflow.WithRateLimit, and a page that waits
//
// # What the browser gets
//
//	GET                                       200, the token alone as text/plain
//	GET with Accept: application/json         200, {"token", "expires_in" (seconds), "expires_at"}
//	HEAD                                      200, if there would be a token; none is made
//	DELETE, or POST to a path …/logout        204: all tokens of the user are ended
//	OPTIONS                                   204, with what CORS or Allow has to say
//	anything else                             405, and below a problem document (RFC 9457):
//	nobody is signed in                       401
//	the user may not; a page of another site  403
//	asked too often                           429 with Retry-After
//	authenticate failed                       500
//	the cluster refused                       502, with its code, incident and trace id
//	the cluster is down, or asked too much    503 with Retry-After, and the same
//
// No answer may be kept by anybody, and none is written by halves. Where the
// browser goes away before, nothing is written but a status, 499.
//
// # The SDK's rules
//
// The vendor's Visual Embed SDK takes what an authEndpoint answers for a token,
// whatever its status; getAuthToken can look at the status first. When it holds a
// token for dead and gets the same again, it alerts "Duplicate token" and the page
// stays signed out; near the end of a token it asks for another. So each answer is
// a token that was given to nobody before, with all its life ahead, and that costs
// the cluster one call. Several embeds on a page share one. [WithReuse] and
// [WithStaleIfError] hand one out twice: know why.
//
// # What happens when
//
//	a user opens 30 tabs                       20 are served at once, then one a second: WithUserLimit
//	the cluster fails                          503; with WithStaleIfError the last token; Ready says "degraded"
//	the cluster answers 429                    503; all mints slow down, see authflow
//	the secret key is refused                  502, and after a while again
//	the user is new, with AutoCreate           made with the first token, not with each: later ones go
//	                                           without it, until the request changes or the cluster
//	                                           says that there is no such user
//	the user leaves, or gets other rules       Forget: what was handed out ends, and what was asked for
//	                                           before is not handed out; the next ask is authenticated anew
//	the user signs out of the application      DELETE, while still signed in, or Forget
//	the process is restarted                   Shutdown waits for those under way; tokens live on
//	authenticate panics                        500
//	a request has the persist option APPEND    500, and the log says so: each token would append again
//
// # Safety
//
//   - Whom a token is for is decided by your function alone (T1). It must know the
//     user by what no page can make up: a session's cookie or a signed header, not
//     the query.
//   - A token is given to one user, by default once (T2).
//   - Requests of pages elsewhere are refused, GET as well, by Sec-Fetch-Site, Origin
//     and Referer; CORS lets named origins read, and no others (T3). Which origin is
//     the service's own is known by the Host header: behind a proxy that changes it,
//     name your own origin in WithOrigins. A browser from before 2023 that sends none
//     of the three is not told from a program, so let your cookie be SameSite.
//   - Answers are no-store, nosniff, and vary by who asks (T4).
//   - Limits are by the user name that your function gives; a refusal by one limit
//     takes nothing from another (T5). Nothing that a browser sends makes the service
//     forget one.
//   - Errors and logs hold no token and no key, and a browser sees nothing of the
//     cluster's answer but numbers for its support. The errors that your function
//     returns are logged as they are.
//   - Passwords and keys do not belong into a Request and are refused there: the
//     cluster has the key.
//
// Each replica of a service has limits, tokens and Forget of its own.
package tokenservice
