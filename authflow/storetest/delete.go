package storetest

import (
	"bytes"
	"fmt"
	"time"
)

func deleteRemoves(s *subject) {
	for _, value := range [][]byte{[]byte("value"), {}, {0, 0xff, '\n'}, bytes.Repeat([]byte{7}, 4096)} {
		name, other := newName(), newName()
		s.mustSave(name, value, long)
		s.mustSave(other, value, long)
		s.mustDelete(name, value)
		s.hasNot(name)
		s.has(other, value)
		s.mustDelete(name, value)
		s.mustSave(name, value, long)
		s.has(name, value)
	}
}

func deleteLeaves(s *subject) {
	name := newName()
	s.mustSave(name, []byte("first"), long)
	s.mustSave(name, []byte("second"), long)
	for _, value := range [][]byte{[]byte("first"), []byte("secon"), []byte("second "), []byte("SECOND"), {}, nil} {
		s.mustDelete(name, value)
		if left := s.has(name, []byte("second")); left < long/2 {
			s.Errorf("kept for only %v after a Delete of another value", left)
		}
	}
}

// deleteAndSave runs the two against each other until one is likely to have come
// between the comparison and the removal of the other.
func deleteAndSave(s *subject) {
	const rounds = 200
	ctx := s.within(s.patience)
	began := time.Now()
	for i := range rounds {
		if time.Since(began) > time.Second && i > 20 {
			break
		}
		name := newName()
		before, after := []byte("before"), fmt.Append(nil, "after ", i)
		s.mustSave(name, before, long)
		s.both(i,
			func() error { return s.Delete(ctx, name, before) },
			func() error { return s.Save(ctx, name, after, long) },
		)
		s.has(name, after)
		s.mustDelete(name, after)
	}
}
