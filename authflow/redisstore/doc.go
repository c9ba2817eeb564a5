// Package redisstore keeps tokens in Redis or Valkey, for replicas that share them.
// Its Store is an [authflow.Store] and an [authflow.RateLimiter]. The package is a
// module of its own.
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{
//		Addrs: addrs,
//		ContextTimeoutEnabled: true,
//		DialTimeout: 500 * time.Millisecond, // of a server that is out of reach
//		DialerRetries: 1,
//		MaxRetries: 1,
//	})
//	store, err := redisstore.New(client)
//	cluster, err := authflow.New(url, authflow.WithSecretKey(secret), authflow.WithStore(store, key))
//
// # Choosing a deployment
//
// If Redis loses a value, the fleet makes one more call for a token, and that is
// all. One server is therefore enough for most services, without persistence and
// without replicas.
//
//   - One server (redis.NewClient): while it is down, each replica requests its own
//     tokens and keeps to the rate on its own.
//   - Sentinel (redis.NewFailoverClient): works again after a failover. Values that the
//     new master has not received are lost: a token, which costs a call, or a lock,
//     which may cost a second call.
//   - Cluster (redis.NewClusterClient): for more than one server can hold or serve. All
//     keys of one principal are in one hash slot. After a node was replaced, the client
//     uses the old one until it reloads the state of the cluster: set its
//     ClusterStateReloadInterval to some seconds, because the default is a minute.
//
// All operations go to the master, because they are scripts: a client with ReadOnly,
// RouteByLatency or RouteRandomly does not get an old token from a replica. A
// Sentinel client with ReplicaOnly does not work.
//
// The server must be Redis 6.2, Valkey 7.2, or later. The client must have
// ContextTimeoutEnabled: [New] returns an error otherwise. Without a deadline, a
// context that is canceled is noticed only between two commands.
//
// authflow gives an operation one second. The limits of the client should be below it,
// so that no operation continues in the background: by default the client tries up to
// twenty times to connect, for five seconds each, and with TLS it does not honor the
// context in that time. With the options above it stops within about a second. Its
// PoolSize should be above 24: so many operations of a process are in progress at once,
// beside those that wait for a lock.
//
// Give the client a TLSConfig, and a user with these rights and no others:
//
//	user tsauth on ><password> ~tsauth:* resetchannels -@all
//	  +evalsha +eval +get +set +del +pttl +pexpire +time +hello +auth +ping
//
// A Cluster's user needs +cluster|slots +command +readonly besides, and a user of a
// DB other than 0 needs +select. The client sends CLIENT SETINFO when it connects,
// which this user may not do and the client ignores; DisableIdentity in its options
// leaves it out.
//
// The server needs a maxmemory that leaves room. With a policy that evicts keys, an
// evicted token costs a call; with noeviction a full server stores no new ones.
//
// # Keys and values
//
// For each principal, under the name that authflow derives from it:
//
//	tsauth:{<43 characters>}:token  the sealed token, until it expires
//	tsauth:{<43 characters>}:lock   26 random characters, during the call for a token
//
// and for each ThoughtSpot server, while turns of its rate are taken:
//
//	tsauth:{<43 characters>}:rate   two times in microseconds
//
// Other values that authflow stores, such as the count of rejected passwords, have a
// :token key under a name of their own. All keys expire.
//
// A value is about 230 bytes longer than its token. With a token of 600 bytes it takes
// 744 bytes of Redis 7.0, so a million principals take 750 MB. A call for a token
// costs seven commands, one of them for the rate. A replica that finds a token sends
// one command, and a replica that waited for the lock four or more.
//
// # What happens when
//
//   - Redis is down, hangs, or rejects commands: authflow works without it, each replica
//     keeps to the rate on its own, and tries Redis again within half a minute. Tokens
//     in use stay in use.
//   - Redis is full and evicts nothing: the same, because a lock cannot be taken.
//   - Redis has lost everything: tokens in use stay in use, and the next renewal is
//     stored again.
//   - A replica dies with a lock: the others wait for it for a short time, and then
//     request the token without the lock, which expires at its limit.
//   - The response to a Lock is lost: the client sends the command again and finds that
//     it holds the lock. If its context has ended, the Store releases the lock in the
//     background.
//   - The response to a Swap is lost: the client sends the command again and finds its
//     own value.
//   - The server executes a command late: no value is stored past its end, because the
//     command says when that is by the server's clock.
//   - The server's clock jumps: values live longer or shorter by as much. authflow does
//     not use a token whose time left is longer than its lifetime, and replaces one
//     that the server rejects. No turn of the rate comes later.
//   - Another program writes to these keys: anything that cannot be a value counts as
//     nothing, and authflow does not open a value that was not sealed for its name.
package redisstore
