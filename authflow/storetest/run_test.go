package storetest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory_Run_Passes(t *testing.T) {
	storetest.Run(t, func(*testing.T) authflow.Store { return new(storetest.Memory) })
}

func TestMemoryLimiter_Run_Passes(t *testing.T) {
	type store struct {
		storetest.Memory
		storetest.MemoryLimiter
	}
	storetest.Run(t, func(*testing.T) authflow.Store { return new(store) })
}

func TestExampleStore_Run_Passes(t *testing.T) {
	storetest.Run(t, func(*testing.T) authflow.Store { return tableStore{&table{rows: make(map[string]row)}} })
}
