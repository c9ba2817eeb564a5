package authflow_test
import ("testing";"testing/synctest";"runtime";"runtime/pprof";"os";"time")
func TestZP(t *testing.T) {
	runtime.MemProfileRate = 1
	synctest.Test(t, func(t *testing.T) {
		p := principals["full access, key of the cluster"]
		all, _ := crowdOf(t, 1000, p)
		for range 2 {
		for _, f := range all { if err := f.Renew(t.Context()); err != nil { t.Fatal(err) } }
		time.Sleep(230*time.Second) // fake clock
		}
		runtime.GC(); runtime.GC()
		w, _ := os.Create("/tmp/wt-t1.heap"); _ = pprof.WriteHeapProfile(w); _ = w.Close()
		runtime.KeepAlive(all)
	})
}
