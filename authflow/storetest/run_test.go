package storetest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) authflow.Store { return new(storetest.Memory) })
}

// The Store of the example keeps its promises, too.
func TestTableStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) authflow.Store { return tableStore{&table{rows: make(map[string]row)}} })
}
