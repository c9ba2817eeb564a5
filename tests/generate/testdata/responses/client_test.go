package tsapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

func TestResponse_Times_AreWholeMilliseconds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"token":"t","creation_time_in_millis":1675129564089,"modification_time_in_millis":1675129564091,
			"start_time_in_millis":1675129564093,"timestamp_in_millis":1675129564095,"completed_at":1675129564097,"updated_at":"today","sampling_ratio":0.25}`))
	}))
	defer server.Close()
	client, err := NewClientWithResponses(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.SearchTagsWithResponse(t.Context(), SearchTagsRequest{})
	if err != nil || r.JSON200 == nil {
		t.Fatal(r, err)
	}
	tags := *r.JSON200
	times := []int64{tags.CreationTimeInMillis, *tags.ModificationTimeInMillis, *tags.StartTimeInMillis, *tags.TimestampInMillis, *tags.CompletedAt}
	if want := []int64{1675129564089, 1675129564091, 1675129564093, 1675129564095, 1675129564097}; !slices.Equal(times, want) {
		t.Errorf("%d, want %d", times, want)
	}
	if *tags.UpdatedAt != "today" || *tags.SamplingRatio != 0.25 {
		t.Errorf("%s, %v", *tags.UpdatedAt, *tags.SamplingRatio)
	}
}

func TestSecrets_PrintRedacted_AndAreSent(t *testing.T) {
	secret, may, kind := gen.Secret("s3cret"), true, "BEARER"
	request := SearchTagsRequest{Password: &secret, SecretKey: &secret, Token: &secret, ClientSecret: &secret, CanChangePassword: &may, TokenType: &kind}
	sent, err := json.Marshal(request)
	if err != nil || strings.Count(string(sent), "s3cret") != 4 || !strings.Contains(string(sent), "BEARER") {
		t.Errorf("%s, %v", sent, err)
	}
	for _, printed := range []string{fmt.Sprint(*request.Password), fmt.Sprintf("%+v", SearchTagsResponse{Token: "s3cret"})} {
		if strings.Contains(printed, "s3cret") || !strings.Contains(printed, "[redacted]") {
			t.Error(printed)
		}
	}
}
