package authflow

import (
	"context"
	"net/http/httptrace"
)

// withoutClientTrace hides the net/http/httptrace hooks of the request that began
// a flight: they are to hear of that request only, and not when it is long over
// (L5).
type withoutClientTrace struct{ context.Context }

// Value implements context.Context.
func (c withoutClientTrace) Value(key any) any {
	v := c.Context.Value(key)
	if _, hooks := v.(*httptrace.ClientTrace); hooks {
		return nil
	}
	return v
}
