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
// operation, a documented status, a property of a request or an answer, or a
// value of an enum was never exercised, and prints the tables of both. A property
// of an answer has to come as a value, as null if it may be, and not at all.
//
// Requests and answers are generated from the document:
//
//   - more than a thousand malformed requests: each must be answered with 400 in
//     the documented envelope, and come out of the client as the typed error;
//   - requests that the document refuses and the server takes, because the
//     vendor's SDKs send them;
//   - answers with every property as it should be, null and absent, which the
//     client must decode;
//   - answers with every property as it should not be, which must cost no more
//     than that property, and a Flow not its token.
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
//	THOUGHTSPOT_USERNAME          who to be
//	THOUGHTSPOT_PASSWORD          for log-in and basic authentication, or
//	THOUGHTSPOT_SECRET_KEY        for trusted authentication, or both
//	THOUGHTSPOT_OBJECT_ID         GUID of an object, for object access tokens
//	THOUGHTSPOT_CA_FILE           PEM file of a certificate to trust
//	THOUGHTSPOT_ALLOW_JIT=1       may make users named tsauth-contract-… and
//	                              store rules for THOUGHTSPOT_USERNAME
//	THOUGHTSPOT_ALLOW_REVOKE_ALL=1  may end all tokens of THOUGHTSPOT_USERNAME
//
// Specs that need the simulator's controls (its clock, faults, accounts that
// are locked) are left out there, and so are those that could do harm, unless
// their switch is set; the report says which and why. A server that behaves
// otherwise than the document or a spec says does not fail the run: the report
// ends with where it differs. Coverage is printed and not required.
//
// In package list mode (go test ./...) go shows the report of a failing run
// only; go test, without packages, always shows it.
package contract
