//go:build unix && !linux

package job

import "errors"

func terminalName(int) (string, error) { return "", errors.ErrUnsupported }
