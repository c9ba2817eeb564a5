package filestore

import (
	"encoding/binary"
	"time"
)

// magic begins a file of this layout: three numbers of 64 bits follow, and the
// value.
const magic = "tsauth1\n"

const header = len(magic) + 3*8

// entry is a value, and how long it is kept.
type entry struct {
	saved time.Time     // by the clock of the machine
	boot  time.Duration // when it was saved, since the machine has started
	ttl   time.Duration
	value []byte
}

func newEntry(value []byte, ttl time.Duration) entry {
	return entry{time.Now(), sinceBoot(), ttl, value}
}

// left returns how much longer an entry is kept. The clock may have been set, and
// the machine may have been started again since: neither makes it longer, as far
// as the other shows it.
func (e *entry) left() time.Duration {
	age := time.Since(e.saved)
	if age < 0 {
		return 0 // nobody knows
	}
	return e.ttl - max(age, sinceBoot()-e.boot)
}

func (e *entry) text() []byte {
	text := append(make([]byte, 0, header+len(e.value)), magic...)
	for _, n := range []int64{e.saved.UnixNano(), int64(e.boot), int64(e.ttl)} {
		text = binary.BigEndian.AppendUint64(text, uint64(n))
	}
	return append(text, e.value...)
}

// parse returns the entry that a file holds, and whether it holds one.
func parse(text []byte) (e entry, ok bool) {
	if len(text) < header || string(text[:len(magic)]) != magic {
		return entry{}, false
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(text[len(magic)+i*8:])) }
	return entry{time.Unix(0, number(0)), time.Duration(number(1)), time.Duration(number(2)), text[header:]}, true
}
