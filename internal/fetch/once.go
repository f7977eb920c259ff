package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// once is one try at one address: it goes on where the last one ended when
// that is safe, and from the start otherwise.
func (d *download) once(c *Client) func(context.Context, *url.URL) error {
	return func(ctx context.Context, u *url.URL) error {
		if u.Scheme == "file" {
			return d.copyLocal(ctx, u.Path)
		}
		header, err := d.rangeHeader(u)
		if err != nil {
			return local(err)
		}
		b, err := c.get(ctx, u, header)
		if err != nil {
			return d.refused(err)
		}
		defer b.close()
		if err := d.accept(b.resp, u); err != nil {
			return err
		}
		return d.receive(b)
	}
}

// rangeHeader asks for the rest where the part can be gone on with: the
// checksum will prove the whole, or the server can tell whether it still has
// the version that the part comes from.
func (d *download) rangeHeader(u *url.URL) (http.Header, error) {
	h := http.Header{}
	if d.n == 0 {
		return h, nil
	}
	same := d.version != "" && d.from == u.String()
	if d.sum.hash == nil && !same {
		return h, d.restart()
	}
	h.Set("Range", "bytes="+strconv.FormatInt(d.n, 10)+"-")
	if same {
		h.Set("If-Range", d.version)
	}
	return h, nil
}

// refused deals with an error status: 416 says that the part is as long as
// the content or longer.
func (d *download) refused(err error) error {
	var f *failure
	if d.n == 0 || !errors.As(err, &f) || f.status != http.StatusRequestedRangeNotSatisfiable {
		return err
	}
	if d.sum.hash != nil && d.sum.verify() == nil {
		return nil
	}
	if err := d.restart(); err != nil {
		return local(err)
	}
	f.verdict = again
	return f
}

// accept checks the head of an answer and prepares the part for its content.
func (d *download) accept(resp *http.Response, u *url.URL) error {
	switch {
	case resp.StatusCode == http.StatusOK:
		if err := d.restart(); err != nil {
			return local(err)
		}
	case d.n == 0 || !continues(resp.Header.Get("Content-Range"), d.n):
		if err := d.restart(); err != nil {
			return local(err)
		}
		return fmt.Errorf("the server sends range %q, which was not asked for", resp.Header.Get("Content-Range"))
	default:
		d.resumed = true
	}
	if resp.ContentLength >= 0 {
		if err := d.checkSize(d.n + resp.ContentLength); err != nil {
			return permanent(err)
		}
	}
	d.from, d.version = u.String(), version(resp.Header)
	return nil
}

// checkSize refuses a content whose announced size is wrong before it is read.
func (d *download) checkSize(n int64) error {
	switch limit := d.req.limit(maxFile); {
	case d.req.Size > 0 && n != d.req.Size:
		return fmt.Errorf("content has %d bytes, want %d", n, d.req.Size)
	case n > limit:
		return fmt.Errorf("content is larger than %d bytes", limit)
	}
	return nil
}

// continues says whether a Content-Range begins at byte n.
func continues(s string, n int64) bool {
	return strings.HasPrefix(s, "bytes "+strconv.FormatInt(n, 10)+"-")
}

// version gives what If-Range may be asked with: a strong ETag, else the
// modification time.
func version(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return h.Get("Last-Modified")
}

const bufferSize = 64 << 10

// receive reads the content to its end and verifies it. Never more than the
// limit is kept.
func (d *download) receive(r io.Reader) error {
	limit := d.req.limit(maxFile)
	buf := make([]byte, min(bufferSize, limit-d.n+1))
	for {
		n, err := r.Read(buf)
		if d.n+int64(n) > limit {
			d.restart()
			return permanent(fmt.Errorf("content is larger than %d bytes", limit))
		}
		if err := d.add(buf[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if d.req.Size > 0 && d.n < d.req.Size {
		return fmt.Errorf("content ended after %d of %d bytes", d.n, d.req.Size)
	}
	return d.verify()
}

// copyLocal takes the content of a file URL.
func (d *download) copyLocal(ctx context.Context, path string) error {
	if err := d.restart(); err != nil {
		return local(err)
	}
	f, err := openLocal(path)
	if err != nil {
		return permanent(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return permanent(err)
	}
	if err := d.checkSize(fi.Size()); err != nil {
		return permanent(err)
	}
	if err := d.receive(ctxReader{ctx, f}); err != nil {
		if f := judge(err); f.verdict == again {
			return permanent(err)
		}
		return err
	}
	return nil
}

// ctxReader ends a long copy when the context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
