package fetch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// File fetches to the file dst, whose folder is made when absent. The file
// appears under its name only when it is complete and verified. Until then
// the content is in dst.part, where an interrupted transfer goes on when the
// checksum is known. Goroutines that want the same dst wait for the first
// one; another process fetches on its own.
//
// An existing dst is replaced, unless Request.Have says that it will do.
func (c *Client) File(ctx context.Context, req Request, dst string) error {
	for {
		wait, mine := c.board(dst)
		if mine {
			defer c.land(dst)
			if req.Have != nil && req.Have() {
				return nil
			}
			return c.file(ctx, &req, dst)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return &Error{What: what(&req), Failures: []Failure{{Err: context.Cause(ctx)}}}
		}
		if c.isThere(&req, dst) {
			return nil
		}
	}
}

// board makes the caller the one who fetches dst, or gives what to wait for.
func (c *Client) board(dst string) (<-chan struct{}, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait := c.flying[dst]; wait != nil {
		return wait, false
	}
	c.flying[dst] = make(chan struct{})
	return nil, true
}

func (c *Client) land(dst string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.flying[dst])
	delete(c.flying, dst)
}

// isThere says whether what another goroutine left at dst is what the
// request wants.
func (c *Client) isThere(req *Request, dst string) bool {
	f, err := os.Open(dst)
	if err != nil {
		return false
	}
	defer f.Close()
	d := download{req: req, part: f}
	return d.rehash() == nil && (req.Size == 0 || d.n == req.Size) && d.sum.verify() == nil
}

func (c *Client) file(ctx context.Context, req *Request, dst string) error {
	fail := func(err error) error {
		return &Error{What: what(req), Failures: []Failure{{Err: err}}}
	}
	if _, err := newVerifier(req.Sum); err != nil {
		return fail(err)
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return fail(err)
	}
	d, err := startDownload(req, dst)
	if err != nil {
		return fail(err)
	}
	defer d.end()
	if req.Size == 0 || d.n < req.Size || d.verify() != nil {
		if err := c.try(ctx, req, d.once(c)); err != nil {
			return err
		}
	}
	if err := d.finish(dst); err != nil {
		return fail(fmt.Errorf("keeping the content: %w", err))
	}
	return nil
}
