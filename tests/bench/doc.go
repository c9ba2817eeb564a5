// Package bench compares authflow with the libraries that a user would pick
// instead, on the same token, the same server and the same load.
//
// Each _test.go file is one question, in the order of the printed tables:
//
//	inject_test.go      what it costs to authorise one request
//	send_test.go        what it costs to send a GET, over HTTP/1 and HTTP/2
//	post_test.go        what it costs to send a POST
//	session_test.go     a GET with a session's cookies
//	acquire_test.go     what it costs to get the first token
//	herd_test.go        10,000 callers on an expired token
//	renewal_test.go     what callers notice of a renewal
//	revocation_test.go  all tokens revoked under load
//	store_test.go       a first token that a Store has
//	memory_test.go      what a client in use costs, and an idle one
//	nineoclock_test.go  10,000 users who come at the same time
//	badusers_test.go    20 users of 500 whose calls never succeed
//	deadserver_test.go  500 users while the server is down
//	import_test.go      what it costs to compile
//	pool_test.go        what it costs to find a user's client
//	calls_test.go       what it costs the server
//
// setup_test.go, load_test.go and crowd_test.go have what several of them use: the
// clients, a steady load on one client, and many users in virtual time. Package peers
// has the libraries, one file each, with what each of them lacks; package fake is the
// server; the command table runs everything and prints the tables:
//
//	go run ./table          # fifteen minutes
//	go run ./table -report  # the same, into RESULTS.md, with benchstat
//
// Timings are worth comparing within one run only, and on a quiet machine. Counts
// (allocations, calls, errors) and times of the scenarios in virtual time are the same
// in each run. ../measured says whether RESULTS.md is older than the code.
package bench
