package storetest

import (
	"bytes"
	"fmt"
	"sync"
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
			s.Errorf("kept for %v only, after a Delete of something else", left)
		}
	}
}

// deleteAndSave runs the two against each other until one can have come between
// the look and the act of the other.
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
		var both sync.WaitGroup
		start := make(chan struct{})
		both.Go(func() {
			<-start
			if err := s.Delete(ctx, name, before); err != nil {
				s.Errorf("Delete: %v", err)
			}
		})
		both.Go(func() {
			<-start
			if err := s.Save(ctx, name, after, long); err != nil {
				s.Errorf("Save: %v", err)
			}
		})
		close(start)
		both.Wait()
		s.has(name, after)
		s.mustDelete(name, after)
	}
}
