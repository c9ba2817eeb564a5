package storetest

import (
	"bytes"
	"errors"
	"sync"

	"github.com/go-thoughtspot/tsauth/authflow"
)

func nothingAtFirst(s *subject) {
	name := newName()
	s.hasNot(name)
	s.mustDelete(name, []byte("what is not there"))
	s.hasNot(name)
}

func valueComesBack(s *subject) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, value := range [][]byte{
		{}, {0}, []byte("text"), []byte("\r\n"), []byte(" a\x00b "), []byte(`'";--\%s{}`), {0xff, 0xfe, 0xc3}, []byte("é€𝄞"),
		all, bytes.Repeat(all, 4), bytes.Repeat(all, 256),
	} {
		name := newName()
		s.mustSave(name, value, long)
		s.has(name, value)
		s.has(name, value)
	}
}

func valueIsOwn(s *subject) {
	name := newName()
	given := []byte("as it was")
	s.mustSave(name, given, long)
	given[0] = 'A'
	s.has(name, []byte("as it was"))
	got, _, err := s.Load(s.within(s.patience), name)
	if err != nil || len(got) == 0 {
		s.Fatalf("Load: %v", err)
	}
	got[0] = 'A'
	s.has(name, []byte("as it was"))
}

func valueReplaces(s *subject) {
	shrinks, grows := newName(), newName()
	s.mustSave(shrinks, []byte("for long"), long)
	s.mustSave(grows, []byte("for short"), short)
	s.mustSave(shrinks, []byte("for short"), short)
	s.mustSave(grows, []byte("for long, and longer"), long)
	s.pass(short + grain)
	s.hasNot(shrinks)
	if left := s.has(grows, []byte("for long, and longer")); left < long/2 {
		s.Errorf("kept for %v, as what it replaced was", left)
	}
}

func namesApart(s *subject) {
	base := newName()
	names := []string{base + "a", base + "A", base + "-", base + "_", base + "0", "-" + base, "_" + base, base}
	for len(names) < 64 {
		names = append(names, newName())
	}
	for _, name := range names {
		s.mustSave(name, []byte("of "+name), long)
	}
	s.mustDelete(names[0], []byte("of "+names[0]))
	s.hasNot(names[0])
	for _, name := range names[1:] {
		s.has(name, []byte("of "+name))
	}
}

// manyAtOnce has writers of values of one letter each, and readers, on few names.
func manyAtOnce(s *subject) {
	const each = 30
	names := []string{newName(), newName()}
	ctx := s.within(s.patience)
	var all sync.WaitGroup
	for w := range 4 {
		value := bytes.Repeat([]byte{byte('a' + w)}, 1+w*1500)
		all.Go(func() {
			for i := range each {
				if err := s.Save(ctx, names[i%2], value, long); err != nil {
					s.Errorf("Save: %v", err)
					return
				}
			}
		})
		all.Go(func() {
			for i := range each {
				got, _, err := s.Load(ctx, names[i%2])
				switch {
				case errors.Is(err, authflow.ErrNotStored):
				case err != nil:
					s.Errorf("Load: %v", err)
					return
				case len(got) == 0 || len(got) != 1+int(got[0]-'a')*1500 || bytes.Count(got, got[:1]) != len(got):
					s.Errorf("Load returns %d bytes that nobody has saved like that", len(got))
					return
				}
			}
		})
		all.Go(func() {
			for i := range each {
				if err := s.Delete(ctx, names[i%2], value); err != nil {
					s.Errorf("Delete: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
}
