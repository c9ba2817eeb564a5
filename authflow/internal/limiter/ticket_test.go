package limiter

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// ticket is one that says what a test tells it to. The limiter's lock guards it
// while the limiter is used.
type ticket struct {
	wait  time.Duration
	err   error
	asked int
	taken int
}

func (k *ticket) Eligible(time.Time) (time.Duration, error) { k.asked++; return k.wait, k.err }
func (k *ticket) Take(time.Time)                            { k.taken++ }

const untilDone = 1000 * time.Hour

// say changes what a ticket says.
func (k *ticket) say(l *Limiter, wait time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k.wait, k.err = wait, err
}

func (k *ticket) timesAsked(l *Limiter) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return k.asked
}

func with(name, group string, k *ticket) Request {
	return Request{Principal: name, Group: group, Ticket: k, Attempt: 1}
}

func TestR6_TicketThatHasToWait_UsesUpNoTurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 0.1, Burst: 1})
		k := &ticket{wait: untilDone}
		w := start(t.Context(), l, with("blocked", "a", k))
		began := time.Now()
		must(t, l, caller("other"))
		if time.Since(began) > 0 {
			t.Errorf("another principal waited %v", time.Since(began))
		}
		sleep(20 * time.Second)
		k.say(l, 0, nil)
		<-w.done
		if w.err != nil || w.took.Round(time.Millisecond) != 20*time.Second || k.taken != 1 {
			t.Errorf("%v after %v, taken %d times", w.err, w.took, k.taken)
		}
	})
}

func TestR6_TicketThatWaits_IsCheckedAgain(t *testing.T) {
	tests := []struct {
		name  string
		event func(l *Limiter, k *ticket, ofGroup *Permit)
		want  time.Duration
	}{
		{"when its time has come", func(l *Limiter, k *ticket, _ *Permit) { k.say(l, 300*time.Millisecond, nil) }, 1300 * time.Millisecond},
		{"when a call of its group is done", func(l *Limiter, k *ticket, p *Permit) { k.say(l, 0, nil); p.Done(nil) }, 100 * time.Millisecond},
		{"when a call of its group is given back", func(l *Limiter, k *ticket, p *Permit) { k.say(l, 0, nil); p.Cancel() }, 100 * time.Millisecond},
		{"after a second", func(l *Limiter, k *ticket, _ *Permit) { k.say(l, 0, nil) }, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := New(usual)
				p := must(t, l, with("first", "a", &ticket{}))
				k := &ticket{wait: untilDone}
				w := start(t.Context(), l, with("blocked", "a", k))
				sleep(100 * time.Millisecond)
				tt.event(l, k, p)
				if k.wait > 0 {
					sleep(time.Second - 100*time.Millisecond + k.wait - time.Nanosecond)
					k.say(l, 0, nil)
				}
				<-w.done
				if w.err != nil || w.took != tt.want {
					t.Errorf("%v after %v, want %v", w.err, w.took, tt.want)
				}
			})
		})
	}
}

func TestR6_TicketWithAnError_FailsItsRequestAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 0.1, Burst: 1})
		wrong := errors.New("rejected before")
		k := &ticket{err: wrong}
		_, err := l.Acquire(t.Context(), with("x", "a", k))
		if !errors.Is(err, wrong) || k.taken != 0 {
			t.Errorf("%v, taken %d times", err, k.taken)
		}
		began := time.Now()
		must(t, l, caller("other"))
		if time.Since(began) > 0 {
			t.Error("it used up a turn")
		}
		blocked := &ticket{wait: untilDone}
		w := start(t.Context(), l, with("y", "a", blocked))
		sleep(time.Minute)
		blocked.say(l, 0, wrong)
		<-w.done
		if !errors.Is(w.err, wrong) {
			t.Errorf("%v", w.err)
		}
	})
}

func TestR6_TicketOfARequestThatNobodyWants_IsNotTaken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		k := &ticket{}
		r := with("x", "a", k)
		r.Wanted = func() bool { return false }
		_, err := l.Acquire(t.Context(), r)
		if !errors.Is(err, ErrUnwanted) || k.taken != 0 {
			t.Errorf("%v, and its password was taken %d times, and is in flight for ever", err, k.taken)
		}
	})
}

func TestR9_TicketsOfOneGroupThatWait_KeepTheirOrderAndLetOthersPass(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		k := &ticket{wait: untilDone}
		order := make(chan int, 6000)
		for i := range 2000 {
			go func() {
				p, err := l.Acquire(t.Context(), with(fmt.Sprint("u", i), "unproven", k))
				if err != nil {
					return
				}
				order <- i
				p.Done(nil)
			}()
			synctest.Wait()
		}
		began := time.Now()
		for i := range 10 {
			must(t, l, with(fmt.Sprint("v", i), "proven", &ticket{})).Done(nil)
		}
		if waited := time.Since(began); waited > 200*time.Millisecond {
			t.Errorf("the other group waited %v", waited)
		}
		first := must(t, l, with("first", "unproven", &ticket{}))
		k.say(l, 0, nil)
		first.Done(nil)
		sleep(time.Second)
		began = time.Now()
		for i := range 10 {
			must(t, l, with(fmt.Sprint("w", i), "proven", &ticket{})).Done(nil)
		}
		if waited := time.Since(began); waited > 21*20*time.Millisecond {
			t.Errorf("the other group waited %v", waited)
		}
		sleep(time.Minute)
		last := -1
		for len(order) > 0 {
			i := <-order
			if i < last {
				t.Errorf("%d was served after %d", i, last)
			}
			last = i
		}
		if last != 1999 {
			t.Errorf("the last one served is %d", last)
		}
	})
}

func TestL2_ThousandsOfTicketsThatWait_AreAskedOnceASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		k := &ticket{wait: untilDone}
		for i := range 3000 {
			go func() { _, _ = l.Acquire(t.Context(), with(fmt.Sprint("u", i), "unproven", k)) }()
		}
		synctest.Wait()
		before := k.timesAsked(l)
		for i := range 500 { // 50 a second
			must(t, l, with(fmt.Sprint("v", i), "proven", &ticket{})).Done(nil)
			sleep(20 * time.Millisecond)
		}
		if asked := k.timesAsked(l) - before; asked > 11*3000 {
			t.Errorf("asked %d times in 10 s", asked)
		}
	})
}

// The Tickets of a group went one a second, and a success lets all of them go. A few
// rejections hold them back again. So the first turns go to the newest requests as well:
// the oldest ones may be the ones that are rejected.
func TestR13_TicketsThatWereHeldBack_DoNotGoInTheirOrderAtFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		k := &ticket{wait: time.Second}
		order := make(chan int, 100)
		for i := range 40 {
			go func() {
				p, err := l.Acquire(t.Context(), with(fmt.Sprint("u", i), "unproven", k))
				if err != nil {
					return
				}
				order <- i
				p.Done(nil)
			}()
			synctest.Wait()
		}
		first := must(t, l, with("first", "unproven", &ticket{}))
		k.say(l, 0, nil)
		first.Done(nil)
		sleep(time.Minute)
		var turns []int
		for len(order) > 0 {
			turns = append(turns, <-order)
		}
		early := turns[:min(gateTurns, len(turns))]
		if len(turns) != 40 || !slices.Contains(early, 39) || !slices.Contains(early, 38) {
			t.Errorf("the two newest of 40 are not among the first %d: %v", gateTurns, turns)
		}
		if rest := turns[gateTurns+1:]; !slices.IsSorted(rest) {
			t.Errorf("the later turns are out of order: %v", rest)
		}
	})
}
