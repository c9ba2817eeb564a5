package job

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// terminalName unlocks the terminal of a master and returns its name.
func terminalName(master int) (string, error) {
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return "", err
	}
	number, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	return fmt.Sprintf("/dev/pts/%d", number), err
}
