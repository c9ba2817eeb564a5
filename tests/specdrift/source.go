package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// source says which of the vendor's documents this is.
type source struct {
	Branch  string `json:"branch"`
	Commit  string `json:"commit"`
	SHA256  string `json:"sha256_of_whole_file"`
	Release string `json:"-"`
	// Newest is the newest release that an operation of the whole file names.
	Newest string `json:"-"`
	// Assumed tells that neither the caller nor the file named the branch.
	Assumed bool `json:"-"`
}

// open reads a document that the vendor published, and info.x-source, in which an extract
// says what it was made from. The vendor's own file does not have it.
func open(flag, file string) (document, source, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, source{}, fmt.Errorf("%s: give a copy of the vendor's published spec: %w", flag, err)
	}
	doc, err := parse(text)
	if err != nil {
		return nil, source{}, fmt.Errorf("%s: %s: %w", flag, file, err)
	}
	whole := sha256.Sum256(text)
	from := source{SHA256: hex.EncodeToString(whole[:]), Newest: doc.newestRelease()}
	if extract, err := json.Marshal(doc.object("info", "x-source")); err != nil || json.Unmarshal(extract, &from) != nil {
		return nil, source{}, fmt.Errorf("%s: %s: info.x-source cannot be read", flag, file)
	}
	if err := doc.keepAuth(); err != nil {
		return nil, source{}, fmt.Errorf("%s: %s: %w", flag, file, err)
	}
	return doc, from, nil
}

// read returns the authentication part of the vendor's document, and its
// source. Flags come before info.x-source. Without either, the branch is
// release, and its release is the one of the lock.
func (d drift) read(l lock) (document, source, error) {
	doc, from, err := open("-upstream", d.upstream)
	if err != nil {
		return nil, source{}, err
	}
	from.Branch = cmp.Or(d.branch, from.Branch)
	if from.Branch == "" {
		from.Branch, from.Assumed = "release", true
	}
	if from.Commit = cmp.Or(d.commit, from.Commit); from.Commit == "" {
		return nil, source{}, errors.New("-commit: say which commit the file is of")
	}
	from.Release = cmp.Or(d.release, l[from.Branch].Release)
	if releaseOf(from.Branch) != nil {
		from.Release = cmp.Or(d.release, from.Branch)
	}
	if releaseOf(from.Release) == nil {
		return nil, source{}, fmt.Errorf("-release: say which release of ThoughtSpot the branch %s is of, such as 26.8", from.Branch)
	}
	return doc, from, nil
}

// previous returns the contents of the document that was reviewed last, if the
// caller gives it. Another document would show wrong differences, so it is an
// error.
func (d drift) previous(before reviewed) (map[string]content, error) {
	if d.previously == "" {
		return nil, nil //nolint:nilnil // there is nothing to show, which is fine
	}
	doc, from, err := open("-previous", d.previously)
	if err != nil {
		return nil, err
	}
	if from.SHA256 != before.SHA256 {
		return nil, fmt.Errorf("-previous: %s is not the reviewed document: give the vendor's file at commit %s", d.previously, before.Commit)
	}
	return doc.contents(), nil
}

// newestRelease returns the newest release among the tags of the operations,
// which are like 26.8.0.cl; empty if there is none.
func (d document) newestRelease() string {
	var newest []int
	for op := range d.operations() {
		tags, _ := op.fields["tags"].([]any)
		for _, tag := range tags {
			text, _ := tag.(string)
			r := releaseOf(text)
			if slices.Compare(r, newest) > 0 {
				newest = r
			}
		}
	}
	if newest == nil {
		return ""
	}
	return fmt.Sprintf("%d.%d", newest[0], newest[1])
}

// releaseOf returns the two numbers of a release, 26 and 8 of 26.8 or
// 26.8.0.cl, or nil.
func releaseOf(text string) []int {
	match := regexp.MustCompile(`^(\d+)\.(\d+)(\.\d+\.cl)?$`).FindStringSubmatch(text)
	if match == nil {
		return nil
	}
	year, errYear := strconv.Atoi(match[1])
	month, errMonth := strconv.Atoi(match[2])
	if errYear != nil || errMonth != nil {
		return nil
	}
	return []int{year, month}
}
