// Package service is a back end in miniature that is built on authflow. Its
// test shows how to test such code without a cluster.
package service

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Reports fetches reports for one user.
type Reports struct {
	Flow *authflow.Flow
}

// Fetch returns the report of that name.
func (r *Reports) Fetch(ctx context.Context, name string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.Flow.Server()+"/api/rest/2.0/report/"+name, nil)
	if err != nil {
		return nil, err
	}
	resp, err := r.Flow.Do(req)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("report %s: %s", name, resp.Status)
	}
	return io.ReadAll(resp.Body)
}
