package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// source says which document of the vendor's it is.
type source struct {
	Branch string `json:"branch"`
	Commit string `json:"commit"`
	SHA256 string `json:"sha256_of_whole_file"`
}

// read returns the authentication part of the vendor's document, and where it
// comes from: by the flags, or else by info.x-source, which an extract has and
// the vendor's own file has not.
func (d drift) read() (document, source, error) {
	text, err := os.ReadFile(d.upstream)
	if err != nil {
		return nil, source{}, fmt.Errorf("-upstream: give a copy of the vendor's published spec: %w", err)
	}
	doc, err := parse(text)
	if err != nil {
		return nil, source{}, fmt.Errorf("-upstream: %s: %w", d.upstream, err)
	}
	whole := sha256.Sum256(text)
	from := source{SHA256: hex.EncodeToString(whole[:])}
	if extract, err := json.Marshal(doc.object("info", "x-source")); err != nil || json.Unmarshal(extract, &from) != nil {
		return nil, source{}, fmt.Errorf("-upstream: %s: info.x-source cannot be read", d.upstream)
	}
	if d.branch != "" {
		from.Branch = d.branch
	}
	if d.commit != "" {
		from.Commit = d.commit
	}
	switch {
	case from.Branch == "":
		return nil, source{}, errors.New("-branch: say which branch of the vendor's the file is of")
	case from.Commit == "":
		return nil, source{}, errors.New("-commit: say which commit the file is of")
	}
	return doc, from, nil
}
