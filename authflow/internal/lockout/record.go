package lockout

import (
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// kind is the outcome of a send that a record counts.
type kind uint8

const (
	kindPending    kind = iota // it is in flight, or its process ended
	kindUnanswered             // no response came
	kindRejected               // the server rejected the password
	kindAccepted               // the server accepted the password a moment ago
	kindHidden                 // a gateway responded, after the server had rejected the password before
	kinds
)

// cause says more of a response that counts as a rejection. It decides nothing: the next
// process reports it.
type cause uint8

const (
	causeUnknown   cause = iota
	causeForeign         // the response was not one of ThoughtSpot
	causeForbidden       // 403: the account is locked, for example
	causes
)

// causeOf returns the cause of a failure, which may be nil.
func causeOf(f *outcome.Failure) cause {
	switch {
	case f == nil:
		return causeUnknown
	case f.Foreign:
		return causeForeign
	case f.Status == http.StatusForbidden:
		return causeForbidden
	}
	return causeUnknown
}

// entry is one send in a record.
type entry struct {
	hash  uint32 // the first 20 bits of the keyed hash of the password
	kind  kind
	cause cause
	end   time.Time // when it no longer counts, by the clock of this process
}

// at returns when the send was counted, unless it was accepted.
func (e entry) at() time.Time { return e.end.Add(-countsFor) }

// A record is a version byte, its time to live, and for each entry 4 bits of kind and
// cause with 20 bits of hash, and its end. Times are in tenths of a second from the
// moment at which the record was saved, so that the clocks of processes need not
// agree: the Ledger tells how much of the time to live is left.
const (
	recordVersion = 1
	headerSize    = 3
	entrySize     = 5
	maxEntries    = 12
	tick          = 100 * time.Millisecond
	hashBits      = 20
)

// shortHash returns the part of a hash that a record holds. Another password is
// taken for this one once in a million.
func shortHash(hash [32]byte) uint32 { return binary.BigEndian.Uint32(hash[:4]) >> (32 - hashBits) }

// parseRecord returns the entries of a record of which left is still to live.
// Anything that is not a record of this version counts as an empty one.
func parseRecord(record []byte, left time.Duration, now time.Time) []entry {
	if len(record) < headerSize || record[0] != recordVersion {
		return nil
	}
	body := record[headerSize:]
	if len(body)%entrySize != 0 || len(body) > maxEntries*entrySize {
		return nil
	}
	ttl := time.Duration(binary.BigEndian.Uint16(record[1:])) * tick
	age := ttl - min(max(left, 0), ttl)
	var entries []entry
	for e := range slices.Chunk(body, entrySize) {
		end := time.Duration(binary.BigEndian.Uint16(e[3:])) * tick
		code := e[0] >> 4
		if code >= byte(kinds)*byte(causes) || end > ttl {
			return nil
		}
		if end > age {
			entries = append(entries, entry{
				hash: uint32(e[0]&0xf)<<16 | uint32(e[1])<<8 | uint32(e[2]),
				kind: kind(code % byte(kinds)), cause: cause(code / byte(kinds)),
				end: now.Add(end - age),
			})
		}
	}
	return entries
}

// formatRecord returns the record of entries that is saved now, and how long it has
// to live. A record without entries lives for a moment: it replaces another one.
func formatRecord(entries []entry, now time.Time) (record []byte, ttl time.Duration) {
	entries = entries[max(0, len(entries)-maxEntries):]
	ttl = tick
	record = make([]byte, headerSize, headerSize+len(entries)*entrySize)
	for _, e := range entries {
		end := min(max(e.end.Sub(now), 0)+tick-1, countsFor).Truncate(tick)
		ttl = max(ttl, end)
		code := byte(e.cause)*byte(kinds) + byte(e.kind)
		record = append(record, code<<4|byte(e.hash>>16), byte(e.hash>>8), byte(e.hash))
		record = binary.BigEndian.AppendUint16(record, uint16(end/tick))
	}
	record[0] = recordVersion
	binary.BigEndian.PutUint16(record[1:], uint16(ttl/tick))
	return record, ttl
}
