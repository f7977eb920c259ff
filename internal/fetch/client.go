// Package fetch gets files over http, https and file URLs: with retries,
// mirrors, resumption and verification. It knows nothing of packages or
// repositories.
//
// Nothing that a server says is believed: sizes are bounded before a byte is
// kept, a file gets its name only when it is complete and verified, and
// errors never show credentials.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options of a Client; the zero value works.
type Options struct {
	UserAgent string        // "compose" when empty
	Attempts  int           // tries of one address; 0: 5
	Backoff   time.Duration // before the second try, doubled for each further one; 0: 500 ms
	MaxWait   time.Duration // longest wait between tries, also when a server asks for more; 0: 30 s
	Stall     time.Duration // how long a server may send less than 4 KiB; 0: 30 s
	PerHost   int           // requests under way at one host; 0: 8
	// Dial replaces the network, TLS the system's certificates.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS  *tls.Config
}

func (o Options) filled() Options {
	if o.UserAgent == "" {
		o.UserAgent = "compose"
	}
	o.Attempts = orDefault(o.Attempts, 5)
	o.PerHost = orDefault(o.PerHost, 8)
	o.Backoff = orDefault(o.Backoff, 500*time.Millisecond)
	o.MaxWait = orDefault(o.MaxWait, 30*time.Second)
	o.Stall = orDefault(o.Stall, 30*time.Second)
	if o.Dial == nil {
		o.Dial = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	}
	return o
}

func orDefault[T int | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// Client fetches. It is safe for concurrent use, and one client should serve
// a whole compose: it bounds the requests per host and remembers which
// mirrors are bad.
type Client struct {
	opt  Options
	http *http.Client

	mu     sync.Mutex
	hosts  map[string]chan struct{} // a place per request under way
	bad    map[string]int           // failures by mirror
	flying map[string]chan struct{} // files being fetched, closed at the end
}

// New makes a client. Proxies are taken from the environment (HTTPS_PROXY,
// HTTP_PROXY, NO_PROXY).
func New(o Options) *Client {
	o = o.filled()
	return &Client{
		opt: o,
		http: &http.Client{
			CheckRedirect: checkRedirect,
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            o.Dial,
				TLSClientConfig:        o.TLS,
				ForceAttemptHTTP2:      true,
				MaxIdleConns:           4 * o.PerHost,
				MaxIdleConnsPerHost:    o.PerHost,
				IdleConnTimeout:        30 * time.Second,
				MaxResponseHeaderBytes: 256 << 10,
				DisableCompression:     true, // the bytes as they are: sizes and checksums speak of them
			},
		},
		hosts:  map[string]chan struct{}{},
		bad:    map[string]int{},
		flying: map[string]chan struct{}{},
	}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

const maxRedirects = 10

// checkRedirect follows a bounded number of redirects, and none that leads
// from https to http.
func checkRedirect(req *http.Request, via []*http.Request) error {
	from, to := via[len(via)-1].URL, req.URL
	switch {
	case len(via) > maxRedirects:
		return permanent(fmt.Errorf("more than %d redirects", maxRedirects))
	case to.Scheme != "https" && (to.Scheme != "http" || from.Scheme == "https"):
		return permanent(fmt.Errorf("redirect from %s to %s refused", from.Scheme, Redact(to.String())))
	}
	return nil
}

// enter waits for a place at a host; the returned function gives it back.
func (c *Client) enter(ctx context.Context, host string) (func(), error) {
	c.mu.Lock()
	places := c.hosts[host]
	if places == nil {
		places = make(chan struct{}, c.opt.PerHost)
		c.hosts[host] = places
	}
	c.mu.Unlock()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

var errNoAddress = errors.New("no address given")
