package authflow

import "github.com/go-thoughtspot/tsauth/authflow/internal/renewal"

// reject notes that the server rejected a request with l that can be repeated,
// and reports whether another credential is worth requesting (P3).
func (f *Flow) reject(l *lease) bool {
	v := f.keeper.Reject(l)
	f.reportRejected(l, v)
	return v != renewal.Useless
}

// rejectUntried is reject for a request that cannot be repeated.
func (f *Flow) rejectUntried(l *lease) { f.reportRejected(l, f.keeper.RejectUntried(l)) }

func (f *Flow) reportRejected(l *lease, v renewal.Verdict) {
	if v == renewal.NewlyRejected {
		_ = f.reportToCaller(Event{Kind: Invalidated, Remaining: f.remaining(l), Reason: "the server rejected it"})
	}
}
