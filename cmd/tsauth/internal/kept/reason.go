package kept

import (
	"context"
	"time"
)

// reasonTime is how long a rejected password counts, and so may be held back.
const reasonTime = time.Hour

// SaveReason keeps why the server rejected a password, for a later run that does not send
// it again. The reason holds no secret.
func (t Tokens) SaveReason(ctx context.Context, reason string) error {
	if t.files == nil {
		return nil
	}
	return t.files.Save(ctx, t.reasonName(), []byte(reason), reasonTime)
}

// Reason returns the latest reason that was kept, or "" if there is none.
func (t Tokens) Reason(ctx context.Context) string {
	if t.files == nil {
		return ""
	}
	reason, _, err := t.files.Load(ctx, t.reasonName())
	if err != nil {
		return ""
	}
	return string(reason)
}

func (t Tokens) reasonName() string { return "tsauth reason\x00" + t.owner }
