package phases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"compose/config"
	"compose/image"
	"compose/internal/proc"
	"compose/phases/event"
)

// loraxMaker makes the boot files of a tree with lorax.
type loraxMaker struct {
	*bootMaker
	sources func() loraxSources
	comps   func() (treeComps, bool)
}

// loraxKey is what the work of lorax depends on: how it is called, what it is,
// and every package that it may take. Lorax says only afterwards what it took,
// and a package that was passed over may be taken when another changes.
type loraxKey struct {
	Args, Packages, Files []string
	Version               string
	Kickstart             string
	Sums                  []string
	Expect                string
}

func (l *loraxMaker) key() any {
	k := loraxKey{Packages: l.sources().sums, Version: loraxVersion(), Sums: l.cfg.Media.Checksums, Expect: l.rules.Expect}
	args := l.options()
	args.Sources, args.Output, args.LogFile = slices.Concat([]string{"/packages"}, l.extraSources()), "/out", "" // places say nothing
	k.Args, _ = args.Args()                                                                                      // an error comes up in make
	for _, p := range l.templates() {
		k.Files = append(k.Files, filepath.Base(p)+" "+sumOrFault(p))
	}
	k.Kickstart = sumOrFault(l.cfg.Buildinstall.Kickstart.Abs)
	return k
}

// templates are the files that the configuration gives to lorax.
func (l *loraxMaker) templates() []string {
	o := l.rules.Lorax
	out := append(texts(o.AddTemplates), texts(o.AddArchTemplates)...)
	return append(out, texts([]config.Path{o.ConfigFile})...)
}

// sumOrFault is the checksum of a file, for a key; "" for no file.
func sumOrFault(name string) string {
	if name == "" {
		return ""
	}
	sums, err := image.SumFile(name, []string{"sha256"})
	if err != nil {
		return err.Error() // whoever reads the file will say it
	}
	return sums["sha256"]
}

// loraxVersion is what lorax says that it is. Its own templates belong to its
// package.
func loraxVersion() string {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var out strings.Builder
	if err := proc.Run(ctx, proc.Command{Args: []string{"lorax", "-V"}, Dir: "/", Env: proc.Env(), Output: &out}); err != nil {
		return "unknown" // older ones have no such option
	}
	return strings.TrimSpace(out.String())
}

// options are those of the command line, but for output and log.
func (l *loraxMaker) options() image.Lorax {
	o, version := l.rules.Lorax, l.cfg.Compose.TreeinfoVersion
	if version == "" {
		version = l.cfg.Release.Version
	}
	if o.Version != "" {
		version = o.Version
	}
	volume, _ := l.volumeID() // an error comes up when files are placed
	x := image.Lorax{
		Product: l.cfg.Release.Name, Version: version, Release: version,
		Variant: l.tree.Variant, BugURL: o.BugURL, MacBoot: isTrue(o.MacBoot), Upgrade: isTrue(o.Upgrade), Final: l.final,
		BuildArch: buildArch(l.tree.Arch), VolumeID: volume, InstallPackages: o.Install,
		AddTemplates: texts(o.AddTemplates), AddArchTemplates: texts(o.AddArchTemplates),
		AddTemplateVars: o.AddTemplateVars, AddArchTemplateVars: o.AddArchTemplateVars,
		DracutArgs: o.DracutArgs, SkipBranding: isTrue(o.SkipBranding), SquashfsOnly: isTrue(o.SquashfsOnly), ConfigFile: o.ConfigFile.Abs,
	}
	if o.RootfsSize != nil {
		x.RootfsSize = *o.RootfsSize
	}
	return x
}

func isTrue(b *bool) bool { return b != nil && *b }

// buildArch is the architecture that lorax is told: the best of a tree's.
func buildArch(arch string) string {
	switch arch {
	case "i386":
		return "i686"
	case "armhfp":
		return "armv7hl"
	}
	return arch
}

// extraSources are the configured repositories for the architecture.
func (l *loraxMaker) extraSources() []string {
	var out []string
	for _, s := range l.rules.Lorax.ExtraSources {
		out = append(out, expandAddress(s, l.tree.Arch, l.cfg.Release.Version))
	}
	return out
}

// make runs lorax, and reads what it made.
func (l *loraxMaker) make(ctx context.Context, ev *event.Scope) (bootFiles, error) {
	x := l.options()
	x.Sources = slices.Concat(l.sources().repositories, l.extraSources())
	if c, ok := l.comps(); ok && len(c.xml) > 0 {
		dir, err := l.compsRepo(ctx, ev, c)
		if err != nil {
			return bootFiles{}, err
		}
		x.Sources = append(x.Sources, dir)
	}
	x.Output, x.LogFile = l.work("tree"), filepath.Join(l.logs(), "lorax.log")
	if err := l.run(ctx, ev, x); err != nil {
		return bootFiles{}, err
	}
	made := bootFiles{dir: x.Output}
	info, err := takeTreeinfo(x.Output, l.logs(), l.tree.Arch)
	if err != nil {
		return made, fmt.Errorf("what lorax made: %w", err)
	}
	made.info = info
	made.code, err = codeOf(filepath.Join(x.Output, bootISO), l.tree.Arch)
	if err != nil {
		ev.Warn("%v: discs do not start from disks", err)
		made.code = image.BootCode{}
	}
	made.packages = l.installed(ev)
	return made, l.kickstart(x.Output)
}

// run runs lorax.
func (l *loraxMaker) run(ctx context.Context, ev *event.Scope, x image.Lorax) error {
	args, err := x.Args()
	if err != nil {
		return err
	}
	if _, err := exec.LookPath(args[0]); err != nil {
		return errors.New(`lorax: there is no such program on this machine: install it, or use buildinstall.method = "boot", which makes a small boot tree without it`)
	}
	ev.Logf("%s", strings.Join(args, " "))
	err = proc.Run(ctx, proc.Command{Args: args, Dir: l.work(), Env: proc.Env(), Output: ev.Writer()})
	if err == nil {
		return nil
	}
	if cause := l.cause(); cause != "" && ctx.Err() == nil {
		return fmt.Errorf("lorax: %s: %w", cause, err)
	}
	return err
}

// cause looks for why lorax failed in its logs.
func (l *loraxMaker) cause() string {
	for _, name := range []string{"pylorax.log", "lorax.log", "program.log"} {
		b, err := os.ReadFile(filepath.Join(l.logs(), name))
		if err != nil {
			continue
		}
		if cause := image.LoraxCause(string(b)); cause != "" {
			return cause
		}
	}
	return ""
}

// kickstart puts the configured file beside what lorax made.
func (l *loraxMaker) kickstart(dir string) error {
	ks := l.cfg.Buildinstall.Kickstart
	if !ks.IsSet() {
		return nil
	}
	b, err := os.ReadFile(ks.Abs)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ks.cfg"), b, 0o644)
}

// takeTreeinfo reads the .treeinfo of lorax, and moves it and .discinfo to
// the logs: the tree gets its own.
func takeTreeinfo(dir, logs, arch string) (bootInfo, error) {
	f, err := os.Open(filepath.Join(dir, ".treeinfo"))
	if err != nil {
		return bootInfo{}, err
	}
	info, err := image.ReadTreeinfo(f)
	f.Close()
	if err != nil {
		return bootInfo{}, err
	}
	for _, name := range []string{".treeinfo", ".discinfo"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(logs, name[1:])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return bootInfo{}, err
		}
	}
	out := bootInfo{Images: info.Images, MainImage: info.MainImage, InstImage: info.InstImage}
	for _, platform := range sortedKeys(info.Images) {
		if platform != arch {
			out.Platforms = append(out.Platforms, platform)
		}
	}
	return out, nil
}

// codeOf takes the code that starts a disc from a disk out of boot.iso.
func codeOf(name, arch string) (image.BootCode, error) {
	if arch != "x86_64" && arch != "i386" {
		return image.BootCode{}, nil
	}
	code, err := image.ReadBootCode(name)
	if errors.Is(err, fs.ErrNotExist) {
		return image.BootCode{}, nil
	}
	return code, err
}
