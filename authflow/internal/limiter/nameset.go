package limiter

import (
	"hash/maphash"
	"slices"
)

// nameSet is a set of principals, such as those that were served before. It has a
// fixed size: the hash of a name chooses a bucket, which holds the four names that
// were added last. A name that had to leave its bucket counts as a newcomer in an
// outage.
type nameSet struct {
	seed  maphash.Seed
	slots []uint32 // buckets of the other half of the hash; nil before the first one
}

const (
	nameBuckets = 1 << 12
	bucketSize  = 4
)

func (s *nameSet) add(name string) {
	if s.slots == nil {
		s.slots = make([]uint32, nameBuckets*bucketSize)
	}
	s.remove(name)
	bucket, mark := s.bucket(name)
	copy(bucket[1:], bucket)
	bucket[0] = mark
}

func (s *nameSet) remove(name string) {
	if s.slots == nil {
		return
	}
	bucket, mark := s.bucket(name)
	i := slices.Index(bucket, mark)
	if i >= 0 {
		copy(bucket[i:], bucket[i+1:])
		bucket[bucketSize-1] = 0
	}
}

func (s *nameSet) has(name string) bool {
	if s.slots == nil {
		return false
	}
	bucket, mark := s.bucket(name)
	return slices.Contains(bucket, mark)
}

// bucket returns the bucket of a name and the mark that stands for it, never 0.
func (s *nameSet) bucket(name string) (bucket []uint32, mark uint32) {
	hash := maphash.String(s.seed, name)
	at := uint32(hash) % nameBuckets * bucketSize
	return s.slots[at : at+bucketSize], uint32(hash>>32) | 1
}
