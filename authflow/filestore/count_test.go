package filestore_test

import (
	"bufio"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
)

// counter adds one to a stored number until it is killed. It prints a line for each.
func counter() error {
	store, err := filestore.New(within(os.Getenv(dirVar)))
	if err != nil {
		return err
	}
	ctx := context.Background()
	for {
		stored, n, err := count(ctx, store)
		if err != nil {
			return err
		}
		err = store.Swap(ctx, "name", stored, fmt.Append(nil, n+1, " ", crand.Text()), time.Hour)
		if errors.Is(err, authflow.ErrChanged) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Println("counted"); err != nil {
			return err
		}
	}
}

// count returns the stored value and the number in it.
func count(ctx context.Context, s *filestore.Store) (stored []byte, n int, err error) {
	stored, _, err = s.Load(ctx, "name")
	if errors.Is(err, authflow.ErrNotStored) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	number, _, _ := strings.Cut(string(stored), " ")
	n, err = strconv.Atoi(number)
	return stored, n, err
}

// Processes count together and are killed. Each swap that was reported is counted, and
// each process may have had one more that it could not report.
func TestK2_KilledProcesses_LoseNoSwap(t *testing.T) {
	dir := folder(t)
	s := open(t, dir)
	reported, killed := 0, 0
	for range 10 {
		var all []*exec.Cmd
		var outs []*bufio.Reader
		for range 3 {
			cmd, _, out := process(t, "counter", dir, "")
			all, outs = append(all, cmd), append(outs, out)
		}
		for i, cmd := range all {
			for range 1 + rand.IntN(5) {
				if line, err := outs[i].ReadString('\n'); line != "counted\n" {
					t.Fatalf("%q, %v", line, err)
				}
				reported++
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			killed++
		}
		for i, cmd := range all {
			for {
				line, err := outs[i].ReadString('\n')
				if err != nil {
					break
				}
				if line == "counted\n" {
					reported++
				}
			}
			_ = cmd.Wait() // killed
		}
	}
	if _, n, err := count(t.Context(), s); err != nil || n < reported || n > reported+killed {
		t.Errorf("counted %d (%v), want %d to %d", n, err, reported, reported+killed)
	}
}
