package contract_test

import (
	"context"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"
)

// book is the ledger of the run. Specs are declared before it runs, and Ginkgo
// passes them nothing.
var book = newLedger()

// TestContract runs the suite, against the server of THOUGHTSPOT_HOST or else
// the simulator.
func TestContract(t *testing.T) {
	RegisterFailHandler(fail)
	RunSpecs(t, "contract of spec, client and "+kindOfServer())
}

func kindOfServer() string {
	if live() {
		return "live server"
	}
	return "simulator"
}

// fail fails a spec. Where a live server is held to it, the server may be right
// and the document wrong: that is noted, and ends the spec.
func fail(message string, callerSkip ...int) {
	skip := 0
	if len(callerSkip) > 0 {
		skip = callerSkip[0]
	}
	if !live() {
		Fail(message, skip+1)
		return
	}
	book.differs(ofSpec, CurrentSpecReport().FullText(), message)
	Skip("this server differs: "+message, skip+1)
}

// No spec may leave a goroutine behind. This goes before all other set-up, so
// that its check comes after all other cleaning up.
var _ = BeforeEach(func() {
	before := goleak.IgnoreCurrent()
	DeferCleanup(func() {
		if err := goleak.Find(before); err != nil {
			Fail(err.Error())
		}
	})
})

// The problems that the exchanges of a spec have shown belong to that spec.
var _ = AfterEach(func() {
	found := book.settle()
	if live() {
		for _, problem := range found {
			book.differs(ofExchange, CurrentSpecReport().FullText(), problem)
		}
		return
	}
	if len(found) > 0 {
		Fail("the exchanges do not keep to the document:\n" + strings.Join(found, "\n"))
	}
})

// A live server that rejects the credentials would differ everywhere.
var _ = BeforeSuite(func(ctx context.Context) {
	if !live() {
		return
	}
	if _, _, err := knownDifferences(os.Getenv); err != nil {
		Fail(err.Error())
	}
	b, err := open()
	if err != nil {
		Fail(err.Error())
	}
	c := on(b)
	result, err := c.api.GetFullAccessTokenWithResponse(ctx, c.asFull())
	b.close()
	switch {
	case err != nil:
		Fail(err.Error())
	case result.JSON200 == nil:
		Fail("the server gives THOUGHTSPOT_USERNAME no token: " + result.Status())
	}
})

var _ = ReportAfterSuite("what was exercised", func(r Report) {
	missing := book.missing()
	book.print(r, missing)
	if live() {
		list, release, err := knownDifferences(os.Getenv)
		Expect(err).NotTo(HaveOccurred())
		explained := printDifferences(os.Stdout, list, release, book.differences)
		if !explained && os.Getenv("THOUGHTSPOT_STRICT") == "1" {
			Fail("this server differs from the spec without a reason, and THOUGHTSPOT_STRICT is 1")
		}
	}
	config := r.SuiteConfig
	whole := !r.SuiteHasProgrammaticFocus && len(config.FocusStrings)+len(config.SkipStrings)+
		len(config.FocusFiles)+len(config.SkipFiles) == 0 && config.LabelFilter == ""
	if whole && !live() && len(missing) > 0 {
		Fail("never exercised:\n" + strings.Join(missing, "\n"))
	}
})
