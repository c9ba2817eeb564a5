// Package tests_test holds the black-box tests of the module: they use the
// public API of gen, authflow and authtest and nothing else. Each file is about
// one capability. Where a text begins with I2, P1, S3 …, it is the invariant of
// that name that it holds the product to.
package tests_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
)

// TestBlackBox runs the suite.
func TestBlackBox(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "tsauth, black box")
}

// No spec may leave a goroutine behind, neither the product's nor that of a
// connection (L1). This goes before all other set-up, so that its check comes
// after all other cleaning up, Flows closed and servers stopped.
var _ = BeforeEach(func() {
	before := goleak.IgnoreCurrent()
	DeferCleanup(func() { Expect(goleak.Find(before)).To(Succeed()) })
})
