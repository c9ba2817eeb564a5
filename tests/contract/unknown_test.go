package contract_test

import "crypto/rand"

// unknownUser is the name of a user who does not exist yet. Those that a run
// makes on a live server are told by it.
func unknownUser() string { return "tsauth-contract-" + rand.Text() }
