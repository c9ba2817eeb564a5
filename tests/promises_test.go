package tests_test

// A promise is what must always hold. It is shown in INVARIANTS.md as soon as a
// test carries its id.
type promise struct {
	id, text string
	also     []string // guards that do not carry the id in their name
}

var promises = []promise{
	// Adding the credential to a request.
	{id: "I1", text: "On a live bearer token `Edit` takes no lock and allocates nothing, however the origin is written.",
		also: []string{"`BenchmarkEdit`"}},
	{id: "I2", text: "A request to another scheme, host or port (by URL, Opaque or Host header) is rejected before a " +
		"credential is added. Hosts are compared as net/http connects to them. With Do, Transport and HTTPClient " +
		"no redirect to another host carries a credential. Plain http needs a loopback address or an option."},
	{id: "I3", text: "An Authorization header that the caller set, in any spelling, wins, and its 401 is returned to " +
		"the caller. A header that an earlier `Edit` of the same Flow set is replaced."},
	{id: "I4", text: "Auth calls send Accept, X-Requested-By and User-Agent. Ordinary requests of a session send " +
		"X-Requested-By if the caller did not set it."},
	{id: "I5", text: "The caller's own Cookie header reaches the server byte for byte, except for the session's own names."},
	{id: "I6", text: "The RoundTripper below a Flow makes one exchange for each request. One that follows redirects or " +
		"retries is rejected at the first redirect of an auth call. One that only rewrites the address works."},

	// Renewing it.
	{id: "R1", text: "The lifetime of a token is expiration minus creation and starts when the request was sent. Date " +
		"shortens it only for a token that was not made for this call. Impossible times count as absent. A wrong " +
		"client clock and a machine that slept change nothing, for tokens and cookies."},
	{id: "R2", text: "Renewal starts ahead of expiry, at a random point in 75–80 % of the lifetime. No caller waits " +
		"while the lease is valid."},
	{id: "R3", text: "A renewal that fails, in the background or after a 401, does not affect requests that the old " +
		"lease still serves. A 401 on one path never makes other paths fail."},
	{id: "R4", text: "Callers without a lease join one flight, each under its own context. The flight keeps the values " +
		"of the context that started it, but not its cancellation. Every caller gets the cause and class of a " +
		"failure. RetryAfter is above zero whenever Retryable is true."},
	{id: "R5", text: "Network failures, 408, 429 and 5xx except 501 are retried within the flight, with jitter. " +
		"Permanent failures (certificates, TLS alerts, unknown hosts) and a 500 after a password are not. The " +
		"default transport does not use a dead connection twice."},
	{id: "R6", text: "A password that the server rejects is sent at most 3 times in any hour by all Flows of a Cluster " +
		"and by all processes that share a Store that responds, whatever the status and however late the response. " +
		"After an outage a password that was accepted before works again within a minute; one at a first start, " +
		"after two minutes of silence, within 12. A changed password is sent at once, up to 4 rejected ones of a " +
		"user in an hour."},
	{id: "R7", text: "The renewal margin scales with the lifetime: tokens of one second work, and nothing loops."},
	{id: "R8", text: "A credential is not used in the last part of its lifetime, the smaller of 5 s and 5 %."},
	{id: "R9", text: "Flows that start at once stay within the rate limit and all get a credential without one 429: " +
		"10,000 at a rate of 100/s. Newcomers do not cost other principals their leases. Revocations take at most " +
		"half of the rate, and 1,000 requests of one principal delay another principal by at most one."},
	{id: "R10", text: "A function that waits for its own flight gets an error at once. A panic in the user's code is " +
		"returned to the callers concerned as an error, and ends, blocks or leaks nothing else."},
	{id: "R11", text: "A mint that must not be repeated (APPEND) is retried only if the server did nothing."},
	{id: "R12", text: "A token that was handed out keeps its age, whichever source returns it again."},
	{id: "R13", text: "One principal never decides for others. While the mints of up to 50 of 500 principals fail or " +
		"hang, the acquisitions of all other principals succeed, and 99 of 100 wait less than 2 s longer than the " +
		"queue before them requires."},
	{id: "R14", text: "A dead server gets at most 60 calls from a Cluster in the first minute and 40 in each later one. " +
		"Every waiting caller gets an error within Policy.Timeout of the first failure. The first success comes " +
		"within 10 s of the server's return, or when its Retry-After has passed."},

	// Sending a request again.
	{id: "P1", text: "A 401 to a request that carried our lease invalidates that lease if it is still in use, and the " +
		"request is replayed once with a new credential. A session tries a cookie that has since rotated before it " +
		"logs in again."},
	{id: "P2", text: "If the body cannot be replayed, the 401 is returned and the next request renews."},
	{id: "P3", text: "A second 401 and any 403 are returned unchanged. While a request keeps being rejected, the pause " +
		"before the next renewal doubles from 1 s to 1 min. A success ends it."},
	{id: "P4", text: "A thousand concurrent 401s cost one renewal."},
	{id: "P5", text: "A rejected response is drained within a bound and closed, never while it is being read. GetBody " +
		"is called after that."},
	{id: "P6", text: "Below /api/rest/2.0 a redirect to a login page, or an HTML page in place of a response, ends the " +
		"credential once. A request that may have had an effect is not sent twice. A page is never a success, and a " +
		"maintenance page is an error."},
	{id: "P7", text: "Requests with a credential in their body are sent once and unchanged."},

	// Sessions.
	{id: "S1", text: "Cookies follow the rules of net/http/cookiejar, within a bound. Secure cookies are also sent to " +
		"loopback addresses. Later Set-Cookie headers update the session."},
	{id: "S2", text: "A session that is idle, has expired or has no cookie is renewed before the request. Only requests " +
		"that reached the server count as use, and a wall clock that ran ahead does not."},
	{id: "S3", text: "A new login starts with an empty cookie jar."},
	{id: "S4", text: "After Logout nothing is sent, and every call returns ErrClosed before any other check."},
	{id: "S5", text: "A Flow keeps its principal. A token for another user is an error, unless the names differ only in " +
		"case or an option names the alias."},
	{id: "S6", text: "A session on a token whose rules do not reach sessions is rejected, with the reason."},

	// Safety.
	{id: "X1", text: "Auth calls never follow a redirect."},
	{id: "X2", text: "At most 1 MiB of an auth response is read, and at most 64 KiB of a request body to find secrets. " +
		"Reading an error page does not outlast the caller's time limit."},
	{id: "X3", text: "No secret appears in an error, log record, event, metric or fmt verb, in any encoding in which a " +
		"server repeats it. The name or incident of another user is not in the caller's error."},
	{id: "X4", text: "HTML, empty and truncated responses are errors that describe the response."},
	{id: "X5", text: "Input that the server would reject or ignore is rejected before anything is sent. The error names the field."},

	// Life cycle.
	{id: "L1", text: "An idle Flow has no goroutine and no timer. Close ends a renewal in flight.",
		also: []string{"goleak in `TestMain`"}},
	{id: "L2", text: "Everything is safe for concurrent use.", also: []string{"the race detector over all tests"}},
	{id: "L3", text: "A principal in use costs less than 500 bytes, not counting the texts of live tokens (600 with custom " +
		"access, 950 with a password, 1,250 with a session), however often it was renewed. The text of an expired token is " +
		"released at the next use of its Flow."},
	{id: "L4", text: "Logout, Forget and Close have one time limit, end every live credential of the Flow, can be repeated, " +
		"and report which credentials are still alive."},
	{id: "L5", text: "Everything that users combine with http.Client works as with http.Client: CloseIdleConnections, Jar, " +
		"CheckRedirect, Timeout, httptrace, streaming responses, 101 and 1xx."},

	// Pool.
	{id: "U1", text: "Each key has one creation. A flow that was evicted, closed or forgotten is never handed out. The " +
		"bound holds under load, and the least recently used flow is evicted first."},
	{id: "U2", text: "After Forget or a sign-out has returned nil, no token of that user that the service handed out is " +
		"alive at any replica that shares the Store, and no earlier request gets one."},

	// Token service.
	{id: "T1", text: "The browser gets only the token that the application's function allowed. No parameter of the " +
		"request decides which user it is for."},
	{id: "T2", text: "A token has at least the configured lifetime left and was given to no other caller."},
	{id: "T3", text: "A page of another site can neither read a token nor cause one to be made."},
	{id: "T4", text: "Responses are not cached on their way to the browser."},
	{id: "T5", text: "One user cannot use up the share of another user."},
	{id: "T6", text: "After rights were revoked, the next token does not have them, with any number of replicas."},

	// Stores.
	{id: "K1", text: "The whole fleet makes one mint for each principal and period, as long as a mint takes less than 2 s. " +
		"Slower ones cost one mint for each process."},
	{id: "K2", text: "A Store that is slow, down, full, far away or corrupt costs mints only. No request fails, and the " +
		"store operations of one acquisition take at most 2 s together."},
	{id: "K3", text: "A token that was rejected at any process is not handed out again by the Store."},
	{id: "K4", text: "An entry of the Store cannot be used without the key, by another user, or in place of another entry."},
	{id: "K5", text: "A Store never touches data that it did not write."},
}
