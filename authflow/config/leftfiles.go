package config

import (
	"io/fs"
	"os"
	"regexp"
	"time"
)

// tempPrefix begins the name of a file of profiles that is being written.
const tempPrefix = ".tsauth-"

// leftTime is how old such a file must be that its process has not finished writing.
const leftTime = time.Hour

// isTempName matches the names that os.CreateTemp makes with tempPrefix.
var isTempName = regexp.MustCompile(`^\.tsauth-[0-9]+$`)

// removeLeftFiles removes the files that killed processes of this user have left in a
// folder. They may hold a secret. It opens the folder, so that no link leads out of it. A
// file that cannot be removed stays.
func removeLeftFiles(folder string) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	files, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return
	}
	for _, file := range files {
		info, err := file.Info() // of a link itself
		if err != nil || !isTempName.MatchString(file.Name()) {
			continue
		}
		if info.Mode().IsRegular() && isOwn(info) && time.Since(info.ModTime()) > leftTime {
			_ = root.Remove(file.Name())
		}
	}
}
