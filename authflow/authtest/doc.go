// Package authtest is a ThoughtSpot cluster for tests, as far as
// authentication goes: the eleven operations of the REST API v2.0 that log in,
// issue, check and end tokens, and read and switch secret keys, with users, Orgs
// and groups behind them, and with switches for everything that goes wrong in real
// life.
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
// Every path below /api/rest/2.0/ that is not one of the eleven stands for the
// rest of the API: it needs a token or a session, and responds with the
// request, in an [EchoAnswer], or as the test says:
//
//	server.SetAnswer("POST", "/api/rest/2.0/metadata/search",
//		authtest.JSON(200, []any{map[string]any{"metadata_id": "m-1"}}), // the first time
//		authtest.JSON(200, []any{})) // and from then on
//
// [WithOpenAPI] takes such responses from the examples and schemas of an OpenAPI
// document.
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
// Its responses to those pages carry the CORS headers, its cookies on TLS reach it
// from there, and /?embedApp=true (or /v2/ with the same query) is a page for
// the SDK's iframe. The page shows who is signed in, how many tokens it was
// given, how many of them were different, and counts messages. At the push of a
// button, or at a message of the embedding page, it asks the cluster whether it
// is still signed in, and tells the SDK if it is not, or soon will not be:
//
//	const shown = await embed.trigger('authtest.check') // or authtest.expire, authtest.refresh
//	// shown.data has user, status, tokens, distinct, messages ...
//
// The comment at the top of page.html lists its controls for tests. Chromium as
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
//	Reset                      returns to the state at the start; calls in flight are cut
//	Advance                    moves the server's clock
//	Fail, Faults, ClearFaults  let the next n calls of an operation meet faults
//	Block, WaitForCalls        hold calls back until released, and wait until they arrive
//	Calls, CallCounts          count calls by operation; ResetCalls starts at zero again
//	Requests                   shows the latest requests, with their JSON and without secrets
//	Tokens, Sessions           show what is in force, and under which rules
//	RevokeAll                  ends all tokens and sessions; RevokeTokens, EndSessions,
//	                           RevokeUser, RevokeToken some of them
//	RotateSecretKey            changes the cluster's key; RotateOrgSecretKey an Org's
//	RotateCookie               changes a session's JSESSIONID with its next response
//	AddUser, AddOrg, AddGroup  add to what the options made; RemoveUser, RemoveOrg, RemoveGroup
//	SetPassword, SetStatus     change a user
//	SetTrustedAuthentication   switches secret keys off and on
//	SetMFA                     switches multi-factor authentication
//	SetErrorForm               changes the form of error responses
//	SetRateLimit, SetLatency   bound calls, and let them take time
//	SetAnswer, SetOpenAPI      give the rest of the API responses; Answers, DocumentNotes,
//	                           ClearAnswers
//	Behavior                   shows the switches
//
// Package control offers all of them by HTTP, to tests in other languages, and
// package simulate is the command for it.
//
// Faults are ordinary middleware and can be combined:
//
//	server.Fail(authtest.OpGetFullAccessToken, 2, authtest.Status(503))
//	server.Fail(authtest.OpLogin, 1, authtest.Delay(time.Second), authtest.Maintenance(200))
//	server.Fail(authtest.AnyOperation, -1, authtest.RateLimited(2*time.Second))
//
// # Other servers than today's
//
//	WithStrictProvisioning     new users need e-mail and display name, groups must exist
//	WithSameSessionToken       getCurrentUserToken hands a caller's token out again
//	WithSuccess200             login, logout and revokeToken answer 200, before 9.5
//	WithLenientBodies          takes numbers for texts and the like, of older clients
//	WithLoginRejection         the status for a wrong password; WithTokenRejection
//	WithOrgRejection           the status and code for an Org that the user may not enter
//	WithErrorForm              the form of error responses: envelopes, text, trace id
//	WithMFA, WithRateLimit     what clusters may have switched on
//
// # What it does with a request
//
// A request is held to the project's OpenAPI document; one that does not fit is
// rejected with 400 and code 10002, naming the field. A body may have 1 MiB.
//
//   - Names that the document does not have are ignored, as the server ignores
//     them, such as org_id in a request for a custom access token. [Call].Unknown
//     shows them to an observer.
//   - An empty password or secret_key is taken as absent, and so is null for an
//     optional boolean: the vendor's SDKs send them. Null in other places, an
//     empty text where a value must be, and an empty X-Org-Selector are rejected.
//   - A slash at the end of a path is ignored. HEAD is GET without a body.
//   - An integer may be written 300.0 or 3e2, as clients of some languages do.
//   - Token requests take a password or a secret key, not both.
//   - A Parameter takes one value.
//
// Responses have every field of the document: false, 0, "" and [] as they are, and
// null for missing values. Every error carries the server's envelope, with new
// incident and trace GUIDs.
//
// # Who is let in
//
//   - 401 (10097): a wrong password, an unknown user with a password, a wrong key.
//   - 403 (10023): an account that is not ACTIVE, a user who is not in the Org, and
//     any key while trusted authentication is off.
//   - Five wrong passwords in a row within an hour lock an account for an hour.
//   - An Org's own key is good for that Org, the cluster's for all.
//
// # Which Org it is
//
//   - A token request that names no Org is for the Org of the secret key, if the key
//     is an Org's, and otherwise for the Org of the user's last session: the first
//     of [InOrgs] where there was none, and the Primary Org for a new user.
//   - A login that names none leads to the Org of the last session too.
//   - full and object take the number, custom and login a name or a number in
//     digits; a name goes first.
//   - scope makes a token for several Orgs (26.10, beta). Each request with it
//     names one in the header X-Org-Selector: none is answered with 400, an Org
//     that is not in the scope with 403. The response's own Org is the one that the
//     token request names, or the first of the scope. A custom access token takes
//     SPECIFIC_ORGS alone.
//
// # Just-in-time provisioning
//
//   - It needs the secret key.
//   - For full and object access tokens auto_create is false unless it is sent, and
//     also changes display name, e-mail and groups of a user who exists. For custom
//     access tokens it is true unless it is sent, and changes nobody.
//   - Groups that do not exist are made, without privileges.
//
// # Rules
//
// A custom access token is a JWT with the claims sub, iat, exp, jti, org,
// persist_option and rules. It changes the rules that are stored for its user:
//
//	           filter_rules, parameter_values, objects   variable_values
//	REPLACE    as in the request, absent is empty        as in the request, absent stays
//	APPEND     added; one value for each Parameter       added
//	RESET      cleared                                   stays; rejected in the request
//	NONE       stays                                     stays; rejected in the request
//
// The rules of NONE hold with the token alone. With every other token, and in every
// session, hold those that the user has stored: [EchoAnswer].Rules tells.
//
// user_parameters of full and object access tokens hold with the token; with persist
// they also replace the stored ones for the same column or Parameter.
//
// # Sessions and their tokens
//
//   - A login responds with two cookies. The session ends after 3 hours without
//     use, or with remember_me 7 days after the login. It is recognised by
//     JSESSIONID; clientId may be absent, because a cookie jar may keep Secure
//     cookies back on plain HTTP, but must be right if it is sent.
//   - getCurrentUserToken issues a new token, valid for 24 hours, at each call, to a
//     session and to a token. It outlives both.
//
// # Secret keys
//
//   - searchAuthSettings tells them to users with ADMINISTRATION or
//     CONTROL_TRUSTED_AUTH: in the Primary Org all of them, in another Org the key of that Org.
//   - configureAuthSettings: ENABLED makes a key if there is none and keeps one,
//     DISABLED revokes it, absent leaves it. The keys of cluster and Orgs do not
//     depend on each other. It does all that a request says, or nothing.
//
// # Sources
//
// Where sources disagree, and where there is none, the simulator is strict if that
// finds mistakes in a client, and otherwise does what is documented most often.
//
//	                                        documentation  spec  live  choice
//	operations, fields, required fields     x              x
//	responses with 200 and a body           examples       x
//	204 for login, logout, revokeToken      x              x
//	300 s tokens, 3 h and 7 days sessions   x
//	cookies and their attributes            x
//	24 h session tokens, new at each call                  x
//	JIT, groups, REPLACE, APPEND, RESET     x              x
//	error codes, EnvelopeFlat                              x
//	other envelopes, code 10000, trace ids                       x
//	null for missing values, maintenance page, redirect to SSO   x
//	status for a wrong password             400            401   500
//	lock for an hour after five of them     "several"                  five
//	Org of a request that names none        Primary Org    x
//	400 with 13090 (WithOrgRejection)                            x
//	several Orgs, X-Org-Selector                           beta
//	100 calls a second, burst 10            x
//	paths of v1, session/info               x                    x
//	orgsConfiguration: there is more than one Org                      x
//
// Documentation is the vendor's guide to authentication, spec the vendor's OpenAPI
// document, live what other people saw of clusters. Choices are besides:
//
//   - With multi-factor authentication a password, right or wrong, is a 401.
//   - login with username and password ignores a bearer token of the same call.
//   - An account's status is checked before its password. A status that is not
//     ACTIVE also cuts off the user's tokens and sessions.
//   - An unknown user with the right key and without auto_create is a 400; so are an
//     unknown Org and auto_create together with a password.
//   - A user made just in time is a REMOTE_USER in the Orgs of the token alone.
//     auto_create does not put a user who exists into another Org.
//   - variable_values are rejected beside RESET and NONE even if the list is
//     empty. The claims of a token carry the rules of its request, also with RESET.
//   - A custom access token for several Orgs stores its rules in each of them.
//   - X-Org-Selector with a session, or with a token for one Org, may name that Org.
//   - An object access token may read: getCurrentUserInfo, getCurrentUserToken,
//     validateToken, and GET and POST of other paths. It may end itself, but no other
//     token, and begins no session. A token that is issued to it reads the same object.
//   - A token that is issued to one with NONE has the same rules.
//   - logout with a token revokes it. Revoking a token ends the sessions that
//     were begun with it; its expiry does not.
//   - Revoking an expired token is a 400.
//   - A key that is switched on while [Simulator.SetTrustedAuthentication] has them
//     off is a new one, and the others are gone.
//   - An Authorization header goes before the cookies, also when it is wrong.
//   - The logins of v1 respond with 204, login/token with a redirect to redirect_url
//     unless no_url_redirection is true. The token of another user is a 401.
//   - auth/token creates no users. session/info and preauth/info are a 401 for
//     a caller who is not signed in.
//   - A preflight from an origin that was not named is a 403.
//   - A value that an enum of the spec gains is rejected until the simulator knows it.
//
// # What is not simulated
//
//   - Data: rules are stored and shown, and filter nothing. TS_WILDCARD_ALL and
//     TS_WILDCARD_NONE are ordinary values. Variables, columns, Parameters and
//     objects need not exist.
//   - Tenant administrators: anybody may request a token for several Orgs.
//   - Privileges by Org: a user has the same in all. Any Org may have a key.
//   - Concurrent changes of a variable, which are a 409: order one by
//     Fail(OpGetCustomAccessToken, 1, Status(409)).
//
// It is a test double: passwords and keys are in the clear, and never on disk.
package authtest
