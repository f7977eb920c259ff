package fetch

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// maxMirrors is how many mirrors are asked for one file.
const maxMirrors = 10

// candidate is a mirror during one request.
type candidate struct {
	mirror string
	url    *url.URL
	tries  int
	last   *failure
	dead   bool
}

// try runs one at each mirror in turn until it succeeds: bad mirrors last,
// the next one at once after a failure, a pause after each round.
func (c *Client) try(ctx context.Context, req *Request, one func(context.Context, *url.URL) error) error {
	list, err := c.candidates(req)
	if err != nil {
		return err
	}
	for round := 0; ; round++ {
		var after time.Duration
		for _, m := range list {
			if m.dead {
				continue
			}
			if c.tryOnce(ctx, m, one) {
				return nil
			}
			if err := context.Cause(ctx); err != nil {
				return &Error{What: what(req), Attempts: attempts(list), Failures: []Failure{{URL: Redact(m.url.String()), Err: err}}}
			}
			if m.last.verdict == giveUp {
				return failed(req, list)
			}
			after = max(after, m.last.after)
		}
		if !c.worthAnother(list) {
			return failed(req, list)
		}
		if err := c.pause(ctx, round, after); err != nil {
			return failed(req, list)
		}
	}
}

// candidates resolves the addresses and sorts them by what is known of the
// mirrors.
func (c *Client) candidates(req *Request) ([]*candidate, error) {
	var list []*candidate
	for _, m := range req.Mirrors {
		u, err := parseURL(m)
		if err == nil && req.Path != "" {
			err = join(u, req.Path)
		}
		if err != nil {
			return nil, &Error{What: what(req), Failures: []Failure{{URL: Redact(m), Err: err}}}
		}
		list = append(list, &candidate{mirror: m, url: u})
	}
	if list == nil {
		return nil, &Error{What: what(req), Failures: []Failure{{Err: errNoAddress}}}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortStableFunc(list, func(a, b *candidate) int { return cmp.Compare(c.bad[a.mirror], c.bad[b.mirror]) })
	return list[:min(len(list), maxMirrors)], nil
}

// tryOnce makes one request and notes how it went.
func (c *Client) tryOnce(ctx context.Context, m *candidate, one func(context.Context, *url.URL) error) bool {
	m.tries++
	err := one(ctx, m.url)
	if err == nil {
		c.mu.Lock()
		c.bad[m.mirror] /= 2
		c.mu.Unlock()
		return true
	}
	m.last = judge(err)
	m.dead = m.last.verdict != again || m.tries >= c.opt.Attempts
	if ctx.Err() == nil && m.last.verdict != giveUp {
		c.mu.Lock()
		c.bad[m.mirror]++
		c.mu.Unlock()
	}
	return false
}

// worthAnother says whether another round makes sense: some mirror is left,
// and a long list of mirrors was not asked too often.
func (c *Client) worthAnother(list []*candidate) bool {
	alive := slices.ContainsFunc(list, func(m *candidate) bool { return !m.dead })
	return alive && attempts(list) < len(list)+c.opt.Attempts
}

func attempts(list []*candidate) int {
	n := 0
	for _, m := range list {
		n += m.tries
	}
	return n
}

// pause waits before the next round: about twice as long as the last time,
// at least as long as a server asked, never longer than MaxWait.
func (c *Client) pause(ctx context.Context, round int, after time.Duration) error {
	d := c.opt.MaxWait
	if round < 20 {
		d = min(d, c.opt.Backoff<<round)
	}
	d = d/2 + rand.N(d/2+1)
	t := time.NewTimer(min(max(d, after), c.opt.MaxWait))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// failed collects the failures of all mirrors that were tried.
func failed(req *Request, list []*candidate) error {
	e := &Error{What: what(req), Attempts: attempts(list)}
	for _, m := range list {
		if m.last == nil {
			continue
		}
		f := Failure{URL: Redact(m.url.String()), Status: m.last.status, Err: m.last.err}
		if m.last.verdict == giveUp { // the one that counts
			e.Failures = []Failure{f}
			break
		}
		e.Failures = append(e.Failures, f)
	}
	return e
}

// what names the file of a request.
func what(req *Request) string {
	if len(req.Mirrors) == 1 && req.Path != "" {
		if s, err := JoinURL(req.Mirrors[0], req.Path); err == nil {
			return Redact(s)
		}
	}
	if req.Path != "" {
		return req.Path
	}
	if len(req.Mirrors) > 0 {
		return Redact(req.Mirrors[0])
	}
	return "nothing"
}

// retryAfter reads the header of that name: seconds or a date. 0: not given.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(min(max(n, 0), 3600)) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}
