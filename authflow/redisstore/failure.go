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

// failure says in which operation an error came. A server repeats what it was
// sent where it refuses a command, so that of its own words only those before
// that are kept, and the error itself is not.
func failure(op string, err error) error {
	if err == nil {
		return nil
	}
	var answer redis.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("redisstore: %s: %w", op, err)
	}
	words, _, _ := strings.Cut(answer.Error(), "with args")
	if first, _, found := strings.Cut(words, "`"); found {
		words = first
	}
	return fmt.Errorf("redisstore: %s: the server says: %.160s", op, strings.TrimRight(words, " ,\r\n"))
}
