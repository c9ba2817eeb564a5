package authtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// rejectedPath is what SetAnswer panics with for a path, or empty.
func rejectedPath(sim *authtest.Simulator, path string) (text string) {
	defer func() {
		if mistake, is := recover().(*authtest.UsageError); is {
			text = mistake.Field + ": " + mistake.Error()
		}
	}()
	sim.SetAnswer("POST", path, authtest.Status(500))
	return ""
}

// A response at a path that no client calls would make a test pass or fail for the
// wrong reason.
func TestSetAnswer_PathThatNoCallFits_NamesTheFittingPath(t *testing.T) {
	sim := authtest.New()
	const fitting = "/api/rest/2.0/metadata/search"
	for range 2 {
		for _, path := range []string{
			"/metadata/search", "metadata/search", "/2.0/metadata/search", "/v2/metadata/search", "/rest/2.0/metadata/search",
			"/api/metadata/search", "/api/rest/v2/metadata/search", "/api/rest/metadata/search",
			fitting + "?token=hunter2", fitting + "#x", "https://x.test" + fitting, "/api/rest/2.0/metadata%2Fsearch",
		} {
			text := rejectedPath(sim, path)
			if !strings.HasPrefix(text, "path: ") || !strings.Contains(text, "did you mean "+fitting+"?") || strings.Contains(text, "hunter2") {
				t.Errorf("%s: %q", path, text)
			}
		}
	}
	if n := len(sim.Answers()); n != 0 {
		t.Errorf("%d answers", n)
	}
	for _, path := range []string{fitting, fitting + "/", base + "users/{id}/a b", "/callosum/v1/thing", "/prism/thing"} {
		if text := rejectedPath(sim, path); text != "" {
			t.Errorf("%s: %s", path, text)
		}
	}
}

// A document may put its operations anywhere, and a test may change them there.
func TestSetAnswer_PathOfADocument_IsAccepted(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithOpenAPI([]byte(documentOf("3.0.3", `application/json: {example: 1}`, ""))))
	sim.SetAnswer("GET", "/one", authtest.JSON(200, 2))
	tok := bearer(token(t, sim, full, annPW).Token)
	if a := call(t, sim, "GET /one", "", tok); string(a.body) != "2" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if text := rejectedPath(sim, "/one"); text == "" {
		t.Error("another method, which the document does not have, was accepted")
	}
}

// A mistake says what to do instead.
func TestUsageError_OperationOfTheSimulator_SaysHowToFailIt(t *testing.T) {
	sim := authtest.New()
	text := rejectedPath(sim, base+"auth/session/login")
	for _, part := range []string{base + "auth/session/login", "Fail", "POST /faults"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %s", text, part)
		}
	}
}

func TestUsageError_UnknownOperation_ListsTheNames(t *testing.T) {
	sim := authtest.New()
	defer func() {
		text := fmt.Sprint(recover())
		for _, name := range append(authtest.Operations(), `"searchMetadata"`, `"echo"`, `"*"`, authtest.OpV1Login, "/api/rest/2.0/") {
			if !strings.Contains(text, name) {
				t.Errorf("%q lacks %s", text, name)
			}
		}
	}()
	sim.Fail("searchMetadata", 1, authtest.Status(500))
}
