package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/gen"
)

// whoami is what the server says about the user of a credential.
type whoami struct {
	*gen.User
	clockDifference time.Duration // of this machine to the server; positive if it is ahead
	hasClock        bool
}

func whoamiOf(ctx context.Context, flow *authflow.Flow) (*whoami, error) {
	sent := time.Now()
	result, err := flow.API().GetCurrentUserInfoWithResponse(ctx)
	if err != nil {
		return nil, err
	}
	if result.JSON200 == nil {
		return nil, failureOf(result.HTTPResponse)
	}
	me := &whoami{User: result.JSON200}
	date, err := http.ParseTime(result.HTTPResponse.Header.Get("Date"))
	if err == nil {
		// Date is in whole seconds, so it is half a second early on average.
		middle := sent.Add(time.Since(sent) / 2)
		me.clockDifference, me.hasClock = middle.Sub(date.Add(time.Second/2)).Round(time.Second), true
	}
	return me, nil
}

// failureOf returns the error of a response that is not the expected one.
func failureOf(resp *http.Response) error {
	err := authflow.ErrorOf(resp)
	if err == nil {
		return fmt.Errorf("%s: unexpected response: %s", resp.Request.URL.Path, resp.Status)
	}
	return err
}

// check returns an error if the server knows the credential as another user or Org than
// the settings name.
func (me *whoami) check(s *config.Settings) error {
	if want := s.Username.Text; want != "" && !strings.EqualFold(want, me.Name) {
		return fmt.Errorf("%s is for user %s, but %s is %s: %w", s.Credential.Source, me.Name, s.Username.Source, want, authflow.ErrWrongPrincipal)
	}
	want, org := s.Org.Text, me.CurrentOrg
	isUnknown := want == "" || org == nil
	if isUnknown || want == strconv.Itoa(int(org.ID)) || strings.EqualFold(want, org.Name) {
		return nil
	}
	return fmt.Errorf("%s is for Org %d, but %s is %s: %w", s.Credential.Source, org.ID, s.Org.Source, want, authflow.ErrWrongPrincipal)
}
