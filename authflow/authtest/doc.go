// Package authtest is a ThoughtSpot cluster for tests, as far as
// authentication goes: the nine operations of the REST API v2.0 that log in,
// issue, check and end tokens, with users, Orgs and secret keys behind them,
// and with switches for everything that goes wrong in real life.
//
// It speaks HTTP and knows no client: use it to test code that is built on
// package authflow, on the generated client, or on neither.
//
// # A first test
//
// [NewServer] starts a server on the loopback interface, like a server of
// net/http/httptest:
//
//	func TestDashboard(t *testing.T) {
//		server := authtest.NewServer(authtest.WithUser("ann", "s3cret"))
//		defer server.Close()
//
//		client, err := gen.NewClientWithResponses(server.URL, gen.WithHTTPClient(server.Client()))
//		if err != nil {
//			t.Fatal(err)
//		}
//		token, err := client.GetFullAccessTokenWithResponse(t.Context(), gen.GetFullAccessTokenRequest{
//			Username: "ann",
//			Password: "s3cret",
//		})
//		if err != nil || token.JSON200 == nil {
//			t.Fatal(err, token)
//		}
//		server.Advance(time.Hour) // the token has expired now
//	}
//
// Every path below /api/rest/2.0/ that is not one of the nine stands for the
// rest of the API: it wants a token or a session, and answers with what
// arrived, an [EchoAnswer].
//
// # Without sockets
//
// [New] makes the same thing without a network: an [http.Handler] that
// [Simulator.Client] and [Simulator.Transport] call in the caller's own
// goroutine. In a testing/synctest bubble the server then lives on the
// bubble's clock, and a test can let a week pass in no time:
//
//	synctest.Test(t, func(t *testing.T) {
//		sim := authtest.New() // inside the bubble
//		client := sim.Client()
//		// log in at sim.URL with authtest.DefaultUsername ...
//		time.Sleep(3 * time.Hour)
//		// the session has ended
//	})
//
// # Browsers
//
// [WithOrigins] lets pages of other sites use the simulator as they use a
// cluster that they embed, by way of the vendor's Visual Embed SDK or by hand:
//
//	server := authtest.NewTLSServer(authtest.WithOrigins("https://localhost:8443"))
//
// Its answers to those pages carry the CORS headers, its cookies on TLS reach it
// from there, and /?embedApp=true (or /v2/ with the same query) is a page for
// the SDK's iframe. The page shows who is signed in, how many tokens it was
// given, how many of them were different, and counts messages. At the push of a
// button, or at a message of the embedding page, it asks the cluster whether it
// is still signed in, and tells the SDK if it is not, or soon will not be:
//
//	const shown = await embed.trigger('authtest.check') // or authtest.expire, authtest.refresh
//	// shown.data has user, status, tokens, distinct, messages ...
//
// The comment at the top of page.html lists what it has for tests. Chromium as
// Debian packages it keeps cookies from iframes of other sites, and so does a
// private window: tests of the auth type TrustedAuthToken must allow them.
//
// For browsers and for clients of the older REST API there are besides:
//
//	POST /callosum/v1/session/login         a form: username, password, rememberme
//	POST /callosum/v1/session/login/token   a form: auth_token, username; also GET with a query
//	POST /callosum/v1/session/auth/token    a form: secret_key, username, access_level FULL, orgid
//	GET  /callosum/v1/session/isactive      204, or 401
//	GET  /callosum/v1/session/info          who is signed in, as the SDK reads it
//	POST /callosum/v1/session/logout
//	GET  /prism/preauth/info
//	GET  /api/rest/2.0/system               for administrators
//
// Those of v1 are below /callosum/v1/tspublic/v1/session/ too. Sessions and
// tokens are the same everywhere. [OpV1Login] and the constants beside it name
// these calls for Fail, Block, Calls and observers.
//
// # Who is there
//
// Without options there are the user [DefaultUsername] with [DefaultPassword],
// an administrator, and the cluster's secret key [DefaultSecretKey]. [WithUser]
// and [WithSecretKey] put others in their place, [WithOrg], [WithGroup] and
// [WithOrgSecretKey] add to them. [Simulator.User] and [Simulator.Users] show
// what just-in-time provisioning and custom tokens have made of the users.
//
// # Controls
//
// All work at any time and from any goroutine.
//
//	Advance                    moves the server's clock
//	Fail, ClearFaults          let the next n calls of an operation meet faults
//	Block                      holds calls back until released
//	WaitForCalls               waits until calls have arrived
//	Calls, CallCounts          count calls by operation; ResetCalls begins anew
//	RevokeAll                  ends all tokens and sessions; RevokeTokens, EndSessions
//	RotateSecretKey            changes the cluster's key; RotateOrgSecretKey an Org's
//	RotateCookie               changes a session's JSESSIONID with its next answer
//	SetPassword, SetStatus     change a user
//	SetTrustedAuthentication   switches secret keys off and on
//	SetMFA                     switches multi-factor authentication
//	SetErrorEnvelope           changes the shape of error answers
//
// Faults are ordinary middleware and can be combined:
//
//	server.Fail(authtest.OpGetFullAccessToken, 2, authtest.Status(503))
//	server.Fail(authtest.OpLogin, 1, authtest.Delay(time.Second), authtest.Maintenance(200))
//	server.Fail(authtest.AnyOperation, -1, authtest.RateLimited(2*time.Second))
//
// # What it does
//
// A request is first held to the project's OpenAPI document; what does not fit
// is answered with 400 and code 10002, naming the field. Unknown fields are
// ignored, as the server ignores them. A body may have 1 MiB.
//
// Token requests take a password or a secret key, not both. A wrong password,
// an unknown user with a password, and a wrong key are answered with 401
// (10097). An account that is not ACTIVE, a user who is not in the Org, and any
// key while trusted authentication is off are answered with 403 (10023). Five
// wrong passwords in a row within an hour lock an account for an hour. An Org's
// own key is good for that Org, the cluster's for all.
//
// Just-in-time provisioning needs the secret key. For full and object access
// tokens auto_create is false unless it is sent, and also changes display name,
// e-mail and groups of a user who exists; for custom access tokens it is true
// unless it is sent, and changes nobody.
//
// A custom access token is a JWT with the claims sub, iat, exp, jti, org,
// persist_option and rules. REPLACE, APPEND and RESET change the user's stored
// [Properties]; NONE leaves them. With REPLACE an empty list clears and an
// absent one leaves what is there.
//
// A log-in answers with two cookies. The session ends after 3 hours without
// use, or with remember_me 7 days after the log-in. A session is recognised by
// JSESSIONID; clientId may be absent, because a cookie jar may keep Secure
// cookies back on plain HTTP, but must be right if it is sent.
//
// Every error carries the server's envelope, with new incident and trace GUIDs.
//
// # Where the real server is not known
//
// The simulator is strict where that finds mistakes in a client, and otherwise
// does what is documented most often.
//
//   - With multi-factor authentication a password is answered with 401, right
//     or wrong.
//   - login answers wrong credentials with 401; see [WithLoginRejection].
//   - login with username and password ignores a bearer token that comes along.
//   - An account's status is looked at before its password, and also cuts off
//     the tokens and sessions that the user already has.
//   - An unknown user with the right key and without auto_create is answered
//     with 400; so are an unknown Org, an unknown group (where auto_create is in
//     force) and auto_create together with a password.
//   - A user made just in time is a REMOTE_USER in the Org of the token alone.
//     auto_create does not put a user who exists into another Org.
//   - variable_values are refused beside RESET and NONE even if the list is
//     empty. The claims of a token carry the rules of its request, also with
//     RESET.
//   - An Org identifier is a name or a number in digits; a name goes first.
//   - An object access token may read: getCurrentUserInfo,
//     getCurrentUserToken, validateToken, and GET and POST of other paths. It
//     may end itself, but no other token, and begins no session.
//   - getCurrentUserToken gives a caller with a token that same token. For a
//     session it issues a new one at each call, which outlives the session.
//   - logout with a token revokes it. Revoking a token ends the sessions that
//     were begun with it; its expiry does not.
//   - Revoking a token that has ended already is answered with 400.
//   - An Authorization header goes before the cookies, also when it is wrong.
//   - The log-ins of v1 answer with 204. login/token answers with a redirect to
//     redirect_url, unless no_url_redirection is true. It refuses a username
//     that is not that of the token with 401.
//   - auth/token creates no users. session/info and preauth/info answer 401 to
//     a caller who is not signed in.
//   - A preflight from an origin that was not named is answered with 403.
//   - There is no rate limit without [WithRateLimit].
//
// # What it is not
//
// It is a test double, not a server to rely on: passwords and keys are kept and
// compared in the clear, and nothing is ever stored.
package authtest
