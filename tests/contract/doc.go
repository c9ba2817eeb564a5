// Package contract holds the spec, the client, the simulator and a live server
// together. It has tests only, in a module of its own, because a second
// validator of OpenAPI has no place among the project's dependencies.
//
// # What is checked
//
// All exchanges of the suite pass through a recorder that holds each request
// and each answer to api/openapi.yaml: by kin-openapi and, independently of
// it, by pb33f/libopenapi-validator; statuses and properties that the document
// does not declare are refused. What a document cannot say (a 204 has no body,
// a log-in sets two cookies) is asserted beside it. The run fails if an
// operation, a documented status, a request property or a value of an enum was
// never exercised, and prints the table of operations and statuses.
//
// Malformed requests are generated from the document, several hundred of them:
// each must be answered with 400 in the documented envelope, and come out of
// the client as the typed error. The remaining specs are the semantics of the
// API, one sentence each.
//
// # The simulator, or a server
//
//	go test            # the simulator, on a loopback TLS socket
//
// With THOUGHTSPOT_HOST set the same suite runs against that server:
//
//	THOUGHTSPOT_HOST              https://acme.thoughtspot.cloud
//	THOUGHTSPOT_USERNAME          who to be
//	THOUGHTSPOT_PASSWORD          for log-in and basic authentication, or
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
// their switch is set; the report says which and why. A server that behaves
// otherwise than the document or a spec says does not fail the run by itself:
// the report ends with where it differs, and reasons.yaml says why it may.
// Coverage is printed and not required.
//
// # What to ask a server first
//
// On these the vendor's documents are silent, vague or at odds, and the suite
// and the simulator have chosen an answer. The first run against a server of a
// release settles them; what comes out otherwise gets a reason, or our spec and
// the simulator follow.
//
//   - No Org in a request that has an Org's secret key: is the token for that
//     Org, as we say, or for the one of the user's last session? Compare
//     scope.org_id.
//   - A group that does not exist, in a request that makes its user: is it made
//     too, or is the request refused?
//   - A new user without e-mail or display name: made, or refused with 400?
//   - GET session/token with a bearer token: a new token at every call, or the
//     same?
//   - Revoking another user's token without the privilege for it: 403, or
//     nothing done and 204?
//   - REPLACE with filter rules alone, or with parameter values alone: are
//     stored ones of the other kind deleted?
//   - "" for the secret key beside a password, and the reverse: as if it were
//     not there, or a wrong credential?
//
// In package list mode (go test ./...) go shows the report of a failing run
// only; go test, without packages, always shows it.
package contract
