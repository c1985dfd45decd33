package caddymodule

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// maxPicture is the size of the largest file that is shown, in bytes.
const maxPicture = 64 << 10

const svg, png = "image/svg+xml", "image/png"

// origin stands in a style sheet for that of the page: the addresses in it would
// follow a base element. No address has these letters.
const origin = "%o"

// A picture is what a style sheet of the chat shows: at an address elsewhere, or
// a file that we serve.
type picture struct {
	// address is what stands in the style sheet.
	address   string
	mediaType string             // of a file
	file      *transport.Picture // nil where it is elsewhere
}

// isAddress reports whether a picture is elsewhere.
func isAddress(value string) bool {
	return strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://")
}

// isIconName reports whether an icon is meant to be a built-in one.
func isIconName(value string) bool { return !strings.ContainsAny(value, `./\{`) }

// checkPictures finds what is wrong with how pictures are named. What is in the
// files is seen as the configuration is loaded: it may be written elsewhere.
func (wd *Widget) checkPictures() error {
	if isAddress(wd.Icon) {
		return fmt.Errorf("icon %q: want the path of a file; each page would ask another host for it", wd.Icon)
	}
	if _, ok := icons[wd.Icon]; wd.Icon != "" && !ok && isIconName(wd.Icon) {
		return fmt.Errorf("unknown icon %q (want %s, or the path of an SVG or PNG file)", wd.Icon, strings.Join(iconNames(), ", "))
	}
	for _, p := range []struct{ word, value string }{{"logo", wd.Logo}, {"picture", wd.Picture}} {
		if strings.Contains(p.value, "{") {
			continue // seen once it is resolved
		}
		if u, err := url.Parse(p.value); isAddress(p.value) && (err != nil || u.Host == "") {
			return fmt.Errorf("invalid %[1]s %[2]q: want the path of a file, or an address such as https://example.com/%[1]s.png", p.word, p.value)
		}
	}
	return nil
}

// resolvePictures fills in Caddy's placeholders, and finds what is wrong with what
// they stand for.
func (wd *Widget) resolvePictures() error {
	for _, p := range []struct {
		word  string
		value *string
	}{{"icon", &wd.Icon}, {"logo", &wd.Logo}, {"picture", &wd.Picture}} {
		value, err := config.Required(*p.value)
		if err != nil {
			return fmt.Errorf("%s: %w", p.word, err)
		}
		*p.value = value
	}
	return wd.checkPictures()
}

// readPicture reads a picture that is to be served as name below the chat's path.
func readPicture(name, value, path string, mediaTypes ...string) (*picture, error) {
	if value == "" {
		return nil, nil
	}
	if isAddress(value) {
		u, err := url.Parse(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return &picture{address: u.String()}, nil
	}
	content, err := config.ReadFile(value, maxPicture, "make it smaller, as each visitor fetches it")
	if err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	mediaType := mediaTypeOf(content)
	if !slices.Contains(mediaTypes, mediaType) {
		return nil, fmt.Errorf("%s: %s is not a picture that browsers show here (want one of: %s)", name, value, strings.Join(mediaTypes, ", "))
	}
	file := transport.NewPicture(mediaType, content)
	return &picture{address: origin + path + "/" + name + "?v=" + file.Hash(), mediaType: mediaType, file: file}, nil
}

// mediaTypeOf tells by its content what a picture is. What it is called says
// nothing.
func mediaTypeOf(content []byte) string {
	if found := http.DetectContentType(content); strings.HasPrefix(found, "image/") {
		return found
	}
	if isSVG(content) {
		return svg
	}
	return ""
}

// isSVG reports whether the root of an XML document is that of an SVG, and all of
// it well-formed: browsers show none that is not.
func isSVG(content []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(content))
	root := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			return false
		}
		if start, ok := token.(xml.StartElement); ok && !root {
			if start.Name.Local != "svg" || start.Name.Space != "http://www.w3.org/2000/svg" {
				return false
			}
			root = true
		}
	}
}
