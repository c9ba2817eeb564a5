// Package filestore keeps tokens in files, for tools that run often and for laptops. A
// tool that runs every minute requests one token for each lifetime of a token, and
// twenty tools that start at once request one together.
//
//	store, err := filestore.New()
//	…
//	key, err := store.Key()
//	…
//	cluster, err := authflow.New(url, authflow.WithStore(store, key))
//
// # Where
//
// The folder is tsauth below [os.UserCacheDir], or below the folder of [WithDir]. It has
// one file for each token, named by a hash. The folder has mode 0700 and files have
// mode 0600. A folder or file that other users may use, that another user owns, or
// that is a symbolic link is an error. On Windows the user's cache folder is closed to
// other users, and modes are not checked. The folder may be removed at any time.
//
// The Store reads, replaces and removes only files with names of its own: 64
// hexadecimal digits with .token or .lock, and names that begin with tsauth. or
// .tsauth-. Other files stay as they are. If the folder, or the one that it is in, is
// replaced by a link, the Store returns errors and does not touch the target.
//
// About once an hour, saving a value removes the files that have expired and those
// that killed processes have left behind.
//
// # The key
//
// [Store.Key] is made once and stored in the same folder. It is for convenience:
// programs of the same user, backups, and everybody else who can read the folder can
// use the tokens for the rest of their lifetimes. To keep them out, use a key of 32
// bytes from the keychain of the system, or a secret of the build system. SECURITY.md
// says which attacks each of them prevents.
//
// # Processes
//
// A file is replaced as a whole, so a process that is killed loses at most the value
// that it was about to save. The operating system ends the locks of a
// process together with it. A process that is stopped but not killed keeps its
// locks; the others then wait until their contexts end, and authflow goes on without
// the lock. Keep the folder on a local disk: for several machines there are other
// stores.
//
// The age of a token is the longer one of two times: by the clock of the machine, and
// since the machine was started. A clock that is set therefore does not make a token
// live longer. A token that was saved in the future counts as absent.
package filestore
