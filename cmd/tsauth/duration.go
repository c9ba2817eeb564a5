package main

import (
	"errors"
	"strconv"
	"time"
)

// duration is a time on the command line, such as 90s or 10m. A number alone is one of
// seconds, as for the setting validity.
type duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if seconds, ofNumber := strconv.ParseInt(string(text), 10, 32); ofNumber == nil {
		parsed, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || parsed < 0 {
		return errors.New("must be a time such as 10m or 90s, or a number of seconds")
	}
	*d = duration(parsed)
	return nil
}
