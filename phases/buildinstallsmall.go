package phases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"

	"compose/image"
	"compose/image/smallboot"
	"compose/internal/rpm"
	"compose/phases/event"
	"compose/pkgset"
)

// smallBootMaker makes the boot files of a tree out of packages that the
// configuration names.
type smallBootMaker struct {
	*bootMaker
	cache    func() cache
	packages func() archPackages
}

// bootParts are the packages of a small boot tree.
type bootParts struct{ kernel, initramfs, loaders []*rpm.Package }

// smallBootKey is what a small boot tree depends on.
type smallBootKey struct {
	Kernel, Initramfs, Loaders     []string // checksums of packages
	Modules                        []string
	Init, BIOS, Cmdline            string
	VolumeID, Title, Expect, MkImg string
	Final                          bool
	Sums                           []string
}

func (m *smallBootMaker) key() any {
	o, parts := m.rules.Boot, bootParts{}
	parts, _ = m.choose() // an error comes up in make
	k := smallBootKey{
		Kernel: sumsOf(parts.kernel), Initramfs: sumsOf(parts.initramfs), Loaders: sumsOf(parts.loaders), Modules: o.KernelModules,
		Init: sumOrFault(o.Init.Abs), BIOS: o.BIOS, Cmdline: o.Cmdline, Title: m.title(), Expect: m.rules.Expect, Sums: m.cfg.Media.Checksums, Final: m.final,
	}
	k.VolumeID, _ = m.volumeID()
	for _, program := range []string{"grub2-mkimage", "grub-mkimage"} {
		if name, err := exec.LookPath(program); err == nil {
			k.MkImg = sumOrFault(name)
			break
		}
	}
	return k
}

func sumsOf(list []*rpm.Package) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Sum.Hex)
	}
	return out
}

func (m *smallBootMaker) title() string { return m.cfg.Release.Name + " " + m.cfg.Release.Version }

// choose finds the packages; all that are missing are told at once.
func (m *smallBootMaker) choose() (bootParts, error) {
	o := m.rules.Boot
	var missing []error
	find := func(key string, globs []string) (out []*rpm.Package) {
		for _, glob := range globs {
			found := newestLike(glob, m.tree.Arch, m.packages().subset.Packages)
			if len(found) == 0 {
				missing = append(missing, fmt.Errorf("buildinstall.tree.boot.%s: no package set has a package %s for %s", key, glob, m.tree.Arch))
			}
			out = append(out, found...)
		}
		return out
	}
	parts := bootParts{kernel: find("kernel", []string{o.Kernel}), initramfs: find("initramfs", o.Initramfs), loaders: find("loaders", o.Loaders)}
	if len(parts.kernel) > 1 { // the glob names several kernels
		parts.kernel = []*rpm.Package{slices.MaxFunc(parts.kernel, func(a, b *rpm.Package) int {
			return cmp.Or(rpm.CompareEVR(a.EVR().String(), b.EVR().String()), cmp.Compare(a.Name, b.Name))
		})}
	}
	return parts, errors.Join(missing...)
}

// newestLike gives the newest package of each name that fits, sorted.
func newestLike(glob, arch string, list []*rpm.Package) []*rpm.Package {
	newest := map[string]*rpm.Package{}
	for _, p := range list {
		if p.Arch != arch && p.Arch != "noarch" || p.IsDebug() {
			continue
		}
		if ok, _ := path.Match(glob, p.Name); !ok && glob != p.Name+"."+p.Arch {
			continue
		}
		if old := newest[p.Name]; old == nil || newer(p, old) {
			newest[p.Name] = p
		}
	}
	var out []*rpm.Package
	for _, name := range sortedKeys(newest) {
		out = append(out, newest[name])
	}
	return out
}

// make puts the boot files together, and makes boot.iso of them.
func (m *smallBootMaker) make(ctx context.Context, ev *event.Scope) (bootFiles, error) {
	parts, err := m.choose()
	if err != nil {
		return bootFiles{}, err
	}
	o := smallboot.Options{
		KernelModules: m.rules.Boot.KernelModules, BIOS: m.rules.Boot.BIOS, Cmdline: m.rules.Boot.Cmdline, Title: m.title(),
		Time: m.plan.time, Out: m.work("tree"), Work: m.work("parts"), Log: ev.Writer(),
	}
	if o.VolumeID, err = m.volumeID(); err != nil {
		return bootFiles{}, err
	}
	if init := m.rules.Boot.Init; init.IsSet() {
		if o.Init, err = os.ReadFile(init.Abs); err != nil {
			return bootFiles{}, err
		}
	}
	if err := errors.Join(os.Mkdir(o.Out, 0o755), os.Mkdir(o.Work, 0o755)); err != nil {
		return bootFiles{}, err
	}
	made := bootFiles{dir: o.Out}
	files, err := m.fetch(ctx, ev, slices.Concat(parts.kernel, parts.initramfs, parts.loaders), &made)
	if err != nil {
		return made, err
	}
	k := len(parts.kernel)
	i := k + len(parts.initramfs)
	o.Kernel, o.Initramfs, o.Loaders = files[0], files[k:i], files[i:]
	tree, err := smallboot.Make(ctx, o)
	if err != nil {
		return made, err
	}
	made.code = tree.Code
	made.info.Images = map[string]map[string]string{m.tree.Arch: tree.Images}
	tree.Images["boot.iso"] = bootISO
	return made, errors.Join(m.bootDisc(ctx, o, tree), os.RemoveAll(o.Work))
}

// fetch puts the packages into the work folder, and gives their paths.
func (m *smallBootMaker) fetch(ctx context.Context, ev *event.Scope, list []*rpm.Package, made *bootFiles) ([]string, error) {
	var jobs []pkgset.Job
	at := map[*rpm.Package]int{}
	for _, p := range list {
		if _, twice := at[p]; !twice {
			at[p] = len(jobs)
			jobs = append(jobs, pkgset.Job{Entry: m.packages().subset.Entry(p), Dest: m.work("packages")})
		}
	}
	placed, err := pkgset.Place(ctx, jobs, pkgset.PlaceOptions{}, m.cache().env(m.plan.jobs, ev))
	if err != nil {
		return nil, err
	}
	for p := range at {
		made.packages = append(made.packages, imagePackage{p.NEVRA(), p.Sum.Type + ":" + p.Sum.Hex})
	}
	slices.SortFunc(made.packages, func(a, b imagePackage) int { return cmp.Compare(a.NEVRA, b.NEVRA) })
	files := make([]string, len(list))
	for i, p := range list {
		files[i] = placed[at[p]].Path
	}
	return files, nil
}

// bootDisc makes boot.iso of the files.
func (m *smallBootMaker) bootDisc(ctx context.Context, o smallboot.Options, tree smallboot.Tree) error {
	files, err := image.DiscFiles(o.Out, nil, nil)
	if err != nil {
		return err
	}
	layout, err := image.LayoutBoot(m.tree.Arch, files, tree.Code)
	if err != nil {
		return err
	}
	name := filepath.Join(o.Out, bootISO)
	_, err = image.MakeISO(ctx, image.ISOSpec{Path: name, Files: files, VolumeID: o.VolumeID, Time: o.Time, Boot: &layout, Supported: m.final})
	if err != nil {
		return err
	}
	return os.Remove(name + ".manifest")
}
