package storetest

import "time"

func valueExpires(s *subject) {
	name := newName()
	s.mustSave(name, []byte("for short"), short)
	s.pass(short + grain)
	s.hasNot(name)
	s.mustDelete(name, []byte("for short"))
	s.mustSave(name, []byte("again"), long)
	s.has(name, []byte("again"))
}

func leftCountsDown(s *subject) {
	name := newName()
	asked := time.Now()
	s.mustSave(name, []byte("value"), long)
	saved := time.Now()
	for range 2 {
		s.pass(short)
		loading := time.Now()
		left := s.has(name, []byte("value"))
		if most := long - loading.Sub(saved) + grain; left > most {
			s.Errorf("%v is left, of %v that was saved %v ago", left, long, loading.Sub(saved))
		}
		if least := long - time.Since(asked) - time.Second; left < least {
			s.Errorf("%v is left, of %v that was saved %v ago", left, long, time.Since(asked))
		}
	}
}

// ttlOfZero allows an error. It finds stores whose server takes zero for "never
// expires".
func ttlOfZero(s *subject) {
	for _, ttl := range []time.Duration{0, -time.Second, time.Nanosecond} {
		saved, swapped := newName(), newName()
		_ = s.Save(s.within(s.patience), saved, []byte("for no time"), ttl)
		_ = s.Swap(s.within(s.patience), swapped, nil, []byte("for no time"), ttl)
		s.pass(grain)
		s.hasNot(saved)
		s.hasNot(swapped)
	}
}
