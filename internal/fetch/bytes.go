package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
)

// Bytes gives a small content (16 MiB unless Request says otherwise).
func (c *Client) Bytes(ctx context.Context, req Request) ([]byte, error) {
	v, err := newVerifier(req.Sum)
	if err != nil {
		return nil, &Error{What: what(&req), Failures: []Failure{{Err: err}}}
	}
	var content []byte
	err = c.try(ctx, &req, func(ctx context.Context, u *url.URL) error {
		content, err = c.bytesOnce(ctx, &req, u)
		if err != nil {
			return err
		}
		v.reset()
		v.Write(content)
		if err := v.verify(); err != nil {
			return permanent(err)
		}
		if req.Check != nil {
			if err := req.Check(content); err != nil {
				return permanent(err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return content, nil
}

func (c *Client) bytesOnce(ctx context.Context, req *Request, u *url.URL) ([]byte, error) {
	r, err := c.open(ctx, u)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	limit := req.limit(maxBytes)
	var b bytes.Buffer
	switch n, err := b.ReadFrom(io.LimitReader(r, limit+1)); {
	case err != nil:
		return nil, err
	case n > limit:
		return nil, permanent(fmt.Errorf("content is larger than %d bytes", limit))
	case req.Size > 0 && n < req.Size:
		return nil, permanent(fmt.Errorf("content has %d bytes, want %d", n, req.Size))
	}
	return b.Bytes(), nil
}

// open gives the whole content at an address.
func (c *Client) open(ctx context.Context, u *url.URL) (io.ReadCloser, error) {
	if u.Scheme == "file" {
		f, err := openLocal(u.Path)
		if err != nil {
			return nil, permanent(err)
		}
		return f, nil
	}
	b, err := c.get(ctx, u, nil)
	if err != nil {
		return nil, err
	}
	if b.resp.StatusCode != http.StatusOK {
		b.close()
		return nil, permanent(fmt.Errorf("the server says %q to a request for the whole content", b.resp.Status))
	}
	return closer{b}, nil
}

type closer struct{ *body }

func (c closer) Close() error { c.close(); return nil }

// openLocal opens a regular file; its errors do not repeat the path.
func openLocal(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
