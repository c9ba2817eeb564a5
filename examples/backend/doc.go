// Backend is an application whose pages embed ThoughtSpot, to start from: its
// users sign in, and each of them sees the data of one region.
//
//	export THOUGHTSPOT_HOST=https://acme.thoughtspot.cloud
//	export THOUGHTSPOT_SECRET_KEY=…
//	go run . -user ann:s3cret:West -user bob:pa55:East
//
// It prints its address as the first line, and serves until it is interrupted.
//
//	tokens.go    the token service: 27 lines of code, and all that embedding needs;
//	             a service by hand takes 111 to 252
//	app.go       the application's page, sign-in and sign-out
//	main.go      its flags, start and end
//	metrics.go   its metrics for Prometheus, on an address of their own
//	replicas.go  a Redis, for several processes of it, which share one rate limit
//	users.go     its users and sessions, in SQLite
//	page.html    its page, with the vendor's Visual Embed SDK from a CDN
//
// The database is in memory, and is lost when the program ends. With -db it is a
// file, which several processes on one machine can share. Without -plain, browsers
// send the session's cookie only over TLS, and to localhost.
//
// Metrics are for operators, and not for the public: with -metrics 127.0.0.1:9090 they
// are served on that address only, and on no other. Let your proxy hide /live and
// /ready from the public.
//
// An application that changes the region of a user calls Forget, as its sign-out does.
package main
