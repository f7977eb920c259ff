package scm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"compose/internal/proc"
)

// Git gets repositories, each state of one once. Its zero value wants a
// folder to work in; it is safe for concurrent use.
type Git struct {
	Dir string
	Log io.Writer // gets what git says; may be nil

	mu      sync.Mutex
	commits map[[2]string]string
	clones  map[[2]string]string
}

var fullCommit = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// Commit gives the commit that a branch or tag of a repository has; "" is the
// default branch. What it was when first asked stays for this Git, so that one
// compose has one state of it.
func (g *Git) Commit(ctx context.Context, url, ref string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.commit(ctx, url, ref)
}

func (g *Git) commit(ctx context.Context, url, ref string) (string, error) {
	if strings.HasPrefix(url, "-") || strings.HasPrefix(ref, "-") {
		return "", fmt.Errorf("git %s %s: no address of a repository", url, ref)
	}
	if fullCommit.MatchString(ref) {
		return ref, nil
	}
	if ref == "" {
		ref = "HEAD"
	}
	key := [2]string{url, ref}
	if sum := g.commits[key]; sum != "" {
		return sum, nil
	}
	var out bytes.Buffer
	if err := g.run(ctx, ".", &out, "ls-remote", "--exit-code", url, ref, ref+"^{}"); err != nil {
		return "", fmt.Errorf("git %s: asking for %s: %w", url, ref, err)
	}
	sum, err := pick(out.String(), ref)
	if err != nil {
		return "", fmt.Errorf("git %s: %w", url, err)
	}
	if g.commits == nil {
		g.commits = map[[2]string]string{}
	}
	g.commits[key] = sum
	return sum, nil
}

// pick finds a branch, or else a tag, among the lines of ls-remote.
func pick(lines, ref string) (string, error) {
	found := map[string]string{}
	for line := range strings.Lines(lines) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		found[name] = sum
	}
	for _, name := range []string{ref, "refs/heads/" + ref, "refs/tags/" + ref + "^{}", "refs/tags/" + ref} {
		if sum := found[name]; fullCommit.MatchString(sum) {
			return sum, nil
		}
	}
	return "", fmt.Errorf("there is no branch or tag %s", ref)
}

// Folder gives a folder with the files of a commit.
func (g *Git) Folder(ctx context.Context, url, ref string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	sum, err := g.commit(ctx, url, ref)
	if err != nil {
		return "", err
	}
	key := [2]string{url, sum}
	if dir := g.clones[key]; dir != "" {
		return dir, nil
	}
	if err := os.MkdirAll(g.Dir, 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(g.Dir, "git-*")
	if err != nil {
		return "", err
	}
	if err := g.clone(ctx, dir, key, ref); err != nil {
		return "", errors.Join(fmt.Errorf("git %s: getting %s: %w", url, sum, err), os.RemoveAll(dir))
	}
	if g.clones == nil {
		g.clones = map[[2]string]string{}
	}
	g.clones[key] = dir
	return dir, nil
}

// clone gets one commit; where the server does not give single commits, the
// branch that has it.
func (g *Git) clone(ctx context.Context, dir string, at [2]string, ref string) error {
	url, sum := at[0], at[1]
	if err := g.run(ctx, dir, nil, "init", "-q"); err != nil {
		return err
	}
	err := g.run(ctx, dir, nil, "fetch", "-q", "--depth", "1", url, sum)
	if err != nil && ctx.Err() == nil {
		refs := "+refs/*:refs/remotes/origin/*"
		if ref != "" && !fullCommit.MatchString(ref) {
			refs = ref
		}
		err = g.run(ctx, dir, nil, "fetch", "-q", url, refs)
	}
	if err != nil {
		return err
	}
	if err := g.run(ctx, dir, nil, "-c", "advice.detachedHead=false", "checkout", "-q", sum); err != nil {
		return err
	}
	return os.RemoveAll(dir + "/.git")
}

// run runs git without prompts and hooks.
func (g *Git) run(ctx context.Context, dir string, stdout io.Writer, args ...string) error {
	return proc.Run(ctx, proc.Command{
		Args: append([]string{"git", "-c", "core.hooksPath=/dev/null", "-c", "init.defaultBranch=main"}, args...), Dir: dir,
		Env: proc.Env("GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true"), Output: g.Log, Stdout: stdout,
	})
}
