package limiter

import "hash/maphash"

// served is the set of principals that were served before. It has a fixed size:
// two principals whose hashes fall on one slot share it, and the later one takes
// it over. The loser waits a little longer in an outage, as a newcomer.
type served struct {
	seed  maphash.Seed
	slots []uint32 // the other half of the hash; nil before the first one
}

const servedSlots = 1 << 14

func (s *served) add(name string) {
	if s.slots == nil {
		s.slots = make([]uint32, servedSlots)
	}
	slot, mark := s.slot(name)
	s.slots[slot] = mark
}

func (s *served) remove(name string) {
	if s.has(name) {
		slot, _ := s.slot(name)
		s.slots[slot] = 0
	}
}

func (s *served) has(name string) bool {
	if s.slots == nil {
		return false
	}
	slot, mark := s.slot(name)
	return s.slots[slot] == mark
}

// slot returns where name belongs and the mark that stands for it, never 0.
func (s *served) slot(name string) (slot, mark uint32) {
	hash := maphash.String(s.seed, name)
	return uint32(hash) % servedSlots, uint32(hash>>32) | 1
}
