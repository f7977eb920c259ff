package phases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"compose/config"
	"compose/image"
	"compose/internal/productmd"
	"compose/phases/dag"
	"compose/phases/event"
)

// bootInput is what boot trees are made of.
type bootInput struct {
	cached   dag.Promise[cache]
	packages map[string]dag.Promise[archPackages]
	groups   groups
	id       Identity
}

// addBuildinstall makes what trees boot with, each as soon as the package sets
// are there: it waits for no tree.
func (p *plan) addBuildinstall(cfg *config.Config, in bootInput) perTree[bootTree] {
	out := perTree[bootTree]{}
	sources := map[string]dag.Promise[loraxSources]{}
	for _, v := range p.variants {
		for _, arch := range v.Arches {
			t, rules := treeOf(v, arch), cfg.BuildinstallFor(v, arch)
			if rules.Method == "none" {
				continue
			}
			if _, known := sources[arch]; rules.Method == "lorax" && !known {
				sources[arch] = p.addLoraxSources(cfg, arch, in)
			}
			out[t] = p.addBootTree(cfg, t, rules, sources[arch], in)
		}
	}
	return out
}

// addBootTree adds the step that makes the boot files of one tree, and the
// one that hands on its boot.iso.
func (p *plan) addBootTree(cfg *config.Config, t Tree, rules config.BuildinstallRules, sources dag.Promise[loraxSources], in bootInput) dag.Promise[bootTree] {
	s := p.Add("buildinstall/"+t.String(), "disk")
	p.mayFail(s, deliverable{Tree: t, Kind: "buildinstall"})
	b := &bootMaker{plan: p, cfg: cfg, rules: rules, tree: t, release: p.imageRelease(cfg, in.id), final: in.id.Final}
	b.name, _ = b.discName() // an error comes up in make
	var method interface {
		key() any
		make(ctx context.Context, ev *event.Scope) (made bootFiles, err error)
	}
	if rules.Method == "lorax" {
		p.uses(s, "lorax")
		method = &loraxMaker{bootMaker: b, sources: dag.Need(s, sources), comps: dag.Want(s, in.groups.trees[t])}
	} else {
		method = &smallBootMaker{bootMaker: b, cache: dag.Need(s, in.cached), packages: dag.Need(s, in.packages[t.Arch])}
	}
	s.Makes(filepath.Join(p.dirs.ISODir(t), b.name))
	made := doKept(p, s, kept[bootTree]{code: 1, key: method.key, files: b.files, adapt: b.adapt}, func(ctx context.Context, ev *event.Scope) (bootTree, error) {
		return b.make(ctx, ev, method.make)
	})
	disc := p.Add("bootiso/"+t.String(), "disk")
	tree := dag.Want(disc, made)
	p.addImages(t, dag.Do(disc, func(context.Context, *event.Scope) ([]madeImage, error) {
		got, _ := tree()
		return got.Discs, nil
	}), productmd.Image{Subvariant: t.Variant, Type: "boot", Format: "iso", Arch: t.Arch, Disc: 1})
	return made
}

// bootMaker makes the boot files of one tree, whoever does the work.
type bootMaker struct {
	plan    *plan
	cfg     *config.Config
	rules   config.BuildinstallRules
	tree    Tree
	release image.Release
	final   bool
	name    string // of boot.iso
}

// bootFiles is a folder of boot files that a method made.
type bootFiles struct {
	dir      string
	code     image.BootCode
	info     bootInfo
	packages []imagePackage
}

func (b *bootMaker) disc(typ string) image.Disc {
	return image.Disc{Variant: b.tree.Variant, Arch: b.tree.Arch, Type: discType(b.cfg, typ)}
}

// discName is the name of boot.iso where it is published.
func (b *bootMaker) discName() (string, error) {
	return image.ImageName(b.cfg.NameFormat(b.tree.Variant), b.release, b.disc("boot"))
}

// volumeID is that of all discs of the tree: boot files name it.
func (b *bootMaker) volumeID() (string, error) {
	return volumeRules(b.cfg).VolumeID(b.release, b.disc("dvd"), nil)
}

// work is the folder for what a method makes.
func (b *bootMaker) work(elem ...string) string {
	return b.plan.dirs.Work(b.tree.Arch, append([]string{"buildinstall", b.tree.Variant}, elem...)...)
}

// logs is the folder of what a method tells.
func (b *bootMaker) logs() string {
	return filepath.Join(b.plan.dirs.Logs(b.tree.Arch), "buildinstall-"+b.tree.Variant+"-logs")
}

// make makes the boot files, puts them into the tree, and checks them.
func (b *bootMaker) make(ctx context.Context, ev *event.Scope, method func(context.Context, *event.Scope) (bootFiles, error)) (tree bootTree, err error) {
	if b.name, err = b.discName(); err != nil {
		return tree, err
	}
	if err := errors.Join(os.RemoveAll(b.work()), os.MkdirAll(b.work(), 0o755), os.MkdirAll(b.logs(), 0o755)); err != nil {
		return tree, err
	}
	made, err := method(ctx, ev)
	if err != nil {
		return tree, err
	}
	if tree.Files, err = filesBelow(made.dir); err != nil {
		return tree, err
	}
	if err := b.checkFiles(made, tree.Files); err != nil {
		return tree, err
	}
	tree.Code, tree.Info, tree.Packages = made.code, made.info, made.packages
	if err := b.place(ctx, ev, made.dir); err != nil {
		return tree, err
	}
	if err := b.describe(ctx, &tree); err != nil {
		return tree, err
	}
	tree.Discs, err = b.publish(ctx, ev, tree)
	return tree, err
}

// place puts the files into the tree; boot configurations get the volume id.
func (b *bootMaker) place(ctx context.Context, ev *event.Scope, dir string) error {
	volume, err := b.volumeID()
	if err != nil {
		return err
	}
	kickstart := b.cfg.Buildinstall.Kickstart
	rewritten, err := image.PlaceBootTree(ctx, dir, b.plan.dirs.OSTree(b.tree), image.BootConfigRules{VolumeID: volume, Kickstart: kickstart.IsSet()})
	for _, name := range rewritten {
		ev.Logf("%s has volume id %q", name, volume)
	}
	return err
}

// checkFiles wants the files of a disc that boots, and those that .treeinfo
// tells of.
func (b *bootMaker) checkFiles(made bootFiles, files []string) error {
	list, err := image.DiscFiles(made.dir, nil, nil)
	if err != nil {
		return err
	}
	if _, err := image.LayoutBoot(b.tree.Arch, list, made.code); err != nil {
		return err
	}
	var missing []error
	for _, path := range made.info.paths() {
		if _, ok := slices.BinarySearch(files, path); !ok {
			missing = append(missing, fmt.Errorf("%s: .treeinfo tells of it, but it is not there", path))
		}
	}
	return errors.Join(missing...)
}

// describe computes the checksums of the files as they are in the tree.
func (b *bootMaker) describe(ctx context.Context, tree *bootTree) error {
	inInfo := map[string]bool{}
	for _, path := range tree.Info.paths() {
		inInfo[path] = true
	}
	tree.Info.Checksums = map[string]string{}
	all := sha256.New()
	for _, path := range tree.Files {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		sums, err := image.SumFile(filepath.Join(b.plan.dirs.OSTree(b.tree), path), []string{"sha256"})
		if err != nil {
			return fmt.Errorf("boot file: %w", err)
		}
		if inInfo[path] {
			tree.Info.Checksums[path] = "sha256:" + sums["sha256"]
		}
		if path != bootISO {
			fmt.Fprintf(all, "%s %s\n", path, sums["sha256"])
		}
	}
	fmt.Fprintf(all, "%d %x\n", tree.Code.Loader, tree.Code.Code)
	tree.Fingerprint = hex.EncodeToString(all.Sum(nil))
	return nil
}

// filesBelow gives the files of a folder, as sorted paths.
func filesBelow(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(out)
	return out, err
}
