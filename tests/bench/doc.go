// Package bench compares authflow with the libraries that a user would pick
// instead, on the same token, the same server and the same load.
//
// Each _test.go file is one question, in the order of the printed table:
//
//	inject_test.go      what it costs to authorise one request
//	send_test.go        what it costs to send one
//	session_test.go     the same with a session's cookies
//	acquire_test.go     what it costs to get the first token
//	renewal_test.go     what callers notice of a renewal
//	herd_test.go        10,000 callers on an expired token
//	revocation_test.go  all tokens revoked under load
//	calls_test.go       what it costs the server
//	memory_test.go      what an idle client costs
//	import_test.go      what it costs to compile
//
// load_test.go is the load that three of them use. Package peers has the
// libraries, one file each, with what each of them lacks; package fake is the
// server; the command table runs everything and prints one table:
//
//	go run ./table          # fifteen minutes
//	go run ./table -report  # the same, into RESULTS.md, with benchstat
//
// Timings are worth comparing within one run only.
package bench
