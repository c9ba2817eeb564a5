package tokenservice

import (
	"iter"
	"math"
	"net/http"
	"strings"
)

// The forms of a token.
const (
	textType = "text/plain; charset=utf-8"
	jsonType = "application/json"
)

// form returns the media type in which the client wants the token: JSON if the
// Accept header prefers it to text, or gives both the same weight and names JSON
// first, as "application/json, text/plain, */*" of axios and Angular does. Otherwise
// it is text, which the SDK expects of an authEndpoint without saying so.
//
// Nothing is allocated, whatever the length of the header: it may have a megabyte.
func form(h http.Header) string {
	var json, text preference
	for position, item := range mediaRanges(h) {
		name, params, _ := strings.Cut(item, ";")
		name = strings.Trim(name, " \t")
		json.consider(fit(name, "application/json", "application/*"), params, position)
		text.consider(fit(name, "text/plain", "text/*"), params, position)
	}
	if json.isAheadOf(text) {
		return jsonType
	}
	return textType
}

// maxRanges is how many media ranges of a request are read; browsers send about ten.
// A megabyte of commas takes about 2 ms then, instead of 35.
const maxRanges = 1 << 14

// mediaRanges returns the media ranges of all Accept headers, numbered in their order.
func mediaRanges(h http.Header) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		position := 0
		for _, line := range h["Accept"] {
			for item := range strings.SplitSeq(line, ",") {
				if position == maxRanges {
					return
				}
				wantsMore := yield(position, item)
				if !wantsMore {
					return
				}
				position++
			}
		}
	}
}

// How well a media range fits a media type; a better fit is greater.
const (
	noFit = iota
	anyType
	anySubtype
	exactType
)

// fit returns how well the media range called name fits the media type exact, all of
// whose siblings are named by family.
func fit(name, exact, family string) int {
	switch {
	case strings.EqualFold(name, exact):
		return exactType
	case strings.EqualFold(name, family):
		return anySubtype
	case name == "*/*":
		return anyType
	}
	return noFit
}

// preference says how much the client wants a media type, by the media range that
// fits it best (RFC 9110, section 12.5.1).
type preference struct {
	fit      int
	weight   int // in thousandths
	position int // of the range in the header; last of all if it names no type
}

// consider takes another range of the Accept header into account. Of ranges that fit
// equally well the first one counts. A range whose parameters cannot be read does not
// count.
func (p *preference) consider(fit int, params string, position int) {
	if fit <= p.fit {
		return
	}
	weight, ok := weightIn(params)
	if !ok {
		return
	}
	if fit == anyType {
		position = math.MaxInt
	}
	*p = preference{fit, weight, position}
}

func (p *preference) isAheadOf(q preference) bool {
	if p.weight == q.weight {
		return p.weight > 0 && p.position < q.position
	}
	return p.weight > q.weight
}

// weightIn returns the parameter q of a media range in thousandths, or 1,000 if it
// is absent. ok is false if the parameters cannot be read.
func weightIn(params string) (weight int, ok bool) {
	weight = 1000
	isSeen := false
	for param := range strings.SplitSeq(params, ";") {
		param = strings.Trim(param, " \t")
		if param == "" {
			continue
		}
		name, value, hasValue := strings.Cut(param, "=")
		if name == "" || !hasValue {
			return 0, false
		}
		if !strings.EqualFold(name, "q") {
			continue
		}
		weight, ok = thousandths(value)
		if isSeen || !ok {
			return 0, false
		}
		isSeen = true
	}
	return weight, true
}

// thousandths reads a weight from 0 to 1 and drops what is smaller than a
// thousandth. Some clients leave out the 0 before the point.
func thousandths(text string) (n int, ok bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	switch {
	case text == "", text == ".", whole != "" && whole != "0" && whole != "1":
		return 0, false
	case whole == "1":
		n = 1000
	}
	unit := 100
	for _, c := range []byte(fraction) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n += int(c-'0') * unit
		unit /= 10
	}
	return n, n <= 1000
}
