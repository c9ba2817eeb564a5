// Package tokenservice is what ThoughtSpot's documents call the token request service: it
// gives the browsers of your users the tokens with which pages embed ThoughtSpot.
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
// # What to choose
//
// Your function says who asks and what for. The service does everything else.
//
//	the page has the service's own origin     no option; authEndpoint: "/ts-token"
//	the page has another origin               WithOrigins or WithOriginFunc, and getAuthToken that
//	                                          fetches with credentials: "include", because
//	                                          authEndpoint sends no cookies to another origin
//	AuthType TrustedAuthTokenCookieless       a ValidityTimeInSec as long as a page is open, such
//	                                          as 3600
//	AuthType TrustedAuthToken                 a minute: the SDK begins a session with it at once
//	rules that differ by user                 Custom, with PersistOption NONE or REPLACE; with
//	                                          TrustedAuthToken REPLACE, because the rules of NONE
//	                                          do not reach sessions
//	users whom the cluster does not have      AutoCreate, see Full
//	many users who come at once               authflow.WithRateLimit, and a page that waits
//	the service can be reached by any name    WithHosts, against DNS rebinding
//	several replicas                          authflow.WithStore, see below
//	each ThoughtSpot user is one person       WithSignOutEverywhere
//
// # What the browser gets
//
//	GET                                       200, the token alone as text/plain
//	GET with Accept: application/json         200, {"token", "expires_in" (seconds), "expires_at"}
//	HEAD                                      200 if there would be a token; none is requested
//	DELETE, or POST to a path …/logout        204: all tokens of the user have ended
//	OPTIONS                                   204, for CORS, or with Allow
//	everything else                           405, and below a problem document (RFC 9457):
//	nobody is signed in                       401
//	the user may not; a page of another site  403
//	asked too often                           429 with Retry-After
//	authenticate failed                       500
//	the cluster rejected the request          502 with its code, incident and trace ID
//	the cluster is down, overloaded, or
//	cannot be reached                         503 with Retry-After, and the same
//
// The problem of a sign-out that failed says how many tokens are alive, and until when. No
// response may be cached. If the browser closes the connection, only the status 499 is
// written, for logs.
//
// # What the SDK needs
//
// The vendor's Visual Embed SDK takes the body of an authEndpoint for a token, whatever
// its status is; getAuthToken can look at the status first. If the SDK finds its token dead
// and gets the same one again, it alerts "Duplicate token" and the page stays signed out.
// So each response has a token that was given to nobody before, with all of its life
// ahead, which costs the cluster one call. Several embeds on a page share one. [WithReuse]
// and [WithStaleIfError] give a token out twice: use them only if you know why.
//
// # What happens when
//
//	a user opens 30 tabs                      20 are served at once, then one a second: WithUserLimit
//	the cluster is down                       503; with WithStaleIfError the latest token; Ready says
//	                                          "degraded"
//	the cluster responds with 429             503; all calls slow down, see authflow
//	the secret key is rejected                502, and it is tried again later
//	the application changes a user's groups   the next token has the new ones, at any replica
//	the user signs out, or loses rights       call Forget, or let the page send DELETE while it is
//	                                          still signed in: the tokens are revoked, and a
//	                                          request in progress gets none
//	a sign-out fails                          the error says how many tokens are alive; the next call
//	                                          continues, and the service tries again by itself,
//	                                          10 times in an hour
//	the process is restarted                  Shutdown waits for requests in progress; tokens live on
//	authenticate panics                       500
//	a request has the persist option APPEND   500, and the log says so: each token would append again
//	the cluster returns a token twice         500, and the log says so
//
// # Several replicas
//
// Without a Store, limits, tokens and sign-outs belong to one replica. With
// [authflow.WithStore] in the cluster, each token that is handed out is recorded in the
// Store until it expires, sealed and under a keyed hash of its user, and so is the time of
// the latest sign-out. So a sign-out at any replica ends the tokens of all replicas,
// also the tokens that a replica has forgotten or has handed out before it was restarted;
// and a token that was requested before a sign-out is revoked when it arrives. This costs
// one Load and one Swap for each token, and one Load for each token that is reused. The
// clocks of the replicas may differ by hours, because the Store measures all ages. If its
// clock is set forward, it drops records early. A request that begins within 20 ms after a
// sign-out may have to be repeated. Of a user, 100 tokens are recorded: after more, each
// sign-out says that tokens may be alive, until those that were left out have expired.
//
// While the Store does not respond to a replica, that replica hands out tokens without it,
// after two seconds of waiting at most. It records them in the background as soon as it
// can, and ends them then if the user has signed out in the meantime; until then a sign-out
// at another replica does not know of them. A sign-out at the replica ends its own tokens,
// returns an error, and reaches the others when it is tried again. No token is reused then.
// The limits stay limits of one replica.
//
// # Behind a proxy
//
// Keep the headers Host, Origin, Sec-Fetch-Site, Sec-Fetch-Dest, Referer and Accept, and
// the ones that tell your function who the user is. Without Sec-Fetch-Site, an image on
// another site can look like a program, and costs a token. If the proxy changes Host, name
// your own origin in [WithOrigins] for browsers that do not send Sec-Fetch-Site. Do not let
// the proxy cache responses or repeat requests. Mount the sign-out as "POST …/logout", if
// http.StripPrefix takes the whole path away: a GET there would request a token.
//
// # Safety
//
//   - Your function alone decides whose token it is (T1). It must recognize the user by
//     what no page can make up: the cookie of a session or a signed header, and never the
//     query.
//   - A token is given to one user, and by default once (T2).
//   - Requests of pages of other sites are rejected, GET too, by Sec-Fetch-Site, Origin and
//     Referer. CORS lets only the origins that you name read a response (T3). Browsers
//     from before 2023, and all browsers over plain HTTP except to localhost, send no
//     Sec-Fetch-Site. A request with none of these headers looks like one of a program,
//     so use TLS, and let your cookie be SameSite.
//   - Responses are no-store and nosniff, and vary by user and page (T4). They also vary by
//     "*", so that a browser stores none of them for a service worker. A worker that
//     copies a token into a response of its own can return it later; after a sign-out
//     that token is dead. Change or delete your cookie at the sign-out: otherwise the back
//     button of Chromium may show a response that the user had opened in a tab.
//   - Limits count by the user name that your function returns. A request that one limit
//     rejects takes nothing from another (T5).
//   - Rights that the application takes back are gone with the next token (T6).
//   - Errors and logs hold no token and no key. A browser gets only the
//     numbers from the cluster's response that the vendor's support needs. Errors that
//     your function returns are logged as they are.
//   - Passwords and keys do not belong in a Request and are rejected there: the cluster
//     has the key.
package tokenservice
