package redisstore_test

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// before is a hook that is called before each command.
type before func(redis.Cmder)

func (before) DialHook(next redis.DialHook) redis.DialHook { return next }

func (before) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (b before) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		b(c)
		return next(ctx, c)
	}
}

// after is a hook that is called after each command. Its error replaces the
// response.
type after func(redis.Cmder) error

func (after) DialHook(next redis.DialHook) redis.DialHook { return next }

func (after) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (a after) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		if err := next(ctx, c); err != nil {
			return err
		}
		return a(c)
	}
}
