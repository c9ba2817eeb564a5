package pool_test

import "testing"

func TestU1_Get_OfAFlowThatIsThere_AllocatesNothing(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		get := func() {
			if _, err := u.Get(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
		}
		get()
		if n := testing.AllocsPerRun(100, get); n != 0 {
			t.Errorf("%v allocations", n)
		}
		if n := u.calls("ann"); n != 1 {
			t.Errorf("create was called %d times", n)
		}
	})
}
