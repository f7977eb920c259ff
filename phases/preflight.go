package phases

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"compose/config"
	"compose/phases/dag"
)

// Finding is what would end a compose, or spoil it, and is known before it
// begins.
type Finding struct {
	About   string // what it is about: "program lorax", "target folder /srv"
	Problem string
	Advice  string // what to do
	Warning bool   // a compose can be made all the same
}

func (f Finding) String() string { return f.About + ": " + f.Problem + "\n    " + f.Advice }

// PreflightError are the findings with which no compose can be made.
type PreflightError struct{ Findings []Finding }

func (e *PreflightError) Error() string {
	lines := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		lines[i] = f.String()
	}
	return "preflight: " + strings.Join(lines, "\npreflight: ")
}

// uses says which programs a step runs, for the look before the run.
func (p *plan) uses(s *dag.Step, programs ...string) {
	for _, name := range programs {
		p.built.programs = append(p.built.programs, need{s, name})
	}
}

// usesGit says that a step checks out a branch, tag or commit of a repository.
func (p *plan) usesGit(s *dag.Step, url, ref string) {
	p.built.refs = append(p.built.refs, gitRef{s, url, ref})
}

// need is something that a step needs by name.
type need struct {
	step *dag.Step
	name string
}

// gitRef is a state of a git repository that a step needs.
type gitRef struct {
	step     *dag.Step
	url, ref string
}

// Preflight looks at everything that a run needs and that can be looked at
// beforehand, all at once: programs, folders and the room in them, links,
// files, repositories, git references and the clock. The error is about the
// plan itself. Nothing is left behind.
func Preflight(ctx context.Context, cfg *config.Config, o RunOptions) ([]Finding, error) {
	built, err := Plan(cfg, o.Options)
	if err != nil {
		return nil, err
	}
	c := &checker{cfg: cfg, o: o, built: built}
	looks := []func(context.Context) []Finding{
		c.programs, c.files, c.folders, c.links, c.room, c.repositories, c.gitRefs, c.clock,
	}
	found := make([][]Finding, len(looks))
	done := make(chan struct{})
	for i, look := range looks {
		go func() {
			found[i] = look(ctx)
			done <- struct{}{}
		}()
	}
	for range looks {
		<-done
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return slices.Concat(found...), nil
}

// Judge gives the findings with which no compose can be made as an error.
func Judge(all []Finding) error {
	bad := slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return f.Warning })
	if len(bad) == 0 {
		return nil
	}
	return &PreflightError{bad}
}

// checker looks at the surroundings of a run that is planned.
type checker struct {
	cfg   *config.Config
	o     RunOptions
	built *Built
}

// packageOf names the package of a program where that is not its own name.
// The map is never written to.
var packageOf = map[string]string{
	"mksquashfs": "squashfs-tools", "unsquashfs": "squashfs-tools", "implantisomd5": "isomd5sum", "checkisomd5": "isomd5sum",
	"mkfs.erofs": "erofs-utils", "mkfs.ext4": "e2fsprogs", "mkfs.vfat": "dosfstools", "mcopy": "mtools", "mmd": "mtools",
	"qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils or qemu-img", "gpg": "gnupg", "xorrisofs": "xorriso",
	"lorax": `lorax, or use buildinstall.method = "boot"`,
}

// programs wants each program that a step runs to be found.
func (c *checker) programs(context.Context) []Finding {
	users := map[string][]string{}
	for _, n := range c.built.programs {
		if _, skipped := n.step.IsSkipped(); !skipped {
			users[n.name] = append(users[n.name], n.step.Name())
		}
	}
	var out []Finding
	for _, name := range sortedKeys(users) {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		advice := "install " + cmp.Or(packageOf[filepath.Base(name)], filepath.Base(name)) + ", or leave the phase out: --skip-phase " + phaseOf(users[name][0])
		out = append(out, Finding{About: "program " + name, Problem: "is not found, and " + some(users[name]) + " needs it", Advice: advice})
	}
	return out
}

func phaseOf(step string) string {
	phase, _, _ := strings.Cut(step, "/")
	return phase
}

// some names the first of a list and says how many there are more.
func some(list []string) string {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	if len(list) == 1 {
		return list[0]
	}
	return fmt.Sprintf("%s (and %d more)", list[0], len(list)-1)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// files wants to be able to read each file and folder that the configuration
// names. That they are there, Load has seen to.
func (c *checker) files(context.Context) []Finding {
	var out []Finding
	for _, p := range paths(reflect.ValueOf(*c.cfg)) {
		f, err := os.Open(p.Abs)
		if err == nil {
			_, err = f.Stat()
			f.Close()
		}
		if err != nil {
			out = append(out, Finding{About: "file " + p.Abs, Problem: cause(err), Advice: "the configuration names it as " + p.Text + "; mend that, or the permissions of the file"})
		}
	}
	return out
}

// paths collects the paths that are set in a configuration.
func paths(v reflect.Value) []config.Path {
	var out []config.Path
	switch v.Kind() {
	case reflect.Struct:
		if p, ok := v.Interface().(config.Path); ok {
			if p.IsSet() {
				out = append(out, p)
			}
			return out
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out = append(out, paths(v.Field(i))...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, paths(v.Index(i))...)
		}
	}
	return out
}

// earliest is before this program was written.
var earliest = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// clock wants a time that can be true: ids are made of it, servers'
// certificates are judged by it.
func (c *checker) clock(context.Context) []Finding {
	now := time.Now()
	if now.Before(earliest) {
		return []Finding{{About: "clock", Problem: "says " + now.UTC().Format(time.DateTime), Advice: "set the time of the machine"}}
	}
	last := LastGood(c.cfg, c.o.Target)
	if last == "" {
		return nil
	}
	fi, err := os.Stat(Layout{Top: last}.Status())
	if err == nil && fi.ModTime().After(now.Add(time.Minute)) {
		return []Finding{{About: "clock", Warning: true, Problem: fmt.Sprintf("says %s, but %s ended at %s", now.UTC().Format(time.DateTime), filepath.Base(last), fi.ModTime().UTC().Format(time.DateTime)),
			Advice: "look at the time of the machine: an id of today may come before those of earlier composes"}}
	}
	return nil
}
