// OAuth2 makes one authorised call with golang.org/x/oauth2. The token call is
// written by hand, as the grant is not one of OAuth's.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx := context.Background()
	server := os.Getenv("THOUGHTSPOT_HOST")
	client := oauth2.NewClient(ctx, source{ctx, server})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	fmt.Println(resp.Status)
	return resp.Body.Close()
}

type source struct {
	ctx    context.Context
	server string
}

func (s source) Token() (*oauth2.Token, error) {
	body, err := json.Marshal(map[string]string{
		"username": os.Getenv("THOUGHTSPOT_USERNAME"), "secret_key": os.Getenv("THOUGHTSPOT_SECRET_KEY"),
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.server+"/api/rest/2.0/auth/token/full", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("token: %s", resp.Status)
	}
	var answer struct {
		Token   string `json:"token"`
		Expires int64  `json:"expiration_time_in_millis"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return &oauth2.Token{AccessToken: answer.Token, Expiry: time.UnixMilli(answer.Expires)}, err
}
