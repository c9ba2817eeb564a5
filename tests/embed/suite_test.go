package embed_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// needed in the environment makes it a failure that something is missing, which
// otherwise leaves the specs out.
const needed = "TSAUTH_BROWSER"

// TestBrowser runs the suite, in one Chromium.
func TestBrowser(t *testing.T) {
	leaveOut := t.Skipf
	if os.Getenv(needed) != "" {
		leaveOut = t.Fatalf
	}
	if _, err := exec.LookPath(chromium()); err != nil {
		leaveOut("there is no Chromium: install it, or name it in CHROMIUM: %v", err)
	}
	if _, err := os.Stat("node_modules"); errors.Is(err, fs.ErrNotExist) {
		leaveOut("the Visual Embed SDK is not there: run `npm ci` in tests/embed")
	}
	RegisterFailHandler(Fail)
	RunSpecs(t, "tsauth in a browser")
}

// chromium is the command to run.
func chromium() string {
	if name := os.Getenv("CHROMIUM"); name != "" {
		return name
	}
	return "chromium"
}
