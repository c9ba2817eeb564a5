// Package programs runs programs of other people through tsauth proxy, against the
// simulator: none of them knows of tokens, and none sees one expire. See `make programs`.
package programs
