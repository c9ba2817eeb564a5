package authflow

import (
	"context"
	"fmt"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// graceTime is how long code of the user's may go on after its context has
// ended, before it is left behind.
const graceTime = time.Second

// userCall is one call of code that the user supplied: a credential function, a
// Store, a RoundTripper.
type userCall[T any] struct {
	what string                           // names the code in errors
	call func(context.Context) (T, error) // runs in a goroutine of its own
	late func(T)                          // gets what arrives after run has returned; or nil
}

// run calls the user's code and returns what it returns. It does not wait longer
// than graceTime after ctx has ended, whatever the code does then. A panic, or
// runtime.Goexit, is an error.
func (u userCall[T]) run(ctx context.Context) (T, error) {
	type result struct {
		value T
		err   error
	}
	results, abandoned := make(chan result), make(chan struct{})
	go func() {
		r := result{err: fmt.Errorf("the %s ended its goroutine", u.what)}
		defer func() {
			select {
			case results <- r:
			case <-abandoned:
				if u.late != nil && r.err == nil {
					u.late(r.value)
				}
			}
		}()
		err := renewal.Guard(func() (err error) {
			r.value, err = u.call(ctx)
			return err
		})
		r.err = err
	}()
	select {
	case r := <-results:
		return r.value, r.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(graceTime)
	defer grace.Stop()
	select {
	case r := <-results:
		return r.value, r.err
	case <-grace.C:
		close(abandoned)
		var none T
		return none, fmt.Errorf("the %s did not return: %w", u.what, context.Cause(ctx))
	}
}
