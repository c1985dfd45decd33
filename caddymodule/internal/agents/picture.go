package agents

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/parley-chat/parley/api/transport"
	"github.com/parley-chat/parley/caddymodule/internal/config"
)

// maxPicture is the greatest size of an agent's picture, in bytes: visitors see it
// the size of a thumbnail, and the server keeps it in memory.
const maxPicture = 200 << 10

// pictureTypes are the media types that a picture may have. SVG is not among them:
// opened by itself it is a document of the site's origin, and may have scripts.
var pictureTypes = []string{"image/jpeg", "image/png", "image/webp"}

// loadPicture reads the picture that is in a file and returns its name, which is
// made of nothing but its content; empty where there is no file.
func (d *Directory) loadPicture(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	file, err := config.Required(file)
	if err != nil {
		return "", fmt.Errorf("picture: %w", err)
	}
	body, err := config.ReadFile(file, maxPicture, "make it smaller, 112 by 112 pixels are enough")
	if err != nil {
		return "", fmt.Errorf("picture %w", err)
	}
	contentType := http.DetectContentType(body)
	if !slices.Contains(pictureTypes, contentType) {
		return "", fmt.Errorf("picture %s is not a JPEG, PNG or WebP file", file)
	}
	picture := transport.NewPicture(contentType, body)
	d.pictures[picture.Hash()] = picture
	return picture.Hash(), nil
}

// Picture returns a picture by its name (chat.AgentInfo); nil where no agent has
// it.
func (d *Directory) Picture(name string) http.Handler {
	if picture := d.pictures[name]; picture != nil {
		return picture
	}
	return nil
}
