package authflow

import (
	"reflect"
	"time"
	"unsafe"
)

// StepWallClock makes it look to f as if the local wall clock had been set
// forward by d, or back, while the monotonic clock went on: the credential in
// use was then requested at a wall time that now lies further back. f must not be
// used during the call.
func (f *Flow) StepWallClock(d time.Duration) {
	l, _ := f.keeper.Peek()
	step := func(wall reflect.Value) { // of other packages, which have no use for a setter
		*(*int64)(unsafe.Pointer(wall.UnsafeAddr())) -= int64(d)
	}
	step(reflect.ValueOf(l).Elem().FieldByName("wall"))
	if s := l.Value.session; s != nil {
		step(reflect.ValueOf(s).Elem().FieldByName("began").FieldByName("wall"))
	}
}

// Owed returns how many credentials f keeps for Logout.
func Owed(f *Flow) int {
	g := f.ledger.Load()
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.owed)
}
