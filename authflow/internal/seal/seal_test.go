package seal_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/internal/seal"
)

// key returns a key of 32 equal bytes.
func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func box(t testing.TB, keys ...[]byte) *seal.Box {
	t.Helper()
	b, err := seal.New(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// expectOpen fails the test unless the value opens to the plaintext, twice.
func expectOpen(t *testing.T, b *seal.Box, name, kind string, value []byte, want string) {
	t.Helper()
	for range 2 {
		got, ok := b.Open(name, kind, value)
		if !ok || string(got) != want {
			t.Errorf("opened as %q, %v; want %q", got, ok, want)
		}
	}
}

func expectShut(t *testing.T, b *seal.Box, name, kind string, value []byte) {
	t.Helper()
	got, ok := b.Open(name, kind, value)
	if ok || got != nil {
		t.Errorf("%q as %q opens: %q", name, kind, got)
	}
}

func TestK4_Value_OpensAsWhatItWasSealed(t *testing.T) {
	t.Parallel()
	b := box(t, key(1))
	name := b.Names("server", "ann")[0]
	for _, plaintext := range []string{"", "x", strings.Repeat("secret token ", 1000)} {
		value := b.Seal(name, "token", []byte(plaintext))
		if len(plaintext) > 8 && bytes.Contains(value, []byte(plaintext)) {
			t.Errorf("%q stands in its sealed value", plaintext)
		}
		expectOpen(t, b, name, "token", value, plaintext)
		expectOpen(t, box(t, key(1)), name, "token", value, plaintext)
	}
}

func TestK4_Value_IsBoundToItsNameAndKind(t *testing.T) {
	t.Parallel()
	b := box(t, key(1), key(2))
	names := b.Names("ann")
	value := b.Seal(names[0], "token", []byte("secret"))
	expectShut(t, b, b.Names("bob")[0], "token", value)
	expectShut(t, b, names[1], "token", value)
	expectShut(t, b, names[0], "rejections", value)
	expectShut(t, b, names[0], "", value)
	expectShut(t, b, "token", names[0], value)
	expectShut(t, b, names[0]+"t", "oken", value)
	expectShut(t, b, names[0][:42], names[0][42:]+"token", value)
	expectOpen(t, b, names[0], "token", value, "secret")
}

func TestK4_Nonce_IsNeverReused(t *testing.T) {
	t.Parallel()
	boxes := []*seal.Box{box(t, key(1)), box(t, key(1)), box(t, key(2), key(1)).Common()} // of three processes
	seen := make(map[string]bool)
	for i := range 3000 {
		value := boxes[i%len(boxes)].Seal("name", "token", []byte("the same"))
		nonce := string(value[:12])
		if seen[nonce] || nonce == strings.Repeat("\x00", 12) {
			t.Fatalf("nonce %x is used again", nonce)
		}
		seen[nonce] = true
		if len(value) != 12+len("the same")+16 {
			t.Fatalf("a value of %d bytes", len(value))
		}
	}
}

func TestK4_OldKey_OpensAndTheNewOneSeals(t *testing.T) {
	t.Parallel()
	before, during, after := box(t, key(1)), box(t, key(2), key(1)), box(t, key(2))
	old := before.Names("ann")[0]
	expectOpen(t, during, old, "token", before.Seal(old, "token", []byte("a")), "a")
	expectShut(t, after, old, "token", before.Seal(old, "token", []byte("a")))

	name := during.Names("ann")[0]
	value := during.Seal(name, "token", []byte("b"))
	expectOpen(t, after, name, "token", value, "b")
	expectShut(t, before, name, "token", value)

	third := box(t, key(3), key(2), key(1))
	expectOpen(t, third, old, "token", before.Seal(old, "token", []byte("a")), "a")
	expectOpen(t, third, name, "token", value, "b")
}

func TestK4_Names_AreOneForEachKeyWithTheNewestFirst(t *testing.T) {
	t.Parallel()
	one, two := box(t, key(1)).Names("ann", "full"), box(t, key(2)).Names("ann", "full")
	if got, want := box(t, key(2), key(1)).Names("ann", "full"), slices.Concat(two, one); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if again := box(t, key(1)).Names("ann", "full"); !slices.Equal(again, one) {
		t.Errorf("the second time %q, the first time %q", again, one)
	}
	if one[0] == two[0] {
		t.Error("the name does not depend on the key")
	}
}

func TestK4_Names_TellTextsApartAndNothingAboutThem(t *testing.T) {
	t.Parallel()
	b := box(t, key(1))
	form := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	seen := make(map[string][]string)
	for _, texts := range [][]string{
		nil, {""}, {"", ""}, {"ab", "c"}, {"a", "bc"}, {"abc"}, {"a", "b", "c"}, {"c", "ab"}, {"abc", ""}, {"", "abc"},
		{strings.Repeat("x", 300)}, {"\x00\x00\x00\x00\x00\x00\x00\x01a"}, {"a"},
	} {
		name := b.Names(texts...)[0]
		if !form.MatchString(name) {
			t.Errorf("%q has the name %q", texts, name)
		}
		if other, known := seen[name]; known {
			t.Errorf("%q and %q have the same name", texts, other)
		}
		seen[name] = texts
	}
}

func TestK4_CommonBox_IsTheSameWhileANewKeyIsIntroduced(t *testing.T) {
	t.Parallel()
	for first := range byte(20) { // whichever name comes first in the alphabet
		old, second := key(first), key(first+100)
		before, during := box(t, old).Common(), box(t, second, old).Common()
		if !slices.Equal(before.Names("ann"), during.Names("ann")) {
			t.Errorf("keys %d and %d: processes with the old and the new key take different locks", first, first+100)
		}
		if !slices.Equal(before.Hashes("ann"), during.Hashes("ann")) {
			t.Errorf("keys %d and %d: processes with the old and the new key do not count together", first, first+100)
		}
		for _, pair := range [][2]*seal.Box{{before, during}, {during, before}} {
			text, ok := pair[1].Open("ann", "kind", pair[0].Seal("ann", "kind", []byte("text")))
			if !ok || string(text) != "text" {
				t.Errorf("keys %d and %d: what one process has sealed the other cannot open", first, first+100)
			}
		}
		if slices.Equal(before.Names("ann"), before.Names("bob")) {
			t.Error("ann and bob have one lock")
		}
	}
}

func TestK4_Hashes_DependOnKeyAndTextsAndAreNotNames(t *testing.T) {
	t.Parallel()
	one, two := box(t, key(1)).Hashes("ann", "pw"), box(t, key(2)).Hashes("ann", "pw")
	if got := box(t, key(2), key(1)).Hashes("ann", "pw"); !slices.Equal(got, slices.Concat(two, one)) {
		t.Error("the hashes are not one for each key with the newest first")
	}
	if one[0] == two[0] || one[0] == box(t, key(1)).Hashes("annp", "w")[0] {
		t.Error("the hash does not depend on key and texts")
	}
	if base64.RawURLEncoding.EncodeToString(one[0][:]) == box(t, key(1)).Names("ann", "pw")[0] {
		t.Error("the hash is in the store as a name")
	}
}

func TestK4_Garbage_DoesNotOpen(t *testing.T) {
	t.Parallel()
	b := box(t, key(1), key(2))
	value := b.Seal("name", "token", []byte("secret"))
	for n := range len(value) {
		expectShut(t, b, "name", "token", value[:n])
		changed := bytes.Clone(value)
		changed[n] ^= 1
		expectShut(t, b, "name", "token", changed)
	}
	expectShut(t, b, "name", "token", nil)
	expectShut(t, b, "name", "token", append(bytes.Clone(value), 0))
	expectShut(t, box(t, key(3)), "name", "token", value)
	expectOpen(t, b, "name", "token", value, "secret")
}

func TestK4_Key_HasToHave32Bytes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 16, 31, 33, 64} {
		short := make([]byte, n)
		for _, keys := range [][][]byte{{short}, {key(1), short}, {key(1), key(2), short}} {
			b, err := seal.New(keys[0], keys[1:]...)
			if b != nil || err == nil {
				t.Errorf("a key of %d bytes is taken", n)
			}
		}
	}
}

func TestX3_Box_PrintsRedacted(t *testing.T) {
	t.Parallel()
	b := box(t, key(1))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb+" "+verb, b, *b); got != "[redacted] [redacted]" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
	if got := fmt.Sprintf("%+v", struct{ box *seal.Box }{b}); !strings.HasPrefix(got, "{box:0x") {
		t.Errorf("in a struct it prints %q", got)
	}
}

// The caller may clear or reuse its keys.
func TestK4_Key_IsCopied(t *testing.T) {
	t.Parallel()
	k, old := key(1), [][]byte{key(2)}
	b, err := seal.New(k, old...)
	if err != nil {
		t.Fatal(err)
	}
	name, value := b.Names("ann")[0], b.Seal("name", "token", []byte("secret"))
	clear(k)
	clear(old[0])
	if b.Names("ann")[0] != name {
		t.Error("the name changed with the caller's key")
	}
	expectOpen(t, b, "name", "token", value, "secret")
}

func FuzzK4_Open_TakesAnything(f *testing.F) {
	f.Add([]byte("value"), "name", "token")
	f.Fuzz(func(t *testing.T, value []byte, name, kind string) {
		b := box(t, key(1), key(2))
		expectShut(t, b, name, kind, value)
		expectOpen(t, b, name, kind, b.Seal(name, kind, value), string(value))
	})
}
