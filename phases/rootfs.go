package phases

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"compose/config"
	"compose/image"
	"compose/image/disk"
	"compose/image/rootfs"
	"compose/internal/productmd"
	"compose/internal/rpm"
	"compose/internal/sandbox"
	"compose/phases/event"
)

// SandboxMain has to be called first in a program that makes composes: the
// program is started again as the first process of each sandbox, and then the
// call does not return.
func SandboxMain() {
	hooks := rootfs.Hooks()
	for name, fn := range disk.Hooks() {
		hooks[name] = fn
	}
	sandbox.Main(hooks)
}

// addRootfs makes the base images of trees.
func (p *plan) addRootfs(cfg *config.Config, in rootInput) {
	for i, r := range cfg.Rootfs {
		for _, t := range p.trees {
			if r.Match(t.Variant, t.Arch) {
				p.addBaseImage(cfg, i, t, in)
			}
		}
	}
}

func (p *plan) addBaseImage(cfg *config.Config, i int, t Tree, in rootInput) {
	r := cfg.Rootfs[i]
	s := p.Add("rootfs/"+r.Name+"."+t.Arch, "cpu")
	p.mayFail(s, deliverable{Tree: t, Kind: "image", Subject: r.Name})
	b := &baseImage{
		plan: p, rules: r, tree: t, sums: cfg.Media.Checksums,
		namer: imageNamer{cfg, p.imageRelease(cfg, in.id), t, r.Name},
	}
	if b.rules.Subvariant == "" {
		b.rules.Subvariant = r.Name
	}
	p.uses(s, b.programs()...)
	b.packages = p.addRootPackages(s, t, cfg.Place(fmt.Sprintf("rootfs[%d]", i))+" rootfs."+r.Name, r.RootContent, in)
	made := doKept(p, s, kept[[]madeImage]{code: 1, key: b.key, files: b.files, adapt: b.adapt}, b.make)
	var plans []productmd.Image
	for _, f := range b.formats() {
		if !f.folder {
			plans = append(plans, productmd.Image{Subvariant: b.rules.Subvariant, Type: f.typ, Format: f.format, Arch: t.Arch})
		}
	}
	p.addImages(t, made, plans...)
}

// imageNamer gives the names of images that are not discs.
type imageNamer struct {
	cfg     *config.Config
	release image.Release
	tree    Tree
	kind    string // in place of the type of a disc
}

// path gives the name of an image in the folder of images.
func (n imageNamer) path(dirs Layout, suffix string) (string, error) {
	name, err := image.ImageName(n.cfg.NameFormat(n.tree.Variant), n.release, image.Disc{Variant: n.tree.Variant, Arch: n.tree.Arch, Type: n.kind, Suffix: suffix})
	return filepath.Join(dirs.ImageDir(n.tree), name), err
}

// baseImage makes all formats of one root file system.
type baseImage struct {
	plan     *plan
	rules    config.Rootfs
	tree     Tree
	sums     []string
	namer    imageNamer
	packages func() []rootPackage
}

// programs are those that the step runs.
func (b *baseImage) programs() []string {
	out := []string{"rpm"}
	for _, f := range b.formats() {
		for _, name := range f.programs {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	if len(b.rules.Disk.Boot) > 0 && slices.Contains(out, "mke2fs") {
		out = append(out, grubMkimage())
	}
	return out
}

// grubMkimage is the name under which this machine has the program.
func grubMkimage() string {
	if _, err := exec.LookPath("grub2-mkimage"); err == nil {
		return "grub2-mkimage"
	}
	return "grub-mkimage"
}

// rootKey is what base images depend on.
type rootKey struct {
	Rules    config.Rootfs
	Tree     string
	Sums     []string
	Release  string // what is in labels and menus
	Packages []imagePackage
	Programs []string
}

func (b *baseImage) key() any {
	return rootKey{
		Rules: b.rules, Tree: b.tree.String(), Sums: b.sums, Release: b.title(),
		Packages: imagePackages(b.packages()), Programs: programSums(b.programs()),
	}
}

// programSums stand for the versions of programs: the checksums of their files.
func programSums(names []string) []string {
	var out []string
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue // the step says so
		}
		if data, err := os.ReadFile(path); err == nil {
			out = append(out, fmt.Sprintf("%s %x", name, sha256.Sum256(data)))
		}
	}
	return out
}

// title is how the image is called where people see it.
func (b *baseImage) title() string {
	return b.namer.cfg.Release.Name + " " + b.namer.cfg.Release.Version + " " + b.rules.Name
}

// files are what the images stand for.
func (b *baseImage) files(made []madeImage) []string {
	var out []string
	for _, m := range made {
		out = append(out, b.plan.dirs.Published(m.Image.Path))
	}
	for _, f := range b.formats() {
		if name, err := b.namer.path(b.plan.dirs, f.suffix); f.folder && err == nil {
			out = append(out, name)
		}
	}
	return out
}

// adapt gives images of another compose their names in this one.
func (b *baseImage) adapt(made []madeImage) ([]madeImage, error) {
	out := slices.Clone(made)
	i := 0
	for _, f := range b.formats() {
		name, err := b.namer.path(b.plan.dirs, f.suffix)
		if f.folder && err == nil {
			err = b.plan.recordPackages(b.tree.Arch, b.plan.dirs.Rel(name), imagePackages(b.packages()))
		}
		if f.folder {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err != nil || i >= len(out) {
			return nil, errors.Join(err, fmt.Errorf("%d images", len(out)))
		}
		out[i].Image.Path = b.plan.dirs.Rel(name)
		i++
	}
	return out, nil
}

// make installs the packages, and makes the images out of that.
func (b *baseImage) make(ctx context.Context, ev *event.Scope) (made []madeImage, err error) {
	if err := checkNative(b.tree.Arch); err != nil {
		return nil, err
	}
	for _, f := range b.formats() {
		if _, err := b.namer.path(b.plan.dirs, f.suffix); err != nil {
			return nil, err
		}
	}
	work := b.plan.dirs.Work(b.tree.Arch, "rootfs", b.rules.Name)
	root, err := freshRoot(work)
	defer func() { err = errors.Join(err, rootfs.Remove(root), os.RemoveAll(work)) }()
	if err != nil {
		return nil, err
	}
	o := rootOptions(b.rules.RootContent, b.packages())
	o.Dir, o.Log, o.Hostname, o.Commands = root, ev.Writer(), b.rules.Hostname, b.rules.Commands
	if err := rootfs.Install(ctx, o); err != nil {
		return nil, err
	}
	w := &formatWriter{baseImage: b, root: root, out: filepath.Join(work, "out"), ev: ev, epoch: o.Epoch}
	if err := os.MkdirAll(b.plan.dirs.ImageDir(b.tree), 0o755); err != nil {
		return nil, err
	}
	for _, f := range b.formats() {
		ev.Note("making %s", f.name)
		m, err := w.one(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if !f.folder {
			made = append(made, m)
		}
	}
	return made, nil
}

// freshRoot makes the folders of a step that has a root file system: root and
// out. What an interrupted run has left goes away first.
func freshRoot(work string) (root string, err error) {
	root = filepath.Join(work, "root")
	if _, err := os.Lstat(root); err == nil {
		if err := rootfs.Remove(root); err != nil {
			return root, err
		}
	}
	return root, errors.Join(os.RemoveAll(work), os.MkdirAll(root, 0o755), os.MkdirAll(filepath.Join(work, "out"), 0o755))
}

// rootOptions turns the configuration into the installer's options.
func rootOptions(c config.RootContent, list []rootPackage) rootfs.Options {
	o := rootfs.Options{Langs: c.Langs, DB: c.Database, Epoch: epochOf(list)}
	for _, pkg := range list {
		o.Packages = append(o.Packages, pkg.Path)
	}
	if !c.Docs {
		o.Docs = rootfs.ExcludeDocs
	}
	if c.Scriptlets == "warn" {
		o.Scriptlets = rootfs.MayFail
	}
	return o
}

// checkNative refuses architectures whose programs do not run here: scriptlets
// would not either.
func checkNative(arch string) error {
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7hl"}[runtime.GOARCH]
	if machine == "" {
		machine = runtime.GOARCH // ppc64le, s390x, riscv64
	}
	if rpm.BaseArch(machine) == arch || slices.Contains(rpm.AcceptedArches(machine), arch) || strings.HasPrefix(arch, machine) {
		return nil
	}
	return fmt.Errorf("a root file system of %s cannot be made on %s: its programs do not run here", arch, machine)
}
