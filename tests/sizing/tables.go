package sizing

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Table is a table of docs/sizing.md, where it stands between comments with its name.
type Table struct {
	Name string
	Text func() string // in Markdown; it may take some seconds
}

// every is how often a user of the tables clicks.
const every = 30 * time.Second

// serverAllows is how many calls a second the server allows to one address, of
// any kind. rate is how many of them authflow makes for tokens by default.
const (
	serverAllows = 100
	rate         = 50
)

// Sizes for one user, in bytes.
const (
	tokenBytes   = 1000 // of a custom access token with some rules
	requestBytes = 150
	flowBytes    = 400 // of a Flow, without its token and request
	redisBytes   = 145 // of Redis itself for a key, without name and value
)

var (
	populations = []int{1_000, 10_000, 100_000, 1_000_000, 10_000_000} //nolint:gochecknoglobals // they never change
	validities  = []time.Duration{                                     //nolint:gochecknoglobals // they never change
		time.Minute, 5 * time.Minute, time.Hour, 24 * time.Hour,
	}
)

// Tables returns the tables of docs/sizing.md, in their order.
func Tables() []Table {
	return []Table{
		{"mints", mints}, {"addresses", addresses}, {"redis", redis}, {"memory", memory}, {"storm", storms}, {"rotation", rotation},
	}
}

func fleet(users, replicas int, validity time.Duration, store bool) Fleet {
	return Fleet{Users: users, Every: every, Validity: validity, Replicas: replicas, Store: store}
}

// mints is the number of tokens that 1,000 users cost in a second.
func mints() string {
	t := newTable("validity", "1 replica", "3", "20", "200", "3, no store", "20, no store", "200, no store", "browsers")
	for _, v := range validities {
		row := []string{span(v)}
		for _, store := range []bool{true, false} {
			for _, r := range []int{1, 3, 20, 200} {
				if r > 1 || store {
					row = append(row, figure(fleet(1000, r, v, store).Steady().Mints))
				}
			}
		}
		t.row(append(row, figure(1000/v.Seconds()))...)
	}
	return t.String()
}

// addresses is how many addresses a fleet needs with the rate limit.
func addresses() string {
	t := newTable("users at work", "1 min", "5 min", "1 h", "1 day", "1 h, no store", "1 day, no store")
	for _, n := range populations {
		row := []string{number(n)}
		for _, store := range []bool{true, false} {
			for _, v := range validities {
				if store || v >= time.Hour {
					row = append(row, share(fleet(n, 20, v, store).Steady().Mints))
				}
			}
		}
		t.row(row...)
	}
	return t.String()
}

// share returns which part of one address's calls a number of calls is or, above the
// rate limit, how many addresses it needs.
func share(perSecond float64) string {
	n := int(math.Ceil(perSecond / rate))
	switch {
	case n <= 1:
		return fmt.Sprintf("%s %%", figure(100*perSecond/serverAllows))
	case n <= 50:
		return fmt.Sprintf("%d addresses", n)
	}
	return fmt.Sprintf("**no** (%s)", number(n))
}

// redis is the load of Redis, and its memory.
func redis() string {
	t := newTable("users at work", "commands/s, 5 min", "1 h", "1 day", "kB/s, 5 min", "1 h", "1 day", "held")
	const entry = tokenBytes + EntryBytes
	for _, n := range populations {
		row, bytes := []string{number(n)}, []string{}
		for _, v := range validities[1:] {
			r := fleet(n, 20, v, true).Steady()
			// A save is two commands, see package redisstore.
			row = append(row, figure(r.Operations()+r.Saves))
			bytes = append(bytes, figure((r.Operations()*keyBytes+(r.Loads-r.Locks+r.Saves)*entry)/1000))
		}
		t.row(append(append(row, bytes...), size(float64(n)*(entry+redisBytes)))...)
	}
	return t.String()
}

// keyBytes is the size of a command without its value: a key, the name of a script,
// and the protocol.
const keyBytes = 180

func memory() string {
	t := newTable("users at work", "each may come to any replica", "to one of 20", "to one of 200")
	for _, n := range populations {
		row := []string{number(n)}
		for _, share := range []int{1, 20, 200} {
			row = append(row, size(float64(n/share)*(tokenBytes+requestBytes+flowBytes)))
		}
		t.row(row...)
	}
	return t.String()
}

// storms is how long it takes until all users have tokens again.
func storms() string {
	t := newTable("users at work", "addresses", "validity", "20 replicas", "tokens", "20, no store", "tokens")
	for _, c := range []struct {
		users, addresses int
		validity         time.Duration
	}{
		{1_000, 1, 5 * time.Minute}, {10_000, 1, 5 * time.Minute}, {10_000, 1, time.Hour}, {100_000, 1, time.Hour},
		{100_000, 1, 24 * time.Hour}, {100_000, 10, time.Hour}, {1_000_000, 10, 24 * time.Hour}, {1_000_000, 50, time.Hour},
		{10_000_000, 50, 24 * time.Hour},
	} {
		row := []string{number(c.users), number(c.addresses), span(c.validity)}
		for _, store := range []bool{true, false} {
			s := fleet(c.users, 20, c.validity, store).Storm(float64(rate * c.addresses))
			if s.Clear == 0 && s.Mints == 0 {
				row = append(row, "**never**", "–")
				continue
			}
			row = append(row, span(s.Clear), figure(s.Mints))
		}
		t.row(row...)
	}
	return t.String()
}

// rotation is the additional cost of a new secret key for 1,000 users.
func rotation() string {
	t := newTable("validity", "tokens in a life", "more, 3 replicas", "20", "200", "all use the new key after")
	for _, v := range validities[1:] {
		row := []string{span(v), figure(fleet(1000, 20, v, true).Steady().Mints * v.Seconds())}
		for _, r := range []int{3, 20, 200} {
			row = append(row, figure(max(0, fleet(1000, r, v, true).Rotation().Mints)))
		}
		t.row(append(row, span(time.Duration(renewAt*float64(v))))...)
	}
	return t.String()
}

// table is a table in Markdown.
type table struct{ strings.Builder }

func newTable(columns ...string) *table {
	t := &table{}
	t.row(columns...)
	t.row(strings.Split(strings.TrimSuffix(strings.Repeat("---:|", len(columns)), "|"), "|")...)
	return t
}

func (t *table) row(cells ...string) { fmt.Fprintf(t, "| %s |\n", strings.Join(cells, " | ")) }

// figure is a number with two significant digits.
func figure(x float64) string {
	switch {
	case x >= 100:
		digits := math.Pow(10, math.Floor(math.Log10(x))-1)
		return number(int(math.Round(x/digits) * digits))
	case x >= 10:
		return fmt.Sprintf("%.0f", x)
	case x >= 1:
		return fmt.Sprintf("%.1f", x)
	case x >= .01:
		return fmt.Sprintf("%.2g", x)
	}
	return "<0.01"
}

// number has commas.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span is a time as people say it.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour || d == 24*time.Hour:
		return strings.Replace(fmt.Sprintf("%.0f days", d.Hours()/24), "1 days", "1 day", 1)
	case d >= 10*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	case d%time.Hour == 0 && d > 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	case d >= time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < time.Second:
		return "at once"
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// size is a number of bytes.
func size(bytes float64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", bytes/1e9)
	case bytes >= 1e7:
		return fmt.Sprintf("%.0f MB", bytes/1e6)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", bytes/1e6)
	}
	return fmt.Sprintf("%.0f kB", bytes/1e3)
}
