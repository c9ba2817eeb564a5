package lockout

// Known returns how many users and keys are remembered.
func (r *Registry) Known() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users) + len(r.keys)
}
