// Backend is an application whose pages embed ThoughtSpot, to start from: its
// users sign in, and each of them sees the data of one region.
//
//	export THOUGHTSPOT_HOST=https://acme.thoughtspot.cloud
//	export THOUGHTSPOT_SECRET_KEY=…
//	go run . -user ann:s3cret:West -user bob:pa55:East
//
// It prints its address as the first line, and serves until it is interrupted.
//
//	tokens.go    the token service: 26 lines of code, and all that embedding asks for;
//	             a service by hand takes 111 to 252
//	app.go       the application's page, sign-in and sign-out
//	main.go      its flags, start and end
//	replicas.go  a Redis, for several of it: together they keep to the pace
//	users.go     its users and sessions, in SQLite
//	page.html    its page, with the vendor's Visual Embed SDK from a CDN
//
// The database is in memory and forgets all at the end; with -db it is a file,
// which several processes on one machine can share. Without -plain browsers send
// the session's cookie over TLS alone, and to localhost.
//
// Have your proxy keep /metrics, /live and /ready from the public. An application
// that changes the region of somebody calls Forget, as its sign-out does.
package main
