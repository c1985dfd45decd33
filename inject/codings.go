package inject

import (
	"strconv"
	"strings"
)

// codings are content codings that a client takes.
type codings uint8

const (
	codingGzip codings = 1 << iota
	codingDeflate
	codingBrotli
	codingZstd

	// refusesIdentity says that the client takes nothing that is not encoded.
	refusesIdentity codings = 1 << 7
)

var codingNames = [...]string{"gzip", "deflate", "br", "zstd"}

// codingNamed returns the coding of a name in lower case, or zero.
func codingNamed(name string) codings {
	if name == "x-gzip" {
		return codingGzip
	}
	for i, n := range codingNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// spliced returns what to ask an upstream for so that nothing has to be decoded.
func (c codings) spliced() []string {
	switch c & (codingGzip | codingDeflate) {
	case codingGzip | codingDeflate:
		return []string{"gzip, deflate"}
	case codingGzip:
		return []string{"gzip"}
	case codingDeflate:
		return []string{"deflate"}
	}
	return nil
}

// accepted reads Accept-Encoding. It returns what the client takes and can be
// decoded here, and what to ask the upstream for: the field as it came wherever
// that names nothing else, so that the upstream chooses as it would without us.
// What is not known here, such as a dictionary that both ends share, is left out.
func accepted(values []string) (c codings, ask []string) {
	if len(values) == 1 {
		switch values[0] { // what most send
		case "gzip, deflate, br, zstd":
			return codingGzip | codingDeflate | codingBrotli | codingZstd, values
		case "gzip, deflate, br":
			return codingGzip | codingDeflate | codingBrotli, values
		case "gzip, deflate": // of browsers without TLS
			return codingGzip | codingDeflate, values
		case "gzip":
			return codingGzip, values
		}
	}
	var keep []string
	var named codings
	known, rest := true, ""
	refuses, plain := false, false
	for _, v := range values {
		for v != "" {
			var item string
			item, v, _ = strings.Cut(v, ",")
			if item = strings.Trim(item, " \t"); item == "" {
				continue
			}
			name, params, _ := strings.Cut(item, ";")
			name = strings.ToLower(strings.TrimRight(name, " \t"))
			k := codingNamed(name)
			switch {
			case (name == "identity" || name == "*") && refused(params):
				refuses = true
			case name == "identity":
				plain = true
			case name == "*" && !refused(params):
				known, rest = false, item
				continue
			case k == 0 && name != "identity" && name != "*":
				known = false
				continue
			case !refused(params):
				c |= k
			}
			named |= k
			keep = append(keep, item)
		}
	}
	if rest != "" && named&codingGzip == 0 {
		// By name, so that it is one of those that are known here.
		c |= codingGzip
		keep = append(keep, "gzip"+rest[1:])
	}
	if refuses && !plain {
		c |= refusesIdentity
	}
	switch {
	case c == refusesIdentity:
		return c, values // whatever it means, the upstream may know
	case c == 0:
		return 0, nil
	case known:
		return c, values
	}
	return c, []string{strings.Join(keep, ", ")}
}

// refused reports whether parameters have a weight of zero (RFC 9110, 12.4.2).
func refused(params string) bool {
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		if p = strings.Trim(p, " \t"); hasPrefixFold(p, "q=") {
			q, err := strconv.ParseFloat(p[2:], 64)
			return err == nil && q == 0
		}
	}
	return false
}
