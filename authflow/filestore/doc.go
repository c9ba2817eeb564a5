// Package filestore keeps tokens in files, for tools that run often and for
// laptops: a tool that runs each minute asks the server once for each life of a
// token, and twenty that start at once ask it once together.
//
//	store, err := filestore.New()
//	…
//	key, err := store.Key()
//	…
//	cluster, err := authflow.New(url, authflow.WithStore(store, key))
//
// # Where
//
// In tsauth/tokens below [os.UserCacheDir], or in the folder of [WithDir]: one file
// for each token, under a name that tells nothing. The folder has mode 0700, files
// have 0600. A folder or a file that others may use, that another user owns, or that
// is a symbolic link is refused; on Windows, where the user's own cache folder
// is closed to others, nobody looks. It may be removed at any time.
//
// Files that have expired are removed within about an hour in which something is
// saved, and so is what a killed process has left behind.
//
// # The key
//
// [Store.Key] is made once, and kept in the same folder. It is for convenience:
// whoever can read the folder, as programs of the same user and backups can, can
// use the tokens for the rest of their lives. A key of 32 bytes from the keychain
// of the system, or a secret of the build system, keeps them out. SECURITY.md has
// what either protects from.
//
// # Processes
//
// A file is replaced as a whole, so that a process that is killed loses at most the
// token that it was about to save. The locks are those of the operating system,
// which end with their process. One that is stopped, and not killed, keeps its lock;
// others then wait until their context ends, and authflow goes on without it. Keep
// the folder on a local disk: for several machines there are other stores.
//
// How old a token is comes from the clock of the machine, and from the time since it
// has started, and the greater counts: setting the clock makes no token live longer.
// One that was saved in the future is none.
package filestore
