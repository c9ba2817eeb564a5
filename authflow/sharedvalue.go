package authflow

import (
	"context"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/seal"
)

// SharedValue is a value in the Store of a Cluster that all processes with the same
// Store and key can read and change. It is sealed, and the Store sees neither its kind
// nor its id. Package tokenservice records there which tokens it has handed out. A
// SharedValue must not be used concurrently.
type SharedValue struct {
	cluster *Cluster
	box     *seal.Box
	kind    string
	name    string
	stored  []byte // as the Store had it at the last Load or Swap
}

// SharedValue returns the value of a kind, such as "tokenservice", for an id, such as a
// user. It sends nothing. Without [WithStore] it returns nil.
func (c *Cluster) SharedValue(kind, id string) *SharedValue {
	if c.store == nil {
		return nil
	}
	box := c.store.box.Common()
	kind = "shared " + kind
	return &SharedValue{cluster: c, box: box, kind: kind, name: box.Names(c.url, kind, id)[0]}
}

// Load returns the value, and how much of its time to live is left by the clock of the
// Store. If there is none, or none that was sealed with the key, the error matches
// [ErrNotStored]. Any other error means that the Store could not be read; for a few
// seconds after that, further calls fail at once. Load takes no longer
// than ctx allows, and no longer than a second from when its turn comes.
func (v *SharedValue) Load(ctx context.Context) (value []byte, left time.Duration, err error) {
	found, err := v.cluster.store.loadCount(ctx, v.name)
	v.cluster.reportStore("Load", err)
	switch {
	case errors.Is(err, ErrNotStored):
		v.stored = nil
		return nil, 0, err
	case err != nil:
		return nil, 0, err
	}
	v.stored = found.value
	value, ok := v.box.Open(v.name, v.kind, found.value)
	if !ok {
		return nil, 0, ErrNotStored
	}
	return value, found.left, nil
}

// Swap saves a value for ttl in place of the value that the last Load or Swap has seen. If
// another process has changed it since, the error matches [ErrChanged]: call Load, and
// decide again. Swap has the time limits of Load.
func (v *SharedValue) Swap(ctx context.Context, value []byte, ttl time.Duration) error {
	sealed := v.box.Seal(v.name, v.kind, value)
	err := v.cluster.store.swapCount(ctx, v.name, v.stored, sealed, ttl)
	v.cluster.reportStore("Swap", err)
	if err == nil {
		v.stored = sealed
	}
	return err
}
