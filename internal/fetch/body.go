package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// leastPerStall is what a server has to send in the stall time: one that sends
// a byte now and then would hold a compose up for days.
const leastPerStall = 4 << 10

// body is the content of an answer. Reading it ends with an error when the
// server sends next to nothing for the stall time; closing it gives the place
// at the host back.
type body struct {
	resp   *http.Response
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
	came   atomic.Int64 // bytes since the timer was set
	leave  func()
}

// get sends a request. The error is a failure when the answer is neither 200
// nor 206; the caller decides about these.
func (c *Client) get(ctx context.Context, u *url.URL, h http.Header) (*body, error) {
	leave, err := c.enter(ctx, u.Host)
	if err != nil {
		return nil, err
	}
	b := &body{stall: c.opt.Stall, leave: leave}
	b.ctx, b.cancel = context.WithCancelCause(ctx)
	b.timer = time.AfterFunc(b.stall, func() { b.cancel(&failure{err: b.stalled()}) })
	req := &http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}
	for k, v := range h {
		req.Header[k] = v
	}
	req.Header.Set("User-Agent", c.opt.UserAgent)
	b.resp, err = c.http.Do(req.WithContext(b.ctx))
	if err != nil {
		err = b.explain(err)
		b.close()
		return nil, err
	}
	b.timer.Reset(b.stall)
	if s := b.resp.StatusCode; s != http.StatusOK && s != http.StatusPartialContent {
		b.close()
		return nil, statusFailure(b.resp)
	}
	return b, nil
}

// stalled says how little came in the stall time.
func (b *body) stalled() error {
	if n := b.came.Load(); n > 0 {
		return fmt.Errorf("only %d bytes of data for %s", n, b.stall)
	}
	return fmt.Errorf("no data for %s", b.stall)
}

// Read reads on and, when enough has come, grants the server a new stall time.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.resp.Body.Read(p)
	if n > 0 && b.came.Add(int64(n)) >= leastPerStall {
		b.came.Store(0)
		b.timer.Reset(b.stall)
	}
	if err != nil && err != io.EOF {
		err = b.explain(err)
	}
	return n, err
}

// explain names the stall, or the caller's cause, behind a cancelled request.
func (b *body) explain(err error) error {
	if c := context.Cause(b.ctx); c != nil {
		return c
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the connection ended before the content did")
	}
	return err
}

func (b *body) close() {
	b.timer.Stop()
	if b.resp != nil {
		b.resp.Body.Close()
	}
	b.cancel(nil)
	b.leave()
}
