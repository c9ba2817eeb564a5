// Package simulate is the command tsauth simulate, which runs package authtest as a
// server, for clients in any language:
//
//	tsauth simulate --addr 127.0.0.1:4123 --user tsadmin:admin --secret-key KEY
//
// Browsers that embed ThoughtSpot can use it as well, on TLS and from the pages
// that --origin names:
//
//	tsauth simulate --tls --origin https://localhost:8443
//
// It prints its URL as one line on standard output and serves until it is
// interrupted. With -v it logs each call on standard error, with its JSON and
// without secrets. With --lenient it accepts what older clients send, such as
// numbers for texts. Without --user and --admin there is the administrator
// tsadmin:admin; with them, only the users that they name. --help lists the other flags.
//
// It is for tests. It keeps passwords in the clear, forgets everything when it
// ends, and must not be reachable by other people.
//
// # From a test suite
//
// A suite starts one process for each of its workers, reads the addresses, and
// resets the simulator before each test:
//
//	tsauth simulate --addr 127.0.0.1:0 --control 127.0.0.1:0 --json --exit-with-stdin
//
// With port 0 each process has ports of its own. --json prints the addresses as one
// line, {"url":"http://…","control_url":"http://…"}. With --exit-with-stdin the
// process ends when its standard input closes, so that none is left behind if the
// suite is killed; without it standard input is not read, because services and
// containers have none. GET /healthz of the control API responds when both
// addresses serve. examples/node and examples/python are such suites.
//
// --openapi lets the operations of a document, such as the one that the vendor
// publishes, respond by its examples and schemas. Standard error lists those whose
// examples do not fit.
//
// # In a container
//
// Every client that reaches the control API can do everything. It listens on the
// loopback interface only, and rejects requests for other host names and from pages
// in a browser, unless --control-host names the host. Between containers that is the
// name of the container:
//
//	tsauth simulate --addr 0.0.0.0:4123 --control 0.0.0.0:4124 --control-host simulator
//
// A port that the container publishes is called by the name of the machine:
// --control-host localhost, or --control-host docker in a pipeline with a Docker
// service. Where the name is not known beforehand, --control-host '*' accepts any
// name, and a web page can then reach the controls by DNS rebinding.
//
// # Controls
//
// With --control it also serves the control API, and prints its URL as a second
// line. A test in Python or TypeScript can then do what a test in Go does by
// the methods of authtest.Simulator: let time pass, revoke tokens, let the next
// calls fail, read counts and requests. This is a session with it.
//
//	$ tsauth simulate --control 127.0.0.1:4124
//	http://127.0.0.1:4123
//	control http://127.0.0.1:4124
//
//	$ API=http://127.0.0.1:4123/api/rest/2.0
//	$ CONTROL=http://127.0.0.1:4124
//
// A token works, until five minutes have passed:
//
//	$ TOKEN=$(curl -s --json '{"username":"tsadmin","password":"admin"}' $API/auth/token/full | jq -r .token)
//	$ curl -s -H "Authorization: Bearer $TOKEN" $API/auth/session/user
//	{…"name":"tsadmin"…}
//	$ curl -s --json '{"seconds":300}' $CONTROL/clock/advance
//	{"now":"…","now_in_millis":…}
//	$ curl -so /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $TOKEN" $API/auth/session/user
//	401
//
// The next two calls of an operation fail, or all of them until the faults are
// cleared, if "calls" is left out. The kinds of faults are in the API's
// description:
//
//	$ curl -s --json '{"operation":"getFullAccessToken","calls":2,"fault":{"kind":"rate_limited","retry_after_seconds":1}}' $CONTROL/faults
//	$ curl -so /dev/null -w '%{http_code}\n' --json '{"username":"tsadmin","password":"admin"}' $API/auth/token/full
//	429
//	$ curl -s $CONTROL/faults
//	[{"operation":"getFullAccessToken","calls":1,"fault":{"kind":"rate_limited","retry_after_seconds":1}}]
//	$ curl -s -X DELETE $CONTROL/faults
//	$ curl -s $CONTROL/calls
//	{"total":4,"by_operation":{"getCurrentUserInfo":2,"getFullAccessToken":2}}
//
// Users come, are locked out, and go:
//
//	$ curl -s --json '{"name":"ann","password":"s3cret"}' $CONTROL/users
//	$ TOKEN=$(curl -s --json '{"username":"ann","password":"s3cret"}' $API/auth/token/full | jq -r .token)
//	$ curl -s $CONTROL/tokens
//	[{"id":"…","sha256":"…","kind":"full","user":"ann","org":{"id":0,"name":"Primary"},…}]
//	$ curl -s -X PATCH --json '{"status":"LOCKED"}' $CONTROL/users/ann
//	$ curl -so /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $TOKEN" $API/auth/session/user
//	403
//	$ curl -s -X PATCH --json '{"status":"ACTIVE"}' $CONTROL/users/ann
//
// The rest of ThoughtSpot's API returns the responses that the test sets, to callers
// that have a token or a session. The last response repeats:
//
//	$ curl -s -X PUT --json '{"method":"POST","path":"/api/rest/2.0/metadata/search","answers":[{"kind":"json","json":[{"metadata_id":"m-1"}]}]}' $CONTROL/answers
//	$ curl -so /dev/null -w '%{http_code}\n' --json '{}' $API/metadata/search
//	401
//	$ curl -s -H "Authorization: Bearer $TOKEN" --json '{}' $API/metadata/search
//	[{"metadata_id":"m-1"}]
//
// The requests that arrived can be seen, up to the latest 1000, with their JSON and
// without secrets:
//
//	$ curl -s -H "Authorization: Bearer $TOKEN" --json '{"record_offset":50,"record_size":50}' $API/metadata/search
//	[{"metadata_id":"m-1"}]
//	$ curl -s "$CONTROL/requests?path=/api/rest/2.0/metadata/search"
//	[…{"operation":"echo","method":"POST","path":"/api/rest/2.0/metadata/search","body":{"record_offset":50,"record_size":50},"user":"ann","auth":"bearer","status":200,"arrived":"…"}]
//
// The server's own rate limit is 100 calls a second for each client address,
// and 10 at once; here it lets one call through:
//
//	$ curl -s -X PATCH --json '{"rate_limit":{"per_second":0.01,"burst":1,"retry_after_seconds":1}}' $CONTROL/settings
//	{…"rate_limit":{"per_second":0.01,"burst":1,"retry_after_seconds":1}}
//	$ curl -s -H "Authorization: Bearer $TOKEN" --json '{}' $API/metadata/search
//	[{"metadata_id":"m-1"}]
//	$ curl -so /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $TOKEN" --json '{}' $API/metadata/search
//	429
//	$ curl -s -X PATCH --json '{"rate_limit":{"per_second":0}}' $CONTROL/settings
//	{…}
//
// Tokens and sessions end, of one user or of all:
//
//	$ curl -s -X DELETE $CONTROL/users/ann/credentials
//	$ curl -s -X DELETE $CONTROL/credentials
//	$ curl -s $CONTROL/tokens
//	[]
//
// After a reset everything is as at the start:
//
//	$ curl -s -X POST $CONTROL/reset
//	$ curl -s $CONTROL/calls
//	{"total":0,"by_operation":{}}
//
// A request that does not fit is rejected, with the field that is wrong:
//
//	$ curl -s --json '{"operation":"login","fault":{"kind":"status","status":99}}' $CONTROL/faults
//	{"field":"fault.status","error":"number must be at least 200"}
//
// All of it is described by the OpenAPI document that it serves:
//
//	$ curl -s $CONTROL/openapi.yaml
//	openapi: 3.0.3
//	…
package simulate
