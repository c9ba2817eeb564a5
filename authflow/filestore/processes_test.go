package filestore_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The tests of this file start the test binary again, as other processes.
const (
	asVar     = "FILESTORE_TEST_AS"
	dirVar    = "FILESTORE_TEST_DIR"
	serverVar = "FILESTORE_TEST_SERVER"
)

func TestMain(m *testing.M) {
	as := map[string]func() error{"tool": tool, "saver": saver, "counter": counter}[os.Getenv(asVar)]
	if as == nil {
		goleak.VerifyTestMain(m)
		return
	}
	if err := as(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process returns another process, whose input and output are returned too.
func process(t *testing.T, as, dir, server string) (*exec.Cmd, io.WriteCloser, *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asVar+"="+as, dirVar+"="+dir, serverVar+"="+server)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, in, bufio.NewReader(out)
}

// tool requests a token once its input ends, and prints the token's hash.
func tool() error {
	if _, err := fmt.Println("ready"); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	store, err := filestore.New(within(os.Getenv(dirVar)))
	if err != nil {
		return err
	}
	key, err := store.Key()
	if err != nil {
		return err
	}
	cluster, err := authflow.New(os.Getenv(serverVar), authflow.WithStore(store, key), authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		return err
	}
	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		return err
	}
	token, err := flow.Token(context.Background())
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%x\n", sha256.Sum256([]byte(token.Value)))
	return err
}

func TestK1_TwentyProcesses_MintOnce(t *testing.T) {
	server := authtest.NewServer()
	defer server.Close()
	server.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(200*time.Millisecond)) // so that all of them wait at the same time
	dir := folder(t)
	var all []*exec.Cmd
	var ins []io.Closer
	var outs []*bufio.Reader
	for range 20 {
		cmd, in, out := process(t, "tool", dir, server.URL)
		all, ins, outs = append(all, cmd), append(ins, in), append(outs, out)
	}
	for _, out := range outs {
		if line, err := out.ReadString('\n'); line != "ready\n" {
			t.Fatalf("%q, %v", line, err)
		}
	}
	for _, in := range ins {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
	tokens := make(map[string]int)
	for i, cmd := range all {
		line, err := outs[i].ReadString('\n')
		if err := errors.Join(err, cmd.Wait()); err != nil {
			t.Error(err)
		}
		tokens[line]++
	}
	if n := server.Calls(authtest.OpGetFullAccessToken); n != 1 || len(tokens) != 1 {
		t.Errorf("%d mints, %d tokens", n, len(tokens))
	}
}

// saver saves and swaps values that begin with their own hash, and sometimes removes
// them, until it is killed. It prints a line for each.
func saver() error {
	store, err := filestore.New(within(os.Getenv(dirVar)))
	if err != nil {
		return err
	}
	ctx := context.Background()
	for {
		unlock, err := store.Lock(ctx, "name", time.Minute)
		if err != nil {
			return err
		}
		value := whole()
		if err := store.Save(ctx, "name", value, time.Hour); err != nil {
			return err
		}
		if rand.IntN(2) == 0 {
			old := value
			value = whole()
			if err := store.Swap(ctx, "name", old, value, time.Hour); err != nil {
				return err
			}
		}
		if rand.IntN(4) == 0 {
			if err := store.Delete(ctx, "name", value); err != nil {
				return err
			}
		}
		unlock()
		if _, err := fmt.Println("saved"); err != nil {
			return err
		}
	}
}

// whole returns a random value that begins with its own hash.
func whole() []byte {
	value := make([]byte, sha256.Size+rand.IntN(20_000))
	for i := sha256.Size; i < len(value); i++ {
		value[i] = byte(rand.Uint32())
	}
	sum := sha256.Sum256(value[sha256.Size:])
	copy(value, sum[:])
	return value
}

// A process is killed again and again, in `make crowds` a hundred times: the stored value is whole or absent, all locks
// are free, and the files that are left behind are removed later.
func TestK2_KilledProcess_LosesAtMostItsValue(t *testing.T) {
	dir := folder(t)
	s := open(t, dir)
	whole, nothing, times := 0, 0, 25
	if os.Getenv("TSAUTH_CROWDS") != "" {
		times = 100
	}
	for range times {
		cmd, _, out := process(t, "saver", dir, "")
		for range 1 + rand.IntN(3) {
			if line, err := out.ReadString('\n'); line != "saved\n" {
				t.Fatalf("%q, %v", line, err)
			}
		}
		<-time.After(time.Duration(rand.IntN(2000)) * time.Microsecond) // to hit any moment
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // killed

		value, left, err := s.Load(t.Context(), "name")
		switch {
		case errors.Is(err, authflow.ErrNotStored):
			nothing++
		case err != nil:
			t.Fatal(err)
		default:
			whole++
			sum := sha256.Sum256(value[min(len(value), sha256.Size):])
			if !bytes.HasPrefix(value, sum[:]) || left <= 0 {
				t.Fatalf("garbage of %d bytes, for %v", len(value), left)
			}
		}
		began := time.Now()
		unlock, err := s.Lock(t.Context(), "name", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the lock was free after %v", took)
		}
		unlock()
		if err := s.Save(t.Context(), "other", []byte("value"), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("whole %d times, nothing %d times; %d files", whole, nothing, len(files))
	if whole == 0 {
		t.Error("nothing has ever been saved")
	}
	before := time.Now().Add(-2 * time.Hour)
	for _, f := range files {
		if f.Name() == "tsauth.swept" || strings.HasPrefix(f.Name(), ".") {
			if err := os.Chtimes(filepath.Join(dir, f.Name()), before, before); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Save(t.Context(), "other", []byte("value"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 4 { // changes, swept, two tokens
		t.Errorf("%d files are left, %v", len(left), err)
	}
}
