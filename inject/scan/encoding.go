package scan

import (
	"bytes"
	"strings"
)

// ASCIICompatible reports whether in the encoding with a label that
// Content-Type gave (Encoding standard, 4.2) all bytes below 0x80 are ASCII.
func ASCIICompatible(label string) bool {
	if strings.EqualFold(label, "utf-8") {
		return true
	}
	if notASCIICompatible(label) {
		return false
	}
	label = trimLower(label)
	for _, p := range []string{"utf-16", "utf16", "utf-32", "utf32", "utf-7", "utf7", "ucs-2", "ucs-4", "unicode", "csunicode", "iso-10646-ucs", "ibm037", "ebcdic", "cp037"} {
		if strings.HasPrefix(label, p) {
			return label == "unicode-1-1-utf-8" || label == "unicode11utf8" || label == "unicode20utf8"
		}
	}
	return true
}

// notASCIICompatible does so for the label of a meta element. That can't name
// UTF-16: browsers read UTF-8 then, since they could read the meta.
func notASCIICompatible(label string) bool {
	if strings.EqualFold(label, "utf-8") {
		return false
	}
	label = trimLower(label)
	for _, p := range []string{"iso-2022-", "csiso2022", "hz-gb-2312", "replacement"} {
		if strings.HasPrefix(label, p) {
			return true
		}
	}
	return false
}

func trimLower(label string) string { return strings.ToLower(strings.Trim(label, " \t\n\f\r")) }

// encodings are what the labels of encodings that are compatible with ASCII
// begin with (Encoding standard, 4.2), and UTF-16, which means UTF-8 in a meta.
var encodings = [...]string{
	"utf-8", "utf8", "unicode", "x-unicode", "utf-16", "iso-8859", "iso8859", "iso_8859", "iso88", "windows-", "cp", "x-cp", "latin",
	"ascii", "us-ascii", "ansi_x3.4", "ibm", "dos-874", "tis-620", "koi", "cskoi8", "csiso", "iso-ir-", "arabic", "cyrillic", "greek", "hebrew", "visual", "logical",
	"ecma-", "elot_", "asmo-", "sun_eu_greek", "macintosh", "mac", "csmacintosh", "x-mac-", "shift", "sjis", "x-sjis", "csshiftjis", "ms_kanji", "ms932", "windows-31j",
	"euc-", "x-euc-jp", "cseuc", "ks_c_5601", "ksc", "korean", "gb", "x-gbk", "chinese", "csgb", "big5", "cn-big5", "csbig5", "x-x-big5", "x-user-defined",
}

// isEncoding reports whether browsers know a label. Where it is wrong, the
// place is a little later than it could be, or the look for another meta ends
// a little early.
func isEncoding(label []byte) bool {
	if equalFold(label, "utf-8") {
		return true
	}
	name := strings.ToLower(string(bytes.Trim(label, " \t\n\f\r")))
	if strings.ContainsAny(name, "<>\"'= ") {
		return false
	}
	for _, p := range encodings {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
