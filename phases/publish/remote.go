package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"compose/internal/proc"
)

// remote is what rsync takes for another machine.
var remote = regexp.MustCompile(`^(rsync://[^/]+/.|[^/:\s]+::?.)`)

// IsRemote says whether a destination is on another machine, as rsync spells
// it: HOST:PATH, HOST::MODULE/PATH or rsync://HOST/MODULE/PATH.
func IsRemote(dest string) bool {
	if strings.Contains(dest, "://") && !strings.HasPrefix(dest, "rsync://") {
		return false
	}
	return remote.MatchString(dest)
}

// Remote publishes the compose whose folder is dir to another machine, with
// rsync. There nothing can change places as a whole, so it comes in passes,
// each of which is complete before the next begins: what nobody knows of yet
// (packages, metadata named by their checksums); what leads to it (repomd.xml,
// .treeinfo, images, all renamed at the end of the pass); the compose's own
// metadata; and then, with Options.Delete, what the compose does not have goes.
// It goes at once: a Grace is refused. A package that changed under its name
// is replaced by the first pass, before repomd.xml is. Run again, it goes on
// where it was interrupted.
func Remote(ctx context.Context, dir, dest string, opt Options) (*Result, error) {
	source, err := finished(dir)
	if err != nil {
		return nil, err
	}
	if opt.Delete && opt.Grace > 0 {
		return nil, errors.New("on another machine nobody counts the time of grace: publish without deleting, and later with deleting and no grace")
	}
	if strings.HasPrefix(dest, "-") || !IsRemote(dest) {
		return nil, fmt.Errorf("%q is not a place on another machine", dest)
	}
	fresh, err := scanSource(source, opt)
	if err != nil {
		return nil, err
	}
	r := &sender{Options: opt, source: source, dest: strings.TrimSuffix(dest, "/"), files: fresh, res: &Result{}}
	for _, f := range fresh {
		r.progress.AllFiles++
		r.progress.AllBytes += f.size
	}
	if err := r.passes(ctx); err != nil {
		return nil, err
	}
	r.res.Same = len(fresh) - r.res.Copied
	return r.res, nil
}

// sender is one run to another machine.
type sender struct {
	Options
	source, dest string
	files        files
	res          *Result
	progress     Progress
}

// hashed is the name of a metadata file that has its checksum first.
var hashed = regexp.MustCompile(`^[0-9a-f]{32,128}-`)

// pass is the pass that a file is brought in: 0, 1 or 2.
func pass(name string) int {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(name, "metadata/"):
		return 2
	case path.Ext(base) == ".rpm", path.Ext(base) == ".drpm":
		return 0
	case path.Base(path.Dir(name)) == "repodata" && hashed.MatchString(base):
		return 0
	}
	return 1
}

func (r *sender) passes(ctx context.Context) error {
	var lists [3][]string
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		lists[pass(name)] = append(lists[pass(name)], name)
	}
	for i, list := range lists {
		if len(list) == 0 {
			continue
		}
		args := []string{"-tpL", "--modify-window=-1", "--chmod=D755,F644", "--files-from=-", "--from0"}
		if i > 0 {
			args = append(args, "--delay-updates")
		}
		if err := r.rsync(ctx, args, []string{r.source + "/", r.dest + "/"}, strings.Join(list, "\x00")); err != nil {
			return fmt.Errorf("pass %d of 3: %w", i+1, err)
		}
	}
	if !r.Delete {
		return nil
	}
	for _, unit := range r.units() {
		args := []string{"-rL", "--delete", "--existing", "--ignore-existing", "--omit-dir-times"}
		if err := r.rsync(ctx, args, []string{filepath.Join(r.source, unit) + "/", r.dest + "/" + unit}, ""); err != nil {
			return fmt.Errorf("deleting what the compose does not have: %w", err)
		}
	}
	return nil
}

// units are the folders in which something may be deleted: those of the chosen
// variants and architectures, or the whole when all are.
func (r *sender) units() []string {
	if len(r.Variants)+len(r.Arches) == 0 {
		return []string{""}
	}
	all := map[string]bool{}
	for name := range r.files {
		if elem := strings.Split(name, "/"); len(elem) > 2 && elem[0] != "metadata" {
			all[elem[0]+"/"+elem[1]+"/"] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// rsync runs rsync from one place to another. It does not ask for passwords.
func (r *sender) rsync(ctx context.Context, args, places []string, input string) error {
	all := slices.Concat([]string{"rsync", "--out-format=%o %l %n"}, args)
	if r.CheckAll {
		all = append(all, "-c")
	}
	if r.DryRun {
		all = append(all, "-n")
	} else if !slices.Contains(args, "--delete") {
		all = append(all, "--mkpath")
	}
	env := os.Environ()
	if os.Getenv("RSYNC_RSH") == "" {
		env = append(env, "RSYNC_RSH=ssh -oBatchMode=yes")
	}
	said := &lines{take: r.take}
	return proc.Run(ctx, proc.Command{
		Args: slices.Concat(all, []string{"--"}, places), Dir: "/", Env: env, Stdin: strings.NewReader(input), Stdout: said,
	})
}

// take reads a line of rsync: what it did, how many bytes the file has, and
// its name.
func (r *sender) take(line string) {
	what, rest, _ := strings.Cut(line, " ")
	size, name, ok := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if !ok || err != nil || n < 0 {
		return
	}
	switch {
	case what == "del.":
		r.res.Deleted = append(r.res.Deleted, strings.TrimSuffix(name, "/"))
	case what == "send" && !strings.HasSuffix(name, "/"):
		if _, ours := r.files[name]; !ours {
			return // a folder on the way
		}
		r.res.Copied++
		r.res.CopiedBytes += n
		r.progress.Files++
		r.progress.Bytes += n
		if r.Progress != nil {
			r.Progress(r.progress)
		}
	}
}

// maxLine bounds a line that rsync writes, in bytes.
const maxLine = 64 << 10

// lines hands whole lines on.
type lines struct {
	buf  []byte
	take func(line string)
}

func (l *lines) Write(p []byte) (int, error) {
	l.buf = append(l.buf, p...)
	for {
		i := bytes.IndexByte(l.buf, '\n')
		if i < 0 {
			if len(l.buf) > maxLine {
				l.buf = l.buf[:0]
			}
			return len(p), nil
		}
		l.take(string(l.buf[:i]))
		l.buf = l.buf[i+1:]
	}
}
