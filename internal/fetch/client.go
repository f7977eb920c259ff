// Package fetch gets files over http, https and file URLs and verifies them.
// It knows nothing of packages or repositories.
package fetch

// Client fetches; safe for concurrent use.
type Client struct{}

// Options of a Client; the zero value works.
type Options struct {
	UserAgent string
}

// New makes a client.
func New(o Options) *Client { return &Client{} }
