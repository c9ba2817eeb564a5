package lockout

// Known returns how many users and keys are remembered.
func (r *Registry) Known() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users) + len(r.keys)
}

// Records returns how many records are counted as written in the last hour.
func (r *Registry) Records() (total int) {
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	for _, n := range r.shared.records.counts {
		total += n
	}
	return total
}
