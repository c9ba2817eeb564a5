// Backend is an application whose pages embed ThoughtSpot, to start from: its
// users sign in, and each of them sees the data of one region.
//
//	export THOUGHTSPOT_HOST=https://acme.thoughtspot.cloud
//	export THOUGHTSPOT_SECRET_KEY=…
//	go run . -user ann:s3cret:West -user bob:pa55:East
//
// It prints its address as the first line, and serves until it is interrupted.
//
//	tokens.go    the token service: 25 lines of code, and all that embedding needs;
//	             a service by hand takes 111 to 252
//	calls.go     calls of the API on behalf of the user: GET /whoami
//	app.go       the application's page, sign-in and sign-out
//	main.go      its flags, start and end
//	metrics.go   its metrics for Prometheus, on an address of their own
//	replicas.go  a Redis, for several processes of it
//	users.go     its users and sessions, in SQLite
//	page.html    its page, with the vendor's Visual Embed SDK from a CDN
//
// The database is in memory, and is lost when the program ends. With -db it is a
// file, which several processes on one machine can share. Without -plain, browsers
// send the session's cookie only over TLS, and to localhost.
//
// # Three replicas behind one address
//
//	export TSAUTH_STORE_KEY=$(openssl rand -hex 32)
//	for port in 8081 8082 8083; do
//		go run . -addr 127.0.0.1:$port -redis 127.0.0.1:6379 -db app.db &
//	done
//
// One of them adds the users with -user. Put a proxy before them that keeps the Host
// header; a page may get each response from another replica. They share one rate
// limit, the tokens for calls of the API, and the record of the tokens that pages
// have. So a user who signs out at one replica is signed out at all three. Tokens for
// pages are not shared: each page gets its own.
//
// # Signing out
//
// A sign-out ends all tokens of the user, also those that other programs have made. So
// let each user of ThoughtSpot be one person; otherwise read
// tokenservice.WithSignOutEverywhere. If ThoughtSpot cannot be reached, the user is
// signed out of the application, the page says that tokens may still work, and its
// button continues the sign-out. The same page is shown to a user whom ThoughtSpot
// does not have yet. A call that another replica makes on behalf of the user at that
// moment can leave one token, which no page gets and which expires within an hour.
//
// An application that changes the region of a user calls both Forget methods, as its
// sign-out does.
//
// # Operation
//
// Metrics are for operators, and not for the public: with -metrics 127.0.0.1:9090 they
// are served on that address only, and on no other. Let your proxy hide /live and
// /ready from the public.
package main
