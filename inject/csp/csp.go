// Package csp makes the least change to a site's Content-Security-Policy (CSP
// Level 3) that lets one script of the site's own origin run and connect.
//
// A policy is never parsed and written anew: sources are put into its text, so
// whatever is not understood survives byte for byte.
package csp

import (
	"slices"
	"strings"
)

// Names of header fields, canonical.
const (
	Header           = "Content-Security-Policy"
	ReportOnlyHeader = "Content-Security-Policy-Report-Only"
)

// Script is what a policy must let run.
type Script struct {
	// Prefix is the URL path, with slashes at both ends, under which lies all
	// that the script loads or connects to.
	Prefix string
	// Integrity is the script's hash, as sha256-BASE64, or empty.
	Integrity string
	// TrustedTypes is the name of the Trusted Types policy that the script
	// creates, or empty.
	TrustedTypes string
	// Images says that the script shows pictures from below Prefix.
	Images bool
}

// Survey returns the nonce of the list that governs script elements, of the
// first policy that has one. sandboxed says that a policy takes the page's
// scripts, or its origin, without which the script could not speak to its
// server.
func Survey(values []string) (nonce string, sandboxed bool) {
	for _, v := range values {
		for lo := 0; lo <= len(v); {
			var p policy
			p, lo = parsePolicy(v, lo)
			if list, ok := p.value(v, dirSandbox); ok {
				if !hasSource(list, "allow-scripts") || !hasSource(list, "allow-same-origin") {
					sandboxed = true
				}
			}
			list, _, _ := p.scripts(v)
			for tok, rest := nextSource(list); tok != "" && nonce == ""; tok, rest = nextSource(rest) {
				nonce = nonceOf(tok)
			}
		}
	}
	return nonce, sandboxed
}

// Nonce returns the nonce that [Survey] does.
func Nonce(values []string) string {
	nonce, _ := Survey(values)
	return nonce
}

// MaxNonce is how long a nonce that is taken is at most, in bytes.
const MaxNonce = 256

// nonceOf returns a nonce source's value if it can stand in an attribute.
func nonceOf(tok string) string {
	const prefix = "'nonce-"
	if len(tok) <= len(prefix) || !strings.EqualFold(tok[:len(prefix)], prefix) || tok[len(tok)-1] != '\'' {
		return ""
	}
	n := tok[len(prefix) : len(tok)-1]
	if len(n) > MaxNonce {
		return ""
	}
	for i := range len(n) {
		if !isBase64(n[i]) {
			return ""
		}
	}
	return n
}

// RequiresIntegrity reports whether an Integrity-Policy (Subresource Integrity,
// section 3.6) blocks scripts without integrity metadata, which what the script
// loads further can't have.
func RequiresIntegrity(values []string) bool {
	for _, v := range values {
		_, list, _ := strings.Cut(strings.ToLower(v), "blocked-destinations=(")
		list, _, _ = strings.Cut(list, ")")
		if slices.Contains(strings.Fields(list), "script") {
			return true
		}
	}
	return false
}

// IsHash reports whether s is a hash source without its quotes (CSP3, 2.3.1).
func IsHash(s string) bool {
	alg, val, ok := strings.Cut(s, "-")
	if !ok || val == "" || alg != "sha256" && alg != "sha384" && alg != "sha512" {
		return false
	}
	return strings.IndexFunc(val, func(r rune) bool { return !isBase64(byte(r)) }) < 0
}

// isBase64 reports whether c may stand in a nonce or hash (CSP3, 2.3.1).
func isBase64(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}
