package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/examples/tags/tsapi"
)

const searchTags, searchMetadata = "/api/rest/2.0/tags/search", "/api/rest/2.0/metadata/search"

// shelf responds to searches for Liveboards: tag 1 has 101 of them, tag 2 has none. It
// records the requests.
type shelf struct{ requests []tsapi.SearchMetadataRequest }

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in tsapi.SearchMetadataRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.requests = append(s.requests, in)
	total := int32(0)
	if (*in.TagIdentifiers)[0] == "guid-1" {
		total = 101
	}
	page := []tsapi.MetadataSearchResponse{}
	for i := *in.RecordOffset; i < min(*in.RecordOffset+*in.RecordSize, total); i++ {
		name := fmt.Sprintf("Liveboard %d", i)
		page = append(page, tsapi.MetadataSearchResponse{MetadataName: &name, MetadataType: "LIVEBOARD"})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(page)
}

// tags responds with the two tags of the simulated cluster.
func tags() authtest.Fault {
	return authtest.Answer(http.StatusOK, "application/json", `[
		{"id": "guid-1", "name": "Sales", "creation_time_in_millis": 1675129564089},
		{"id": "guid-2", "name": "Draft", "creation_time_in_millis": null}]`)
}

// cluster is a simulated cluster in the environment of the program.
func cluster(t *testing.T, metadata authtest.Fault) *authtest.Server {
	t.Helper()
	server := authtest.NewServer(authtest.WithAnswer(http.MethodPost, searchTags, tags()),
		authtest.WithAnswer(http.MethodPost, searchMetadata, metadata))
	t.Cleanup(server.Close)
	t.Setenv("THOUGHTSPOT_HOST", server.URL)
	t.Setenv("THOUGHTSPOT_USERNAME", authtest.DefaultUsername)
	t.Setenv("THOUGHTSPOT_PASSWORD", authtest.DefaultPassword)
	return server
}

func TestRun_Tags_AreListedWithTheirLiveboards(t *testing.T) {
	var s shelf
	server := cluster(t, authtest.Handle(s.ServeHTTP))
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 103 {
		t.Fatalf("%d lines:\n%s", len(lines), out.String())
	}
	for i, want := range map[int]string{0: "Sales (2023-01-31)", 1: "  Liveboard 0", 101: "  Liveboard 100", 102: "Draft (unknown)"} {
		if lines[i] != want {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	offsets := []int32{}
	for _, r := range s.requests {
		offsets = append(offsets, *r.RecordOffset)
		if metadata := *r.Metadata; len(metadata) != 1 || *metadata[0].Type != "LIVEBOARD" {
			t.Errorf("a request is not for Liveboards: %+v", r)
		}
	}
	if want := []int32{0, 100, 0}; !reflect.DeepEqual(offsets, want) {
		t.Errorf("pages at %v, want %v", offsets, want)
	}
	if n := server.Tokens(); len(n) != 0 {
		t.Errorf("%d tokens are alive after the program", len(n))
	}
}

func TestRun_TokenRevokedBetweenSearches_IsReplaced(t *testing.T) {
	var s shelf
	var server *authtest.Server
	server = cluster(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.RevokeAll() // the next request has a revoked token
			s.ServeHTTP(w, r)
		})
	})
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "Liveboard "); n != 101 {
		t.Errorf("%d Liveboards", n)
	}
	if n := server.Calls(authtest.OpGetFullAccessToken); n != 3 {
		t.Errorf("%d tokens, want one for each of the three searches", n)
	}
}

func TestRun_FailureOfASearch_NamesTheTagAndTheServersText(t *testing.T) {
	cluster(t, authtest.Reject(http.StatusForbidden, 10023, "no access to metadata"))
	err := run(t.Context(), &bytes.Buffer{})
	if err == nil || !strings.HasPrefix(err.Error(), "tag Sales: ") || !strings.Contains(err.Error(), "no access to metadata") {
		t.Fatal(err)
	}
	var e *authflow.Error
	if !errors.As(err, &e) || e.Status != http.StatusForbidden {
		t.Errorf("%#v", err)
	}
}
