package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// The generic cell rate algorithm. Of a pace two instants are kept, both by the
// server's clock in microseconds: when the next turn would be if there were no
// burst, and when the last one was taken. The second one shows a clock that went
// back, as after a failover to another machine: both go back with it. What cannot
// be an instant of ours counts as no turn taken.
const paceScript = `
local each, burst, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local kept = redis.pcall('GET', KEYS[1])
local due, last
if type(kept) == 'string' then
  due, last = string.match(kept, '^(%d+) (%d+)$')
  due, last = tonumber(due), tonumber(last)
end
if due and last and last > now then due = due - (last - now) end
if not due or due < now or due - now > most + each * burst then due = now end
local wait = math.max(0, due - now - each * (burst - 1))
if wait > most then return -1 end
due = due + each
redis.call('SET', KEYS[1], string.format('%.0f %.0f', due, now), 'PX', string.format('%.0f', math.max(1, math.ceil((due - now) / 1000))))
return string.format('%.0f', wait)`

// maxWait is the longest wait for a turn. Whoever would wait longer gets an
// error, and no turn.
const maxWait = 10 * time.Minute

// slowest is a time between turns past which it does not matter any more.
const slowest = 24 * time.Hour

// Pace implements [authflow.RateLimiter]: a turn that it returns is taken, also if
// nobody uses it. Where turns of 10 minutes are taken already it returns an
// error. Who shares a name should give the same pace, and may change it.
func (s *Store) Reserve(ctx context.Context, name string, perSecond float64, burst int) (time.Duration, error) {
	if !(perSecond > 0) || math.IsInf(perSecond, 0) {
		return 0, errors.New("redisstore: pace: perSecond: needs a rate above 0")
	}
	if burst < 1 {
		return 0, errors.New("redisstore: pace: burst: needs at least 1")
	}
	each := min(1e6/perSecond, float64(slowest.Microseconds()))
	wait, err := s.pace.Run(ctx, s.client, []string{s.key(name, "pace")}, each, burst, maxWait.Microseconds()).Int64()
	switch {
	case err != nil:
		return 0, failure("pace", err)
	case wait < 0:
		return 0, fmt.Errorf("redisstore: pace: turns of more than %v are taken already", maxWait)
	}
	return time.Duration(wait) * time.Microsecond, nil
}
