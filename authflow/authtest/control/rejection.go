package control

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// rejection is the error of a request that the control API rejects.
type rejection struct {
	status      int
	field, text string
}

// Error implements error.
func (r *rejection) Error() string { return r.text }

// invalid rejects a request of which a field is wrong.
func invalid(field, text string) error { return &rejection{http.StatusBadRequest, field, text} }

// absent rejects a request of which a field names something that does not exist.
func absent(field, text string) error { return &rejection{http.StatusNotFound, field, text} }

// reject responds with an error.
func reject(w http.ResponseWriter, err error) {
	r := &rejection{http.StatusInternalServerError, "", err.Error()}
	var mistake *authtest.UsageError
	switch {
	case errors.As(err, &mistake):
		r = &rejection{http.StatusBadRequest, mistake.Field, strings.TrimPrefix(mistake.Error(), "authtest: ")}
		if mistake.Absent {
			r.status = http.StatusNotFound
		}
	default:
		_ = errors.As(err, &r)
	}
	writeJSON(w, r.status, struct {
		Field string `json:"field,omitempty"`
		Error string `json:"error"`
	}{r.field, r.text})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
