package phases

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"compose/config"
	"compose/image"
	"compose/image/rootfs"
	"compose/internal/productmd"
	"compose/internal/sandbox"
	"compose/phases/dag"
	"compose/phases/event"
)

// The folders that an image task sees.
const (
	taskRepo   = "/repo"
	taskInput  = "/input"
	taskOutput = "/output"
)

// addImageTasks runs the commands that make images.
func (p *plan) addImageTasks(cfg *config.Config, in rootInput) {
	for i, r := range cfg.ImageTasks {
		for _, t := range p.trees {
			if r.Match(t.Variant, t.Arch) {
				p.addImageTask(cfg, i, t, in)
			}
		}
	}
}

func (p *plan) addImageTask(cfg *config.Config, i int, t Tree, in rootInput) {
	r := cfg.ImageTasks[i]
	s := p.Add("task/"+r.Name+"."+t.Arch, "cpu")
	p.mayFail(s, deliverable{Tree: t, Kind: "image", Subject: r.Name})
	p.uses(s, "rpm")
	b := &imageTask{
		plan: p, rules: r, tree: t, sums: cfg.Media.Checksums,
		namer: imageNamer{cfg, p.imageRelease(cfg, in.id), t, r.Name},
		links: dag.Need(s, in.links[t]),
	}
	dag.Need(s, in.repos[t])
	b.packages = p.addRootPackages(s, t, cfg.Place(fmt.Sprintf("image_task[%d]", i))+" image_task."+r.Name, r.RootContent, in)
	made := doKept(p, s, kept[[]madeImage]{code: 1, key: b.key, files: b.files, adapt: b.adapt}, b.make)
	var plans []productmd.Image
	for _, o := range r.Outputs {
		plans = append(plans, productmd.Image{Subvariant: b.subvariant(o), Type: o.Type, Format: o.Format, Arch: t.Arch})
	}
	p.addImages(t, made, plans...)
}

// imageTask runs one command for one tree.
type imageTask struct {
	plan     *plan
	rules    config.ImageTask
	tree     Tree
	sums     []string
	namer    imageNamer
	packages func() []rootPackage
	links    func() linked
}

func (b *imageTask) subvariant(o config.TaskOutput) string {
	if o.Subvariant != "" {
		return o.Subvariant
	}
	return b.rules.Name
}

// taskKey is what the images of a task depend on. The command sees the whole
// repository.
type taskKey struct {
	Rules    config.ImageTask
	Tree     string
	Sums     []string
	Packages []imagePackage // in the root
	All      []imagePackage // in the tree
	Inputs   []string       // name, mode and checksum or target
	Programs []string
}

func (b *imageTask) key() any {
	k := taskKey{
		Rules: b.rules, Tree: b.tree.String(), Sums: b.sums, Packages: imagePackages(b.packages()), All: b.wholeTree(),
		Programs: programSums([]string{"rpm"}),
	}
	for i, in := range b.rules.Inputs {
		k.Rules.Inputs = slices.Clone(k.Rules.Inputs)
		k.Rules.Inputs[i].Path = config.Path{} // what is in it counts, not where it is
		k.Inputs = append(k.Inputs, inputSums(in.Path.Abs)...)
	}
	return k
}

func (b *imageTask) wholeTree() []imagePackage {
	return packagesOn(b.links(), func(string) bool { return true })
}

// inputSums stand for everything in a file or folder. What cannot be read
// comes up when the command is to see it.
func inputSums(name string) []string {
	var out []string
	_ = filepath.WalkDir(name, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(filepath.Dir(name), path)
		what := ""
		switch {
		case err != nil:
			what = err.Error()
		case e.Type() == fs.ModeSymlink:
			what, _ = os.Readlink(path)
		case e.Type().IsRegular():
			if sums, err := image.SumFile(path, []string{"sha256"}); err == nil {
				what = sums["sha256"]
			} else {
				what = err.Error()
			}
		}
		if err == nil {
			if info, err := e.Info(); err == nil {
				what = info.Mode().String() + " " + what
			}
		}
		out = append(out, rel+"\x00"+what)
		return nil
	})
	return out
}

// files are the files that the images stand for.
func (b *imageTask) files(made []madeImage) []string {
	var out []string
	for _, m := range made {
		out = append(out, b.plan.dirs.Published(m.Image.Path))
	}
	return out
}

// adapt gives images of another compose their names in this one.
func (b *imageTask) adapt(made []madeImage) ([]madeImage, error) {
	out := slices.Clone(made)
	if len(out) != len(b.rules.Outputs) {
		return nil, fmt.Errorf("%d images, not %d", len(out), len(b.rules.Outputs))
	}
	for i, o := range b.rules.Outputs {
		name, err := b.path(o)
		if err != nil {
			return nil, err
		}
		out[i].Image.Path = b.plan.dirs.Rel(name)
	}
	return out, nil
}

// path is the place of an image.
func (b *imageTask) path(o config.TaskOutput) (string, error) {
	_, end, dot := strings.Cut(o.File, ".")
	if dot {
		end = "." + end
	} else {
		end = "-" + o.File
	}
	return b.namer.path(b.plan.dirs, end)
}

// make installs the root file system, runs the command in it, and takes what
// it made.
func (b *imageTask) make(ctx context.Context, ev *event.Scope) (made []madeImage, err error) {
	if err := checkNative(b.tree.Arch); err != nil {
		return nil, err
	}
	for _, o := range b.rules.Outputs {
		if _, err := b.path(o); err != nil {
			return nil, err
		}
	}
	work := b.plan.dirs.Work(b.tree.Arch, "task", b.rules.Name)
	root, err := freshRoot(work)
	defer func() {
		err = errors.Join(err, rootfs.Remove(root), rootfs.Remove(filepath.Join(work, "out")), os.RemoveAll(work))
	}()
	if err != nil {
		return nil, err
	}
	o := rootOptions(b.rules.RootContent, b.packages())
	o.Dir, o.Log = root, ev.Writer()
	if err := rootfs.Install(ctx, o); err != nil {
		return nil, err
	}
	out := filepath.Join(work, "out")
	ev.Note("running %s", b.rules.Command[0])
	if err := sandbox.Run(ctx, b.command(root, out, o.Epoch, ev)); err != nil {
		return nil, err
	}
	return b.take(ev, out)
}

// command is the command with what it sees.
func (b *imageTask) command(root, out string, epoch int64, ev *event.Scope) sandbox.Command {
	c := sandbox.Command{
		Root: root, Args: b.rules.Command, Output: ev.Writer(), Hostname: "compose",
		Binds: []sandbox.Bind{{From: b.plan.dirs.Repository(b.tree), To: taskRepo}, {From: out, To: taskOutput, Access: sandbox.Writable}},
		Env: append([]string{
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "TZ=UTC",
			"SOURCE_DATE_EPOCH=" + strconv.FormatInt(epoch, 10), "COMPOSE_ARCH=" + b.tree.Arch, "COMPOSE_VARIANT=" + b.tree.Variant,
			"COMPOSE_REPO=" + taskRepo, "COMPOSE_INPUT=" + taskInput, "COMPOSE_OUTPUT=" + taskOutput,
		}, b.rules.Env...),
	}
	if b.rules.Network == "host" {
		c.Network = sandbox.HostNetwork
		c.Binds = append(c.Binds, sandbox.Bind{From: "/etc/resolv.conf", To: "/etc/resolv.conf"})
	}
	for _, in := range b.rules.Inputs {
		c.Binds = append(c.Binds, sandbox.Bind{From: in.Path.Abs, To: filepath.Join(taskInput, filepath.Base(in.Path.Abs))})
	}
	return c
}

// take gives the images their places. Only plain files are images, and only
// those that were named.
func (b *imageTask) take(ev *event.Scope, dir string) ([]madeImage, error) {
	known := map[string]bool{}
	var missing []error
	for _, o := range b.rules.Outputs {
		known[o.File], known[o.File+".packages"] = true, o.Contains == "list" || known[o.File+".packages"]
		info, err := os.Lstat(filepath.Join(dir, o.File))
		switch {
		case err != nil:
			missing = append(missing, fmt.Errorf("the command did not make %s/%s", taskOutput, o.File))
		case !info.Mode().IsRegular() || info.Size() == 0:
			missing = append(missing, fmt.Errorf("%s/%s is not a file with something in it", taskOutput, o.File))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return nil, err
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if !known[e.Name()] {
			ev.Warn("%s/%s is left out: the configuration does not name it", taskOutput, e.Name())
		}
	}
	if err := os.MkdirAll(b.plan.dirs.ImageDir(b.tree), 0o755); err != nil {
		return nil, err
	}
	var made []madeImage
	for _, o := range b.rules.Outputs {
		m, err := b.takeOne(dir, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.File, err)
		}
		made = append(made, m)
	}
	return made, nil
}

func (b *imageTask) takeOne(dir string, o config.TaskOutput) (m madeImage, err error) {
	m = madeImage{Tree: b.tree, Image: productmd.Image{
		Type: o.Type, Format: o.Format, Arch: b.tree.Arch, Disc: 1, Discs: 1, Subvariant: b.subvariant(o), Bootable: o.Bootable,
	}}
	switch o.Contains {
	case "tree":
		m.Packages = b.wholeTree()
	case "list":
		m.Packages, err = b.listed(filepath.Join(dir, o.File+".packages"))
	default:
		m.Packages = imagePackages(b.packages())
	}
	if err != nil {
		return m, err
	}
	final, err := b.path(o)
	if err != nil {
		return m, err
	}
	return m, b.plan.publish(&m, filepath.Join(dir, o.File), final, b.sums)
}

// maxPackageList is the largest list of packages that a command may give.
const maxPackageList = 16 << 20

// listed reads which packages are in an image; each is one of the tree.
func (b *imageTask) listed(name string) ([]imagePackage, error) {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxPackageList {
		return nil, fmt.Errorf("the command did not list its packages in %s/%s", taskOutput, filepath.Base(name))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	byName := map[string]imagePackage{}
	for _, pkg := range slices.Concat(b.wholeTree(), imagePackages(b.packages())) {
		byName[pkg.NEVRA] = pkg
		byName[strings.Replace(pkg.NEVRA, "-0:", "-", 1)] = pkg // rpm leaves out an epoch of 0
	}
	var out []imagePackage
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		pkg, ok := byName[line]
		if !ok {
			return nil, fmt.Errorf("it lists %q, which is no package of the tree", line)
		}
		out = append(out, pkg)
	}
	slices.SortFunc(out, func(a, b imagePackage) int { return strings.Compare(a.NEVRA, b.NEVRA) })
	return slices.Compact(out), lines.Err()
}
