// Package replicas tests replicas that share a Redis, as processes: a
// redis-server, the simulator with the server's rate limit, and programs of
// package replica. All of them end with the test.
//
// The files, in the order in which a spec meets them:
//
//	process_test.go   a process that ends with the test, whatever becomes of the test
//	fleet_test.go     the processes of one spec, and what they have counted
//	load_test.go      users who are at work
//	steady_test.go    a steady load
//	trouble_test.go   Redis stopped, slow, empty, full, and out of reach
//	lock_test.go      a replica that is killed with the lock
//	keys_test.go      new keys, and tokens that are revoked
//	backend_test.go   three of examples/backend
//	clock_test.go     replicas whose clocks are hours apart
//
// Tokens live for 8 to 60 s here, in place of minutes or hours. The constants of
// authflow are not scaled down: a lock of a process that died lasts for 30 s, other
// processes wait for a lock for less than 2 s, and a store that fails is tried again
// within 30 s.
//
// TSAUTH_REPLICAS_STORE=none leaves the store out, which shows its purpose: the
// tests fail then, and say how many tokens were requested.
package replicas
