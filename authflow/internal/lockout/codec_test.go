package lockout

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestR6_Record_TellsWhatWasSavedAfterAnyTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		entries := []entry{
			{hash: 0xfffff, kind: kindRejected, end: began.Add(time.Hour)},
			{hash: 0x12345, kind: kindAccepted, end: began.Add(10 * time.Second)},
			{hash: 0, kind: kindPending, end: began.Add(30 * time.Minute)},
			{hash: 0x80001, kind: kindUnanswered, end: began.Add(59 * time.Minute)},
		}
		record, ttl := formatRecord(entries, began)
		if ttl != time.Hour || len(record) != 3+4*5 {
			t.Errorf("%d bytes for %v", len(record), ttl)
		}
		for _, age := range []time.Duration{0, 5 * time.Second, 11 * time.Second, 40 * time.Minute, 59*time.Minute + 30*time.Second, time.Hour} {
			now := began.Add(72 * time.Hour) // by the clock of another process
			got := parseRecord(record, ttl-age, now)
			var want []entry
			for _, e := range entries {
				e.end = now.Add(e.end.Sub(began) - age)
				if e.end.After(now) {
					want = append(want, e)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("after %v: %v, want %v", age, got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("after %v: %v, want %v", age, got[i], want[i])
				}
			}
		}
		for _, left := range []time.Duration{-time.Hour, 2 * time.Hour} { // a store without a sense of time
			if got := parseRecord(record, left, began); left > 0 && len(got) != 4 || left < 0 && len(got) != 0 {
				t.Errorf("with %v left: %v", left, got)
			}
		}
	})
}

func TestR6_Record_IsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var entries []entry
	for i := range 100 {
		entries = append(entries, entry{hash: uint32(i), kind: kindRejected, end: now.Add(2 * time.Hour)})
	}
	record, ttl := formatRecord(entries, now)
	got := parseRecord(record, ttl, now)
	if ttl > time.Hour || len(got) != maxEntries || got[maxEntries-1].hash != 99 {
		t.Errorf("%d entries for %v", len(got), ttl)
	}
	record, ttl = formatRecord(nil, now)
	if ttl <= 0 || ttl > time.Second || parseRecord(record, ttl, now) != nil {
		t.Errorf("an empty record of %v for %v", record, ttl)
	}
}

func TestR6_RecordThatContradictsItself_CountsAsEmpty(t *testing.T) {
	t.Parallel()
	now := time.Now()
	record, _ := formatRecord([]entry{{kind: kindRejected, end: now.Add(time.Hour)}}, now)
	record[1] = 0 // the time to live is shorter than an entry
	if got := parseRecord(record, time.Hour, now); got != nil {
		t.Error(got)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte{1, 0x8c, 0xa0, 0x20, 0, 0, 0x8c, 0xa0}, int64(time.Hour))
	f.Fuzz(func(t *testing.T, record []byte, left int64) {
		now := time.Now()
		for _, e := range parseRecord(record, time.Duration(left), now) {
			if !e.end.After(now) || e.end.Sub(now) > 2*time.Hour || e.kind >= kinds || e.hash>>hashBits != 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}
