// Package pool keeps a flow for each of many users of one cluster.
//
//	users, err := pool.New(func(ctx context.Context, name string) (*authflow.Flow, error) {
//		rules, err := db.RulesOf(ctx, name)
//		if err != nil {
//			return nil, err
//		}
//		return cluster.CustomAccess(gen.GetCustomAccessTokenRequest{Username: name, …})
//	})
//	…
//	ann, err := users.Get(ctx, "ann")
//	token, err := ann.Token(ctx)
//
// # What happens when
//
//	many callers request one key at once    create is called once; each waits under its own context
//	create fails or panics                  these callers get the error; the next Get calls create again
//	the pool is full                        the least recently used flow is dropped
//	Get returns a flow not for WithIdle     it is dropped by the next use of the pool
//	a user closes a flow                    the next Get creates another one
//	Forget                                  the flow is logged out; the next Get creates another one
//	Forget fails                            the pool keeps the flow; the next Forget of the key continues
//	Close                                   all flows are logged out; Get returns ErrClosed
//	Close fails                             a second Close continues
//
// The pool has no goroutine and no timer of its own. A Get of a flow that is there
// takes one lock for less than a microsecond.
//
// # What Forget cannot end
//
// A flow that is dropped is not closed. A caller that holds it can go on using it,
// and its tokens expire by themselves. The pool does not know it any more: a later
// Forget of its key returns nil although these tokens may be alive, and so does
// Close. Let WithIdle be at least the lifetime of a token, so that an idle flow has
// no token that is alive when it is dropped, and let WithMaxFlows be above the number
// of users within one lifetime. The count Stats.Dropped tells how many flows were
// dropped. To end all tokens of a user, wherever they were made, use
// [authflow.Everywhere] with a new flow of that user.
//
// Forget and Close know the flows of this pool only. Tokens that another process
// acquired for the same user stay alive.
//
// The pool keeps at most 10,000 flows that Forget could not log out, or that their
// users closed without logging them out. When there are more, flows whose tokens have
// expired make room. If there are none, the flow is not kept: [ForgetError.Dropped]
// says so, Stats.Lost counts it, and Close returns an error until its tokens have
// expired.
//
// # What it costs
//
// These are the bytes that a principal takes in all, with its key, its request and the
// texts of its tokens. They are measured with 1,000,000 principals (20,000 for tokens of
// 1,200 bytes) that were each renewed three times. A token that was renewed is kept
// until it expires, because Logout has to end it.
//
//	tokens that are alive                        of 200 bytes    of 1,200 bytes
//	1, after the one before has expired                   919             2,048
//	2, renewed after two thirds of a lifetime           1,207             3,376
//	4, renewed three times within a lifetime            1,831             6,108
//
// Beside the texts of the tokens, these are 700 to 850 bytes with one token, and 100
// to 150 bytes more with each other one. A million principals with two tokens of 200
// bytes need 1.2 GB, with tokens of 1,200 bytes 3.4 GB, and up to as much again for the
// garbage collector.
//
// Revocations wait in the rate-limit queue of the Cluster, as all calls for
// credentials do: at 50 calls a second, Close needs 20 seconds for 1,000 flows. Give
// it a context that lasts long enough.
package pool
