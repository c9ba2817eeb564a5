// Package contract holds the spec, the client, the simulator and a live server
// together. It has tests only, in a module of its own, because a second
// validator of OpenAPI has no place among the project's dependencies.
//
// # What is checked
//
// All exchanges of the suite pass through a recorder that checks each request and
// each response against api/openapi.yaml: by kin-openapi and, independently of it, by
// pb33f/libopenapi-validator. Statuses and properties that the document does not
// declare are rejected. Facts that a document cannot state (a 204 has no body, a
// login sets two cookies) are asserted in addition. The run fails if an
// operation, a documented status, a property of a request or a response, or a
// value of an enum was never exercised, and prints the tables of both. A property
// of a response has to come as a value, as null if it may be, and not at all.
//
// Requests and responses are generated from the document:
//
//   - more than a thousand malformed requests: the response to each must be
//     400 in the documented envelope, and the client must return it as the typed
//     error; how many there are for each operation is written down, so that a
//     constraint that is lost from the document is noticed;
//   - requests that the document rejects and the server accepts, because the
//     vendor's SDKs send them;
//   - responses with every property as it should be, null and absent, which the
//     client must decode;
//   - responses with every property as it should not be, which must cost no more
//     than that property, and never the token of a Flow.
//
// The remaining specs are the semantics of the API, one sentence each.
//
// # The simulator, or a server
//
//	go test            # the simulator, on a loopback TLS socket
//
// With THOUGHTSPOT_HOST set the same suite runs against that server:
//
//	THOUGHTSPOT_HOST              https://acme.thoughtspot.cloud
//	THOUGHTSPOT_USERNAME          the user
//	THOUGHTSPOT_PASSWORD          for login and basic authentication, or
//	THOUGHTSPOT_SECRET_KEY        for trusted authentication, or both
//	THOUGHTSPOT_OBJECT_ID         GUID of an object, for object access tokens
//	THOUGHTSPOT_CA_FILE           PEM file of a certificate to trust
//	THOUGHTSPOT_ALLOW_JIT=1       may make users named tsauth-contract-… and
//	                              store rules for THOUGHTSPOT_USERNAME
//	THOUGHTSPOT_ALLOW_REVOKE_ALL=1  may end all tokens of THOUGHTSPOT_USERNAME
//	THOUGHTSPOT_RELEASE           26.8, for reasons that hold for it only
//	THOUGHTSPOT_REASONS           another file of reasons than reasons.yaml
//	THOUGHTSPOT_STRICT=1          fail where there is a difference without a reason
//
// Specs that need the simulator's controls (its clock, faults, accounts that
// are locked) are left out there, and so are those that could do harm, unless
// their switch is set; the report says which and why. Specs with the label
// timing need tokens of one second, or reach the rate limit. To leave them out,
// where a server is slow or a gateway limits the rate:
//
//	go test -ginkgo.label-filter='!timing'
//
// A server that behaves otherwise than the document or a spec says does not
// fail the run by itself. The report ends with where it differs, one line for
// each difference, with the number of specs that found it and the first of them:
//
//   - exchange: getCurrentUserInfo responded with 200: nickname: property "nickname" is unsupported (41 times, first in "…")
//
// reasons.yaml says why it may. Coverage is printed and not required.
//
// # What to ask a server first
//
// On these questions the vendor's documents are silent, vague or contradictory, and
// the suite and the simulator have made a choice. The first run against a server of a
// release settles them. A difference gets a reason, or our spec and the simulator
// change.
//
//   - No Org in a request that has an Org's secret key: is the token for that
//     Org, as we say, or for the one of the user's last session? Compare
//     scope.org_id.
//   - A group that does not exist, in a request that makes its user: is it made
//     too, or is the request rejected?
//   - A new user without e-mail or display name: made, or rejected with 400?
//   - GET session/token with a bearer token: a new token at every call, or the
//     same?
//   - Revoking another user's token without the privilege for it: 403, or
//     nothing done and 204?
//   - REPLACE with filter rules alone, or with parameter values alone: are
//     stored ones of the other kind deleted? "clear, with REPLACE, …" tells,
//     with THOUGHTSPOT_ALLOW_JIT=1.
//   - "" for the secret key beside a password, and the reverse: as if it were
//     not there, or a wrong credential?
//
// In package list mode (go test ./...) go shows the report of a failing run
// only; go test, without packages, always shows it.
package contract
