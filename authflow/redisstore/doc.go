// Package redisstore keeps tokens in Redis or Valkey, for replicas that share
// them: an [authflow.Store] that is an [authflow.RateLimiter] as well. It is a module
// of its own.
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs, ContextTimeoutEnabled: true})
//	store, err := redisstore.New(client)
//	cluster, err := authflow.New(url, authflow.WithSecretKey(secret), authflow.WithStore(store, key))
//
// # Choosing a deployment
//
// What is kept is worth one call for a token each, and nothing else is lost with
// it. So one server is enough for most, without persistence and without replicas.
//
//   - One server (redis.NewClient): while it is away each replica asks for its own
//     tokens, at the pace of its own.
//   - Sentinel (redis.NewFailoverClient): goes on after a failover. What the new
//     master had not got yet is lost: a token, which costs a call, or a lock, which
//     may cost a second call.
//   - Cluster (redis.NewClusterClient): for more than one server can hold or answer.
//     All that is kept of one principal is in one hash slot.
//
// The master is asked for everything, as it is all by scripts: a client with
// ReadOnly, RouteByLatency or RouteRandomly gets no stale token from a replica. A
// Sentinel client with ReplicaOnly does not work.
//
// Needed are Redis 6.2 or Valkey 7.2, or later, and of the client
// ContextTimeoutEnabled: [New] refuses one without it. A context that is cancelled
// without having had a deadline is noticed between commands only.
//
// Give the client a TLSConfig, and a user that can do what is needed and nothing
// else:
//
//	user tsauth on ><password> ~tsauth:* resetchannels -@all
//	  +evalsha +eval +get +set +del +pttl +pexpire +time +hello +auth +ping
//
// A Cluster's user needs +cluster|slots +command +readonly besides, and one of
// another DB than 0 needs +select. DisableIdentity in the client's options leaves
// out a CLIENT SETINFO that is refused to this user, and else ignored.
//
// The server should have maxmemory with room, and any policy: with one that evicts
// a token may cost a call more, with noeviction a full server takes no new ones.
//
// # What is kept
//
// Of each principal, by the name that authflow makes of it, with its end:
//
//	tsauth:{<43 characters>}:token  the sealed token, while it lives
//	tsauth:{<43 characters>}:lock   26 random characters, while its call is made
//
// and of each ThoughtSpot server a pace, while turns of it are taken:
//
//	tsauth:{<43 characters>}:pace   two instants in microseconds
//
// A value is some 230 bytes longer than its token, sealed. One of 600 bytes takes
// 744 of Redis 7.0: a million principals take 750 MB. A token that is asked for
// costs seven commands, one of them for the pace; a replica that finds it costs
// one, and one that waited for it four and more.
//
// # What happens when
//
//   - Redis is away, hangs, or refuses: authflow goes on without it, each replica at
//     the pace of its own, and tries again within half a minute. Leases serve.
//   - Redis is full and evicts nothing: the same, as for a lock that cannot be taken.
//   - Redis lost everything: leases serve, and the next renewal is kept again.
//   - A replica dies with a lock: others wait to its limit, which is 15 s.
//   - A lock was taken, and the answer did not arrive: the same, unless the client
//     asks once more, which it does unless its context has ended.
//   - The server executes a command late: no token is kept past its end, as that was
//     said by the server's clock.
//   - The server's clock goes back or ahead: tokens are kept for longer or shorter by
//     as much. One with more left than its whole life is not used, and one that is
//     used past its end is refused and replaced. No turn of the pace is later for it.
//   - Somebody else writes to these keys: what cannot be a value is taken for
//     nothing, and what was not sealed for its name is not opened by authflow.
package redisstore
