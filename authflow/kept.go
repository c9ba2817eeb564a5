package authflow

import "io"

// keptBody is the body of an error answer. It keeps what was read of it, for
// ErrorOf.
type keptBody struct {
	io.ReadCloser
	hide func() func(string) string // made only for an error
	kept []byte
	off  int // of the reader in kept
}

// Read implements io.Reader.
func (k *keptBody) Read(p []byte) (int, error) {
	if k.off == len(k.kept) {
		if len(k.kept) >= maxAnswer {
			return k.ReadCloser.Read(p)
		}
		n, err := k.ReadCloser.Read(p)
		k.kept = append(k.kept, p[:n]...)
		k.off += n
		return n, err
	}
	n := copy(p, k.kept[k.off:])
	k.off += n
	return n, nil
}

// all returns what the server sent, up to maxAnswer bytes.
func (k *keptBody) all() []byte {
	rest, _ := io.ReadAll(io.LimitReader(k.ReadCloser, maxAnswer-int64(len(k.kept)))) // nothing once it was closed
	k.kept = append(k.kept, rest...)
	return k.kept
}

func (k *keptBody) redact(text string) string {
	if k.hide == nil {
		return text
	}
	return k.hide()(text)
}
