package lockout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// A tool that cron starts each minute, after its password was changed.
func TestR6_ToolEachMinute_SendsAWrongPasswordThreeTimesInAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{latency: 20 * time.Millisecond}
		var sent []time.Time
		for range 4 * 60 {
			r := process(m)
			_, err := attempt(t.Context(), r.Password("ann", "wrong", lockout.Scheduled), func() *outcome.Failure {
				sent = append(sent, time.Now())
				after(300 * time.Millisecond)
				return wrong
			})
			var b *lockout.BlockedError
			if err != nil && (!errors.As(err, &b) || b.RetryAfter <= 0 || b.Last.Class != outcome.Rejected) {
				t.Fatal(err)
			}
			flush(t, r)
			after(time.Minute)
		}
		if len(sent) < 10 {
			t.Errorf("sent %d times in four hours, a mistake of the server would last", len(sent))
		}
		expectThreeAnHour(t, sent)
		if m.maxTTL > time.Hour || m.longest > 63 {
			t.Errorf("records of %d bytes for %v", m.longest, m.maxTTL)
		}
	})
}

// After the first rejection, the tool hears nothing but 502.
func TestR6_ToolEachMinute_CountsTheResponsesOfAGatewayAfterARejection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		var sent []time.Time
		for range 4 * 60 {
			r := process(m)
			_, _ = attempt(t.Context(), r.Password("ann", "wrong", lockout.Scheduled), func() *outcome.Failure {
				sent = append(sent, time.Now())
				if len(sent) == 1 {
					return wrong
				}
				return overloaded
			})
			flush(t, r)
			after(time.Minute)
		}
		if len(sent) < 10 {
			t.Errorf("sent %d times in four hours", len(sent))
		}
		expectThreeAnHour(t, sent)
	})
}

// The process ends, or is killed, before it hears or saves anything.
func TestR6_ToolThatIsKilled_SendsThreeTimesInAnHour(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := &memory{}
		var sent []time.Time
		for range 4 * 60 {
			ticket := process(m).Password("ann", "wrong", lockout.Scheduled)
			ready(t, ticket).Take(time.Now())
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if reserve(ctx, ticket) == nil {
				sent = append(sent, time.Now())
			}
			cancel()
			after(time.Minute)
		}
		if len(sent) < 10 {
			t.Errorf("sent %d times in four hours", len(sent))
		}
		expectThreeAnHour(t, sent)
	})
}
