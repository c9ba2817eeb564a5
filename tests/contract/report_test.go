package contract_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReport_OfAnAlteredServer_HasOneLineForEachDifference runs the suite
// against a server that differs from the document in ten ways. Hundreds of
// specs meet them; the report is short.
func TestReport_OfAnAlteredServer_HasOneLineForEachDifference(t *testing.T) {
	if live() {
		t.Skip("THOUGHTSPOT_HOST is set: this run is the live one")
	}
	out, err := liveRun(t, buildSimulator(t), nil, nil, alterations()...)
	if err != nil {
		t.Fatalf("the suite fails: %v\n%s", err, out)
	}
	_, report, found := strings.Cut(out, "\nThis server differs from the spec ")
	if !found {
		t.Fatalf("no differences in\n%s", out)
	}
	line := regexp.MustCompile(`^- (exchange|spec): (.+) \((?:once|\d+ times), first in "(?:[^"\\]|\\.)+"\)$`)
	var exchanges, specs []string
	for text := range strings.Lines(report) {
		match := line.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
		switch {
		case match == nil:
		case match[1] == ofExchange:
			exchanges = append(exchanges, match[2])
		default:
			specs = append(specs, match[2])
		}
	}
	slices.Sort(exchanges)
	want := []string{
		`getCurrentUserInfo responded with 200: nickname: property "nickname" is unsupported`,
		`getCurrentUserInfo responded with 200: preferred_locale: value must be a string`,
		`getCustomAccessToken responded with 200: user.id: property "id" is missing`,
		`getFullAccessToken responded with 200: scope.access_type: value is not one of the allowed values ["FULL","REPORT_BOOK_VIEW"]`,
		`getFullAccessToken responded with 400: the error envelope lacks an incident or a trace id`,
		`getObjectAccessToken responded with 200: valid_for_user_id: value must be a string`,
		`login responded with 204: Secure of the cookie clientId is false, not true`,
		`logout responded with 200: status is not supported`,
		`validateToken responded with 200: scope.level: property "level" is unsupported`,
		`validateToken responded with 422: status is not supported`,
		`validateToken responded with 422: the response to a malformed request has to be 400`,
	}
	if !slices.Equal(exchanges, want) {
		t.Errorf("exchanges:\n%s\nwant\n%s", strings.Join(exchanges, "\n"), strings.Join(want, "\n"))
	}
	if n := len(specs); n < 3 || n > 12 {
		t.Errorf("%d lines for specs, which is not from 3 to 12:\n%s", n, strings.Join(specs, "\n"))
	}
	if n := number(t, out, `These are (\d+) differences`); n != len(exchanges)+len(specs) {
		t.Errorf("%d differences, and %d lines:\n%s", n, len(exchanges)+len(specs), report)
	}
}
