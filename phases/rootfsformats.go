package phases

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"compose/config"
	"compose/image"
	"compose/image/disk"
	"compose/image/oci"
	"compose/image/rootfs"
	"compose/internal/productmd"
	"compose/phases/event"
)

// rootFormat is something that a root file system is made into.
type rootFormat struct {
	name        string // in the configuration
	typ, format string // in images.json
	suffix      string
	programs    []string
	folder      bool // it is not one file, and images.json cannot have it
	make        func(*formatWriter, context.Context, string) error
}

// rootFormats are all there are.
func rootFormats() []rootFormat {
	return []rootFormat{
		{name: "oci-archive", typ: "container", format: "ociarchive", suffix: ".oci.tar", make: (*formatWriter).ociArchive},
		{name: "oci", suffix: ".oci", folder: true, make: (*formatWriter).ociFolder},
		{name: "tar.gz", typ: "tar-gz", format: "tar.gz", suffix: ".tar.gz", make: (*formatWriter).tarball},
		{name: "squashfs", typ: "liveimg-squashfs", format: "liveimg.squashfs", suffix: ".squashfs", programs: []string{"mksquashfs"}, make: (*formatWriter).squashfs},
		{name: "erofs", typ: "fex", format: "erofs", suffix: ".erofs", programs: []string{"mkfs.erofs"}, make: (*formatWriter).erofs},
		{name: "raw", typ: "raw", format: "raw", suffix: ".raw", programs: []string{"mke2fs", "debugfs"}, make: (*formatWriter).raw},
		{name: "qcow2", typ: "qcow2", format: "qcow2", suffix: ".qcow2", programs: []string{"mke2fs", "debugfs"}, make: (*formatWriter).qcow2},
	}
}

// formats are those that are wanted, in the order of the configuration.
func (b *baseImage) formats() []rootFormat {
	var out []rootFormat
	for _, name := range b.rules.Formats {
		for _, f := range rootFormats() {
			if f.name == name && !slices.ContainsFunc(out, func(o rootFormat) bool { return o.name == name }) {
				out = append(out, f)
			}
		}
	}
	return out
}

// formatWriter writes the images of one root file system.
type formatWriter struct {
	*baseImage
	root, out string
	ev        *event.Scope
	epoch     int64
}

// one makes one image, and puts it in its place when it is complete.
func (w *formatWriter) one(ctx context.Context, f rootFormat) (m madeImage, err error) {
	final, err := w.namer.path(w.plan.dirs, f.suffix)
	if err != nil {
		return m, err
	}
	name := filepath.Join(w.out, filepath.Base(final))
	if err := f.make(w, ctx, name); err != nil {
		return m, err
	}
	m = madeImage{Tree: w.tree, Packages: imagePackages(w.packages()), Image: productmd.Image{
		Type: f.typ, Format: f.format, Arch: w.tree.Arch, Disc: 1, Discs: 1, Subvariant: w.rules.Subvariant,
		Bootable: (f.name == "raw" || f.name == "qcow2") && len(w.rules.Disk.Boot) > 0,
	}}
	if f.folder { // of which images.json does not tell, nor what writes the record of its packages
		if err := w.plan.recordPackages(w.tree.Arch, w.plan.dirs.Rel(final), m.Packages); err != nil {
			return m, err
		}
	}
	return m, w.plan.publish(&m, name, final, w.sums)
}

// recordPackages writes which packages are in an image.
func (p *plan) recordPackages(arch, path string, list []imagePackage) error {
	data, err := json.MarshalIndent(map[string]any{"image": path, "packages": list}, "", "    ")
	if err != nil {
		return err
	}
	return writeFile(p.dirs.ImagePackages(arch, path), append(data, '\n'))
}

// publish gives an image its place and describes it. A folder gets its place only.
func (p *plan) publish(m *madeImage, name, final string, sums []string) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		m.Image.Path, m.Image.Size = p.dirs.Rel(final), info.Size()
		if m.Image.Checksums, err = image.SumFile(name, sums); err != nil {
			return err
		}
		if err := errors.Join(os.Chmod(name, 0o644), os.Chtimes(name, p.time, p.time)); err != nil {
			return err
		}
		m.Image.MTime = p.time.Unix()
	}
	if err := os.RemoveAll(final); err != nil { // of an interrupted run
		return err
	}
	return os.Rename(name, final)
}

// writeTo makes a file, buffered.
func writeTo(name string, fn func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	err = fn(b)
	return errors.Join(err, b.Flush(), f.Close())
}

func (w *formatWriter) tarball(ctx context.Context, name string) error {
	return writeTo(name, func(out io.Writer) error {
		z, err := gzip.NewWriterLevel(out, gzip.DefaultCompression)
		if err != nil {
			return err
		}
		return errors.Join(rootfs.Tar(ctx, w.root, z), z.Close())
	})
}

// layout makes the layout of the container image once, and looks at it as its
// readers do.
func (w *formatWriter) layout(ctx context.Context) (string, error) {
	name := filepath.Join(w.out, "layout")
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	if err := os.Mkdir(name, 0o755); err != nil {
		return "", err
	}
	c := w.rules.Container
	o := oci.Options{
		Arch: w.tree.Arch, Created: time.Unix(w.epoch, 0).UTC(), Name: strings.ToLower(w.rules.Name) + ":" + w.namer.cfg.Release.Version,
		Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd, User: c.User, WorkingDir: c.Workdir, Labels: map[string]string{},
		Annotations: map[string]string{"org.opencontainers.image.title": w.title(), "org.opencontainers.image.version": w.namer.cfg.Release.Version},
		Comment:     w.title(),
	}
	if len(o.Env) == 0 {
		o.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	}
	if c.Compression == "zstd" {
		o.Compression = oci.Zstd
	}
	for _, label := range c.Labels {
		key, value, _ := strings.Cut(label, "=")
		o.Labels[key] = value
	}
	if _, err := oci.WriteLayout(name, o, func(out io.Writer) error { return rootfs.Tar(ctx, w.root, out) }); err != nil {
		return "", err
	}
	return name, oci.Check(name)
}

// ociFolder publishes the layout, which the archive may still be made of.
func (w *formatWriter) ociFolder(ctx context.Context, name string) error {
	dir, err := w.layout(ctx)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(name, strings.TrimPrefix(path, dir))
		if e.IsDir() {
			return os.Mkdir(to, 0o755)
		}
		return os.Link(path, to)
	})
}

func (w *formatWriter) ociArchive(ctx context.Context, name string) error {
	dir, err := w.layout(ctx)
	if err != nil {
		return err
	}
	return writeTo(name, func(out io.Writer) error { return oci.WriteArchive(out, dir, time.Unix(w.epoch, 0).UTC()) })
}

func (w *formatWriter) filesystem(name string) rootfs.Filesystem {
	return rootfs.Filesystem{Dir: w.root, File: name, Epoch: w.epoch, UUID: disk.UUID(w.identity(), "erofs"), Jobs: w.plan.jobs, Log: w.ev.Writer()}
}

// identity is what identifiers in images depend on: the packages.
func (w *formatWriter) identity() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", w.rules.Name, w.tree.Arch)
	for _, pkg := range w.packages() {
		fmt.Fprintf(&b, "%s %s\n", pkg.NEVRA, pkg.Sum)
	}
	return b.String()
}

func (w *formatWriter) squashfs(ctx context.Context, name string) error {
	f := w.filesystem(name)
	f.Compression = w.rules.Compression
	return rootfs.Squashfs(ctx, f)
}

func (w *formatWriter) erofs(ctx context.Context, name string) error {
	return rootfs.EROFS(ctx, w.filesystem(name))
}

// raw makes a disk, and starts it where that is wanted.
func (w *formatWriter) raw(ctx context.Context, name string) error {
	if err := w.disk(ctx, name); err != nil {
		return err
	}
	return w.tryBoot(ctx, name, "raw")
}

func (w *formatWriter) disk(ctx context.Context, name string) error {
	d := w.rules.Disk
	size, _ := config.ParseSize(d.Size)
	o := disk.Options{
		Root: w.root, File: name, Arch: w.tree.Arch, Name: w.title(), Identity: w.identity(), Size: size,
		Cmdline: d.Cmdline, Timeout: d.Timeout, Epoch: w.epoch, Log: w.ev.Writer(),
	}
	for _, b := range d.Boot {
		o.Platforms = append(o.Platforms, map[string]disk.Platform{"bios": disk.BIOSPlatform, "uefi": disk.UEFIPlatform}[b])
	}
	if err := disk.Raw(ctx, o); err != nil {
		return err
	}
	return disk.CheckRaw(name)
}

func (w *formatWriter) qcow2(ctx context.Context, name string) error {
	raw := name + ".raw"
	defer os.Remove(raw)
	if err := w.disk(ctx, raw); err != nil {
		return err
	}
	in, err := os.Open(raw)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	compression := disk.Plain
	if w.rules.Disk.Compressed {
		compression = disk.Zlib
	}
	info, err := in.Stat()
	if err := errors.Join(err, disk.Qcow2(ctx, out, in, compression), out.Close()); err != nil {
		return err
	}
	if err := disk.CheckQcow2(name, info.Size()); err != nil {
		return err
	}
	return w.tryBoot(ctx, name, "qcow2")
}

// tryBoot starts a disk from all that it is to start from.
func (w *formatWriter) tryBoot(ctx context.Context, name, format string) error {
	if w.rules.Disk.BootTest == "" {
		return nil
	}
	for _, b := range w.rules.Disk.Boot {
		fw := map[string]image.Firmware{"bios": image.FirmwareBIOS, "uefi": image.FirmwareUEFI}[b]
		log := filepath.Join(w.plan.dirs.Logs(w.tree.Arch), "boot", fmt.Sprintf("%s.%s-%s", w.rules.Name, format, fw))
		if err := os.MkdirAll(log, 0o755); err != nil {
			return err
		}
		w.ev.Note("starting %s from %s", filepath.Base(name), fw)
		err := image.TryBoot(ctx, image.BootTest{
			Image: name, Format: format, Arch: w.tree.Arch, Firmware: fw, Medium: image.MediumDisk, Expect: w.rules.Disk.BootTest, LogDir: log,
			Accel: w.rules.Disk.BootAccel,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
