package authflow

import (
	"context"
	"net/http/httptrace"
)

// withoutClientTrace hides the net/http/httptrace hooks of the request that began
// a flight. They are for that request only, and the flight may outlast it (L5).
type withoutClientTrace struct{ context.Context }

// Value implements context.Context.
func (c withoutClientTrace) Value(key any) any {
	v := c.Context.Value(key)
	if _, hooks := v.(*httptrace.ClientTrace); hooks {
		return nil
	}
	return v
}
