// Package request says what Caddy knows of a request and its response.
package request
