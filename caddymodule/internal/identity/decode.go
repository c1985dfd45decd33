package identity

import (
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/chat"
)

// The ways in which values may be sent encoded.
const (
	// decodePercent: J%C3%BCrgen (RFC 3986, section 2.1).
	decodePercent = "percent"
	// decodeForm: likewise, with + for a space, as forms and java.net.URLEncoder
	// have it.
	decodeForm = "form"
)

// decodeField begins the key of a further field in Config.Decode.
const decodeField = "fields."

// provisionReading takes over what the configuration says of how values are
// written, after what its preset does.
func (id *Config) provisionReading() error {
	if id.LabelFormat != nil {
		if *id.value(chat.FieldLabels) == "" {
			return fmt.Errorf("label_format: labels has no source here")
		}
		if err := id.LabelFormat.check(); err != nil {
			return fmt.Errorf("labels: %w", err)
		}
		id.labels = *id.LabelFormat
	}
	for key, way := range id.Decode {
		if err := checkDecode(way); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if name, further := strings.CutPrefix(key, decodeField); further {
			if _, ok := id.Fields[name]; !ok {
				return fmt.Errorf("decode: unknown field %q", name)
			}
			continue
		}
		f := slices.Index(chat.ProfileFieldNames(), key)
		if f < 0 || *id.value(chat.ProfileField(f)) == "" {
			return fmt.Errorf("decode: %q has no source here", key)
		}
		id.decode[f] = way
	}
	return nil
}

// checkDecode refuses a way of decoding that isn't one.
func checkDecode(way string) error {
	switch way {
	case decodePercent, decodeForm:
		return nil
	}
	return fmt.Errorf("unknown decode %q (want percent or form)", way)
}

// describing reads values that only describe somebody. Those that say
// themselves how they are encoded need no configuration: encoded words (RFC
// 2047), as Tailscale sends what is not ASCII, and extended values (RFC 8187).
// What can't be decoded stays as it is: better shown raw than not at all.
func describing(values []string, way string) []string {
	var read []string // made for what differs: few values are encoded
	for i, v := range values {
		text := describe(v, way)
		if text != v && read == nil {
			read = slices.Clone(values) // which are the header's own
		}
		if read != nil {
			read[i] = text
		}
	}
	if read == nil {
		return values
	}
	return read
}

func describe(v, way string) string {
	v = strings.TrimSpace(v)
	if text, ok := announced(v); ok {
		return text
	}
	if text, err := unescape(v, way); err == nil {
		return text
	}
	return v
}

// announced reads a value that says itself how it is encoded, and reports false
// for any other.
func announced(v string) (text string, ok bool) {
	if strings.HasPrefix(v, "=?") {
		if text, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
			return text, true
		}
	}
	if charset, rest, ok := strings.Cut(v, "'"); ok && strings.EqualFold(charset, "UTF-8") {
		if _, encoded, ok := strings.Cut(rest, "'"); ok {
			if text, err := url.PathUnescape(encoded); err == nil {
				return text, true
			}
		}
	}
	return "", false
}

// identifying reads values that tell people apart. One that can't be decoded
// names nobody: taken raw, it might be what another decodes to.
func identifying(values []string, way string) []string {
	if way == "" {
		return values
	}
	read := make([]string, len(values))
	for i, v := range values {
		text, err := unescape(strings.TrimSpace(v), way)
		if err != nil {
			return nil
		}
		read[i] = text
	}
	return read
}

func unescape(v, way string) (string, error) {
	switch way {
	case decodePercent:
		return url.PathUnescape(v)
	case decodeForm:
		return url.QueryUnescape(v)
	}
	return v, nil
}
