// Package replicas holds replicas that share a Redis to what authflow promises
// of them, as processes: a redis-server, the simulator with the server's limit of
// calls, and programs of package replica, each of which ends with the test.
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
// Times are scaled down: a life of a token is from 6 to 30 s where it is minutes
// or hours in use. What is fixed in authflow is not: a lock is held for 15 s, and
// a store that fails is tried again within 30 s.
//
// TSAUTH_REPLICAS_STORE=none leaves the store out, and shows what it is for: the
// specs fail then, and say how many tokens were asked for.
package replicas
