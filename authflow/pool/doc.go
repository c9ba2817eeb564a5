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
//	many ask for one key at once        the function is called once
//	it fails, or panics                 all who asked get the error; the next calls it again
//	there are more than WithMaxFlows    what was used least is dropped
//	a flow is not requested WithIdle    it is dropped
//	Forget                              the flow is logged out; the next Get makes another
//	Close                               all flows are logged out; Get returns ErrClosed
//
// A flow that is dropped is not closed: it holds no goroutine, timer or
// connection, whoever uses it goes on, and its tokens end by themselves. Forget
// ends the tokens of the flow that the pool has, but not those of one that it has
// dropped: let WithIdle be no shorter than the tokens live, and WithMaxFlows
// above the number of users who are there at once.
//
// Revocations wait in the rate-limit queue of the cluster, like all calls for
// credentials.
//
// A Get of a key whose flow is there takes no lock.
package pool
