package authflow

import (
	"math"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// asked is what a Flow asks for. It is kept as one text, as a service keeps many
// flows: the request as JSON, with the credential if it is known, and behind it
// what is not to be found in there.
type asked struct {
	text string
	size uint32 // of the request
	from [4]uint32
	long [4]uint16
}

// The pieces of what is asked for.
const (
	pieceUser   = iota // the principal, where it is known
	pieceOrg           // the Org that was asked for, or ""
	pieceSecret        // of the request, or "" where it is supplied
	pieceAlias         // another name of the principal, or ""
)

// maxPiece is how long a name, or a secret, may be in bytes.
const maxPiece = math.MaxUint16

func newAsked(body, user, org string, secret gen.Secret, alias string) asked {
	a := asked{text: body, size: uint32(len(body))} //nolint:gosec // a request of 4 GiB is none
	for i, piece := range []string{user, org, string(secret), alias} {
		at := strings.Index(a.text, piece)
		if at < 0 {
			at = len(a.text)
			a.text += piece
		}
		a.from[i], a.long[i] = uint32(at), uint16(len(piece)) //nolint:gosec // as above, and maxPiece is checked
	}
	return a
}

func (a *asked) piece(i int) string {
	return a.text[a.from[i] : a.from[i]+uint32(a.long[i])]
}

func (a *asked) body() string       { return a.text[:a.size] }
func (a *asked) user() string       { return a.piece(pieceUser) }
func (a *asked) org() string        { return a.piece(pieceOrg) }
func (a *asked) alias() string      { return a.piece(pieceAlias) }
func (a *asked) secret() gen.Secret { return gen.Secret(a.piece(pieceSecret)) }
