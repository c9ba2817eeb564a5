package authflow_test

import (
	"testing"

	"go.uber.org/goleak"
)

// L1: no test of this package, and so nothing that a Flow does, leaves a
// goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
