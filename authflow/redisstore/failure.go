package redisstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// errResponse means that a script returned something it never returns, so that
// the server, or a proxy before it, is not what it seems to be.
var errResponse = errors.New("unexpected response to a script")

// failure returns an error that names the operation. A server that rejects a command
// repeats its arguments, so only the words before them are kept, and the server's
// error is not wrapped.
func failure(op string, err error) error {
	if err == nil {
		return nil
	}
	var response redis.Error
	if !errors.As(err, &response) {
		return fmt.Errorf("redisstore: %s: %w", op, err)
	}
	words, _, _ := strings.Cut(response.Error(), "with args")
	if first, _, found := strings.Cut(words, "`"); found {
		words = first
	}
	return fmt.Errorf("redisstore: %s: server error: %.160s", op, strings.TrimRight(words, " ,\r\n"))
}
