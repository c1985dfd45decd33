// Package whoami asks a site's application who is signed in, where its pages do
// not say.
package whoami
