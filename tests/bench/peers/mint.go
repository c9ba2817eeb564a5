package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
)

// mint is the call that a user of another library writes by hand: it asks the
// server for a token, and trusts the two clocks to agree.
func (s *Setup) mint(ctx context.Context) (token string, expires time.Time, err error) {
	body, err := json.Marshal(map[string]string{
		"username": s.Username, "secret_key": "2657f6f9-6aa9-4432-99f2-bf0d70f240ac",
	})
	if err != nil {
		return "", time.Time{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Server+fake.MintPath, bytes.NewReader(body))
	if err != nil {
		return "", time.Time{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.HTTP.Do(req)
	if err != nil {
		return "", time.Time{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", time.Time{}, fmt.Errorf("mint: %s", resp.Status)
	}
	var answer struct {
		Token   string `json:"token"`
		Expires int64  `json:"expiration_time_in_millis"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return answer.Token, time.UnixMilli(answer.Expires), err
}

// bare returns what a mint source needs to keep, and no more.
func (s Setup) bare() *Setup {
	return &Setup{Server: s.Server, Username: s.Username, HTTP: s.HTTP}
}
