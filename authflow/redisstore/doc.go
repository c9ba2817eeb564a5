// Package redisstore keeps tokens in Redis or Valkey, for replicas that share
// them: an [authflow.Store] that is an [authflow.Pacer] as well. It is a module
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
// On a Cluster it needs +cluster|slots +cluster|shards +command +readonly besides,
// and on another DB than 0 +select. DisableIdentity in the client's options leaves
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
//	tsauth:{<43 characters>}:lock   26 random characters, during a call
//
// and of each ThoughtSpot server a pace, while turns of it are taken:
//
//	tsauth:{<43 characters>}:pace   two instants in microseconds
package redisstore
