package authflow

import (
	"math"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// credentialRequest is the request of a Flow for its credential. A service keeps
// many flows, so it is one text: the request as JSON, with the secret if it is
// known, followed by the pieces below that do not occur in it.
type credentialRequest struct {
	text string
	size uint32 // of the JSON
	from [pieces]uint32
	long [pieces]uint16
}

// The pieces of a credentialRequest.
const (
	pieceUser   = iota // the principal, where it is known
	pieceOrg           // the requested Org, or ""
	pieceSecret        // the password or key of the request, or ""
	pieceAlias         // another name of the principal, or ""
	pieces
)

// maxPiece is the longest name or secret, in bytes.
const maxPiece = math.MaxUint16

func newCredentialRequest(body, user, org string, secret gen.Secret, alias string) credentialRequest {
	r := credentialRequest{text: body, size: uint32(len(body))} //nolint:gosec // a request never has 4 GiB
	for i, piece := range [pieces]string{user, org, string(secret), alias} {
		at := strings.Index(r.text, piece)
		if at < 0 {
			at = len(r.text)
			r.text += piece
		}
		r.from[i], r.long[i] = uint32(at), uint16(len(piece)) //nolint:gosec // as above; the length is checked
	}
	return r
}

func (r *credentialRequest) piece(i int) string {
	return r.text[r.from[i] : r.from[i]+uint32(r.long[i])]
}

func (r *credentialRequest) body() string       { return r.text[:r.size] }
func (r *credentialRequest) user() string       { return r.piece(pieceUser) }
func (r *credentialRequest) org() string        { return r.piece(pieceOrg) }
func (r *credentialRequest) alias() string      { return r.piece(pieceAlias) }
func (r *credentialRequest) secret() gen.Secret { return gen.Secret(r.piece(pieceSecret)) }
