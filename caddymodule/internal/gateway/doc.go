// Package gateway listens to what the authentication gateways of a site
// (forward_auth) answer, and finds in the routes which of their answers count.
package gateway
