package filestore

import (
	"encoding/binary"
	"time"
)

// magic is the beginning of a file of this layout. Three numbers of 64 bits follow,
// and then the value.
const magic = "tsauth1\n"

const header = len(magic) + 3*8

// entry is a value and its ttl.
type entry struct {
	saved time.Time     // by the clock of the machine
	boot  time.Duration // from the start of the machine until it was saved
	ttl   time.Duration
	value []byte
}

func newEntry(value []byte, ttl time.Duration) entry {
	return entry{time.Now(), sinceBoot(), ttl, value}
}

// left returns how much of the ttl is left. Its age is the longer one of two times: by
// the clock, which may have been set, and since the start of the machine, which may
// have been restarted.
func (e *entry) left() time.Duration {
	age := time.Since(e.saved)
	if age < 0 {
		return 0 // saved in the future: its age is unknown
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

// parse returns the entry in a file, and whether there is one.
func parse(text []byte) (e entry, ok bool) {
	if len(text) < header || string(text[:len(magic)]) != magic {
		return entry{}, false
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(text[len(magic)+i*8:])) }
	return entry{time.Unix(0, number(0)), time.Duration(number(1)), time.Duration(number(2)), text[header:]}, true
}
