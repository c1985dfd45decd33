package transport

// NewPicture prepares a picture, which no content coding would make smaller.
func NewPicture(contentType string, body []byte) *Asset {
	hash := Hash(body)
	return &Asset{contentType: contentType, hash: hash, version: hash, plain: body}
}
