package wire

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Integer is an integer that a server may write as a JSON number with a
// fraction or an exponent: 1675129564089, 1675129564089.0 and
// 1.675129564089e12 are the same. A number that has no exact int64 is an error.
// null leaves it unchanged.
type Integer int64

// UnmarshalJSON implements json.Unmarshaler.
func (i *Integer) UnmarshalJSON(b []byte) error {
	n, ok, err := parseInteger(b)
	if ok {
		*i = Integer(n)
	}
	return err
}

// UnixMilli is an instant in milliseconds since the Unix epoch, the unit of
// all *_in_millis fields of the API. It is read as Integer is.
type UnixMilli int64

// UnmarshalJSON implements json.Unmarshaler.
func (m *UnixMilli) UnmarshalJSON(b []byte) error {
	n, ok, err := parseInteger(b)
	if ok {
		*m = UnixMilli(n)
	}
	return err
}

// Time returns the instant, or the zero Time for 0, which stands for an absent
// value.
func (m UnixMilli) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m))
}

// The shortest and longest exponents that an int64 can need. They bound the
// work that a hostile number can cause.
const minExponent, maxExponent = -40, 40

// parseInteger reads a JSON value as an int64; ok is false for null.
func parseInteger(b []byte) (n int64, ok bool, err error) {
	if string(b) == "null" {
		return 0, false, nil
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return n, true, nil
	}
	s := string(b)
	if n, ok := exactInteger(s); ok {
		return n, true, nil
	}
	return 0, false, fmt.Errorf("%.40s is not a 64-bit integer", s)
}

func exactInteger(s string) (int64, bool) {
	if len(s) > 64 || !strings.ContainsAny(s, ".eE") {
		return 0, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e < minExponent || e > maxExponent {
			return 0, false
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}
