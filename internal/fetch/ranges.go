package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Ranges reads parts of a remote file, one request per ReadAt. It is an
// io.ReaderAt that lives as long as its context, safe for concurrent use.
type Ranges struct {
	ctx context.Context
	c   *Client
	req Request
}

// Ranges gives access to parts of a file whose Size is known. What is read
// is not verified. A server that does not send ranges is refused with
// ErrNoRanges.
func (c *Client) Ranges(ctx context.Context, req Request) *Ranges {
	return &Ranges{ctx, c, req}
}

// ReadAt reads len(p) bytes, fewer with io.EOF at the end of the file.
func (r *Ranges) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= r.req.Size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), r.req.Size-off)]
	if len(want) > 0 {
		err := r.c.try(r.ctx, &r.req, func(ctx context.Context, u *url.URL) error {
			return r.once(ctx, u, want, off)
		})
		if err != nil {
			return 0, err
		}
	}
	if len(want) < len(p) {
		return len(want), io.EOF
	}
	return len(want), nil
}

func (r *Ranges) once(ctx context.Context, u *url.URL, p []byte, off int64) error {
	if u.Scheme == "file" {
		return readLocal(u.Path, p, off)
	}
	span := strconv.FormatInt(off, 10) + "-" + strconv.FormatInt(off+int64(len(p))-1, 10)
	b, err := r.c.get(ctx, u, http.Header{"Range": {"bytes=" + span}})
	if err != nil {
		return err
	}
	defer b.close()
	if b.resp.StatusCode != http.StatusPartialContent {
		return permanent(ErrNoRanges)
	}
	if got := b.resp.Header.Get("Content-Range"); !strings.HasPrefix(got, "bytes "+span+"/") {
		return permanent(fmt.Errorf("the server sends range %q instead of %s", got, span))
	}
	if _, err := io.ReadFull(b, p); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
			return errors.New("content ended too early")
		}
		return err
	}
	return nil
}

func readLocal(path string, p []byte, off int64) error {
	f, err := os.Open(path)
	if err != nil {
		return permanent(errors.Unwrap(err))
	}
	defer f.Close()
	if _, err := f.ReadAt(p, off); err != nil {
		return permanent(err)
	}
	return nil
}
