package phases

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"compose/internal/fetch"
	"compose/internal/proc"
	"compose/pkgset"
)

// How long the look before a run waits for one answer, and how often it asks.
const (
	preflightStall    = 10 * time.Second
	preflightAttempts = 2
	preflightAtOnce   = 8
)

// repositories wants each repository to answer. With a lock file nobody asks
// servers for what they have now.
func (c *checker) repositories(ctx context.Context) []Finding {
	if c.o.Lock != nil {
		return nil
	}
	o := c.o.Fetch
	o.Attempts, o.UserAgent = preflightAttempts, "compose/"+c.o.Version
	if o.Stall == 0 || o.Stall > preflightStall {
		o.Stall = preflightStall
	}
	env := pkgset.Env{Fetch: fetch.New(patience(c.cfg.Network, o))}
	defer env.Fetch.Close()
	found := make([][]Finding, len(c.built.sources))
	var g errgroup.Group
	g.SetLimit(preflightAtOnce)
	for i, src := range c.built.sources {
		g.Go(func() error {
			found[i] = unreachable(src.Tag, pkgset.Reach(ctx, src, env))
			return nil
		})
	}
	_ = g.Wait() // what is found is in its slot
	var out []Finding
	for _, list := range found {
		out = append(out, list...)
	}
	return out
}

// unreachable makes a finding of each repository that did not answer.
func unreachable(tag string, err error) []Finding {
	if err == nil {
		return nil
	}
	errs := []error{err}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		errs = all.Unwrap()
	}
	var out []Finding
	for _, err := range errs {
		advice := "look at the address, the network and the proxy (HTTPS_PROXY); a server that is down for now: try again, or name a mirror"
		var fetched *fetch.Error
		if errors.As(err, &fetched) && fetched.NotFound() {
			advice = "the address is not that of a repository: it is the folder in which repodata/ lies"
		}
		out = append(out, Finding{About: "package set " + tag, Problem: err.Error(), Advice: advice})
	}
	return out
}

// gitRefs wants each branch, tag or commit that is checked out to be there.
func (c *checker) gitRefs(ctx context.Context) []Finding {
	var refs []gitRef
	seen := map[[2]string]bool{}
	for _, r := range c.built.refs {
		if _, skipped := r.step.IsSkipped(); !skipped && !seen[[2]string{r.url, r.ref}] {
			seen[[2]string{r.url, r.ref}] = true
			refs = append(refs, r)
		}
	}
	found := make([]*Finding, len(refs))
	var g errgroup.Group
	g.SetLimit(preflightAtOnce)
	for i, r := range refs {
		g.Go(func() error {
			found[i] = lookUp(ctx, r)
			return nil
		})
	}
	_ = g.Wait()
	var out []Finding
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// lookUp asks a server for a reference. A commit by its number cannot be
// asked for, but the server can.
func lookUp(ctx context.Context, r gitRef) *Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, 3*preflightStall, errors.New("no answer within 30s"))
	defer cancel()
	ref := r.ref
	if ref == "" || isCommit(ref) {
		ref = "HEAD"
	}
	var out bytes.Buffer
	err := proc.Run(ctx, proc.Command{
		Args: []string{"git", "ls-remote", "--", r.url, ref}, Dir: "/", Stdout: &out,
		Env: proc.Env("GIT_TERMINAL_PROMPT=0", "GIT_SSH_COMMAND=ssh -oBatchMode=yes"),
	})
	f := Finding{About: "git repository " + fetch.Redact(r.url)}
	switch {
	case err != nil:
		f.Problem, f.Advice = fetch.Redact(err.Error()), "look at the address, the network, and whether git may read there without a password; "+r.step.Name()+" needs it"
	case strings.TrimSpace(out.String()) == "" && ref != "HEAD":
		f.Problem, f.Advice = "has no branch or tag "+r.ref, "look at the name; "+r.step.Name()+" needs it"
	default:
		return nil
	}
	return &f
}

// isCommit says whether a reference is the number of a commit.
func isCommit(ref string) bool {
	return len(ref) >= 7 && len(ref) <= 64 && strings.Trim(ref, "0123456789abcdef") == ""
}
