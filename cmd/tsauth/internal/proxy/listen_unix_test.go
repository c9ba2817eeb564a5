//go:build unix

package proxy

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// socketPath returns a path for a socket, short enough for all systems.
func socketPath(t *testing.T) string {
	dir, err := os.MkdirTemp("", "tsauth")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func TestSocket_FolderOfOthers_IsRejected(t *testing.T) {
	for name, prepare := range map[string]func(folder string) error{
		"open to the group": func(folder string) error { return os.Chmod(folder, 0o750) },
		"open to others":    func(folder string) error { return os.Chmod(folder, 0o701) },
		"of another user":   func(folder string) error { return os.Chown(folder, 4242, -1) },
		"a link": func(folder string) error {
			return os.Rename(folder, folder+"-real")
		},
		"a file": func(folder string) error {
			return os.WriteFile(folder+"-file", nil, 0o600)
		},
	} {
		path := socketPath(t)
		folder := filepath.Dir(path)
		if err := prepare(folder); err != nil {
			t.Skip(err) // such as a user who may not give files away
		}
		switch name {
		case "a link":
			t.Cleanup(func() { _ = os.RemoveAll(folder + "-real") })
			if err := os.Symlink(folder+"-real", folder); err != nil {
				t.Fatal(err)
			}
		case "a file":
			t.Cleanup(func() { _ = os.Remove(folder + "-file") })
			path = filepath.Join(folder+"-file", "s")
		}
		if l, err := Listen(t.Context(), "unix:"+path); err == nil {
			_ = l.Close()
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestSocket_WhatElseLiesThere_IsLeftAlone(t *testing.T) {
	path := socketPath(t)
	beside := filepath.Join(filepath.Dir(path), "beside")
	for name, put := range map[string]func() error{
		"file":   func() error { return os.WriteFile(path, []byte("mine"), 0o600) },
		"folder": func() error { return os.Mkdir(path, 0o700) },
		"link":   func() error { return os.Symlink(beside, path) },
		"socket of a process that listens": func() error {
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
			if err == nil {
				t.Cleanup(func() { _ = l.Close() })
			}
			return err
		},
		"socket for datagrams": func() error {
			conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
			if err == nil {
				t.Cleanup(func() { _ = conn.Close() })
			}
			return err
		},
	} {
		if err := put(); err != nil {
			t.Fatal(err)
		}
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if l, err := Listen(t.Context(), "unix:"+path); err == nil {
				_ = l.Close()
				t.Errorf("%s: no error", name)
			}
		}
		after, err := os.Lstat(path)
		if err != nil || !os.SameFile(before, after) {
			t.Errorf("%s was replaced: %v", name, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSocket_PathThatNoSocketCanHave_IsRejected(t *testing.T) {
	folder := filepath.Dir(socketPath(t)) + "/"
	longest := folder + strings.Repeat("s", len(syscall.RawSockaddrUnix{}.Path)-1-len(folder))
	for address, problem := range map[string]string{
		"unix:":                 "path of a socket behind unix:",
		"unix:" + folder:        "path of a socket behind unix:",
		"unix:" + longest + "s": "choose a shorter one",
	} {
		if l, err := Listen(t.Context(), address); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v, %v", address, l, err)
		}
	}
	l, err := Listen(t.Context(), "unix:"+longest)
	if err != nil {
		t.Fatalf("%d bytes: %v", len(longest), err)
	}
	_ = l.Close()
}

func TestSocket_OfAProcessThatWasKilled_IsReplaced(t *testing.T) {
	path := socketPath(t)
	for range 2 {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
		if err != nil {
			t.Fatal(err)
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		_ = l.Close()
		ours, err := Listen(t.Context(), "unix:"+path)
		if err != nil {
			t.Fatal(err)
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// A socket that was put in the place of ours stays.
func TestSocket_ReplacedByAnother_IsLeftAloneAtTheEnd(t *testing.T) {
	path := socketPath(t)
	ours, err := Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = ours.Close()
	if text, err := os.ReadFile(path); err != nil || string(text) != "theirs" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestSocket_AbsentFolder_IsMadePrivate(t *testing.T) {
	path := filepath.Join(filepath.Dir(socketPath(t)), "new", "s")
	l, err := Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestSocket_RequestWithTheKey_Works(t *testing.T) {
	path := socketPath(t)
	l, err := Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	w := newCluster(t)
	w.serve(l)
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}
	for url, want := range map[string]int{
		w.proxy.URL() + search:                      200,
		"http://localhost" + search:                 403,
		"http://localhost:1/" + testKey + search:    403,
		"http://evil.example/" + testKey + search:   403,
		"http://localhost" + livePath:               200,
		"http://localhost/" + testKey + "/auth/../": 400,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.send(transport, req); got.StatusCode != want {
			t.Errorf("%s: %d %s", strings.ReplaceAll(url, testKey, "KEY"), got.StatusCode, got.body)
		}
	}
}
