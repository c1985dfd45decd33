package inject

import (
	"net/http"
	"strings"
)

// varyBits are the request headers that decided whether a response may be
// injected, and how it is encoded. A shared cache must not give one kind for the other.
type varyBits uint8

const (
	varyDest varyBits = 1 << iota
	varyAccept
	varyHTMX
	varyTurbo
	varyPJAX
	varyXHR
	varyMark
	varyEncoding

	varyAll = varyDest | varyAccept | varyHTMX | varyTurbo | varyPJAX | varyXHR
)

var varyNames = [...]string{"Sec-Fetch-Dest", "Accept", "HX-Request", "Turbo-Frame", "X-PJAX", "X-Requested-With", MarkHeader, "Accept-Encoding"}

// varyValues holds the Vary value for each combination.
var varyValues = func() (all [1 << len(varyNames)]string) {
	for bits := range all {
		var names []string
		for i, n := range varyNames {
			if bits>>i&1 != 0 {
				names = append(names, n)
			}
		}
		all[bits] = strings.Join(names, ", ")
	}
	return all
}()

// addVary adds the header names in bits to Vary, those that are not there yet.
func (w *Writer) addVary(h http.Header, bits varyBits) {
	old := h["Vary"]
	for _, v := range old {
		for v != "" {
			var name string
			name, v, _ = strings.Cut(v, ",")
			name = strings.Trim(name, " \t")
			if name == "*" {
				return
			}
			for i, n := range varyNames {
				if bits>>i&1 != 0 && strings.EqualFold(name, n) {
					bits &^= 1 << i
				}
			}
		}
	}
	if bits == 0 {
		return
	}
	// A value line of its own: what is there may be shared by the handler.
	vals := w.values.empty(len(old) + 1)
	copy(vals, old)
	vals[len(old)] = varyValues[bits]
	h["Vary"] = vals
}
