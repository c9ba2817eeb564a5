package lockout

import (
	"encoding/binary"
	"slices"
	"time"
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

// entry is one send in a record.
type entry struct {
	hash    uint32 // the first 20 bits of the keyed hash of the password
	kind    kind
	foreign bool      // the response was not one of ThoughtSpot
	end     time.Time // when it no longer counts, by the clock of this process
}

// at returns when the send was counted, unless it was accepted.
func (e entry) at() time.Time { return e.end.Add(-countsFor) }

// A record is a version byte, its time to live, and for each entry a bit that says
// foreign, 3 bits of kind, 20 bits of hash, and its end. Times are in tenths of a second from the
// moment at which the record was saved, so that the clocks of processes need not
// agree: the Ledger tells how much of the time to live is left.
const (
	recordVersion = 1
	headerSize    = 3
	entrySize     = 5
	maxEntries    = 12
	tick          = 100 * time.Millisecond
	hashBits      = 20
	foreignBit    = 0x80
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
		kind := kind((e[0] &^ foreignBit) >> 4)
		if kind >= kinds || end > ttl {
			return nil
		}
		if end > age {
			entries = append(entries, entry{
				hash: uint32(e[0]&0xf)<<16 | uint32(e[1])<<8 | uint32(e[2]),
				kind: kind, foreign: e[0]&foreignBit != 0,
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
		first := byte(e.kind)<<4 | byte(e.hash>>16)
		if e.foreign {
			first |= foreignBit
		}
		record = append(record, first, byte(e.hash>>8), byte(e.hash))
		record = binary.BigEndian.AppendUint16(record, uint16(end/tick))
	}
	record[0] = recordVersion
	binary.BigEndian.PutUint16(record[1:], uint16(ttl/tick))
	return record, ttl
}
