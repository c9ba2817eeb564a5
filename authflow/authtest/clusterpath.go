package authtest

import (
	"net/url"
	"regexp"
	"strings"
)

// clusterPaths are what the paths begin with at which a cluster has an API.
func clusterPaths() []string { return []string{apiPrefix, "/callosum/", "/prism/"} }

// otherPrefix matches what stands before the resource in place of apiPrefix.
var otherPrefix = regexp.MustCompile(`^/*(api/)?(rest/)?(v?2(\.0)?/)?`)

// checkPath rejects a path that no call fits, and names the path that was probably
// meant.
func checkPath(path string) error {
	fitting := path
	if u, err := url.Parse(path); err == nil {
		fitting = u.Path // without a query, and decoded, as the path of a request is
	}
	known := false
	for _, prefix := range clusterPaths() {
		known = known || strings.HasPrefix(fitting, prefix)
	}
	if !known {
		fitting = apiPrefix + otherPrefix.ReplaceAllString(fitting, "")
	}
	if fitting == path {
		return nil
	}
	// The path is not repeated: a query may hold a secret.
	return mistakef("path", "no call fits the path; did you mean %s? It must be the whole path, without a query, below %s",
		fitting, strings.Join(clusterPaths(), ", "))
}
