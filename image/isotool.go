package image

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"compose/image/iso"
	"compose/internal/proc"
)

// ISOTool is a program that makes disc images: for boot layouts that MakeISO
// does not have, and to compare with.
type ISOTool struct {
	Program string // xorrisofs or genisoimage
	// Arch chooses the boot options of a bootable disc.
	Arch string
	// HFS is the layout for Macintosh that ppc64le has by default
	// (iso_hfs_ppc64le_compatible); PPCTemplates is lorax's folder
	// config_files/ppc for it.
	HFS          bool
	PPCTemplates string
	Log          io.Writer
}

// BootArgs gives the boot options of mkisofs, as Pungi's get_boot_options.
func (t ISOTool) BootArgs() ([]string, error) {
	efi := []string{"-eltorito-alt-boot", "-e", efiImage, "-no-emul-boot"}
	switch t.Arch {
	case "arm", "armhfp":
		return nil, nil
	case "aarch64":
		return efi, nil
	case "i386", "i686", "x86_64":
		args := []string{"-b", isolinuxBin, "-c", isolinuxCat, "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"}
		if t.Arch == "x86_64" {
			args = append(args, efi...)
		}
		return args, nil
	case "ppc64le", "ppc64", "ppc":
		if t.Arch == "ppc64le" && !t.HFS {
			return []string{"-r", "-l", "-sysid", "PPC", "-chrp-boot"}, nil
		}
		return []string{
			"-part", "-hfs", "-r", "-l", "-sysid", "PPC", "-no-desktop", "-allow-multidot", "-chrp-boot",
			"-map", filepath.Join(t.PPCTemplates, "mapping"), "-hfs-bless", "/ppc/mac",
		}, nil
	case "s390", "s390x":
		return []string{"-eltorito-boot", s390Image, "-no-emul-boot"}, nil
	}
	return nil, fmt.Errorf("boot layout: none is known for %s", t.Arch)
}

// Args gives the command line for a disc whose files stand in a list of graft
// points.
func (t ISOTool) Args(s ISOSpec, out, grafts string) ([]string, error) {
	args := []string{t.Program}
	if s.Level > 0 {
		args = append(args, "-iso-level", strconv.Itoa(int(s.Level)))
	}
	args = append(args, "-untranslated-filenames", "-volid", s.VolumeID, "-J", "-joliet-long", "-rational-rock")
	if !strings.HasPrefix(t.Arch, "ppc") {
		args = append(args, "-input-charset", "utf-8")
	}
	args = append(args, "-x", "./lost+found")
	if s.Boot != nil {
		boot, err := t.BootArgs()
		if err != nil {
			return nil, err
		}
		args = append(args, boot...)
	}
	return append(args, "-o", out, "-graft-points", "-path-list", grafts), nil
}

// MakeISOWith makes a disc image and its manifest with a program, isohybrid on
// a PC, and implantisomd5: like MakeISO, but that the whole image is read
// again for each of them and for the checksums.
func MakeISOWith(ctx context.Context, t ISOTool, s ISOSpec) (ISO, error) {
	dir, err := os.MkdirTemp(filepath.Dir(s.Path), ".iso-")
	if err != nil {
		return ISO{}, err
	}
	defer os.RemoveAll(dir)
	r := &toolRun{tool: t, spec: s, dir: dir, part: filepath.Join(dir, "image.iso")}
	out, err := r.make(ctx)
	if err != nil {
		err = errors.Join(err, removeAll(s.Path, s.Path+".manifest"))
		return ISO{}, fmt.Errorf("disc image %s: %w", filepath.Base(s.Path), err)
	}
	return out, nil
}

type toolRun struct {
	tool ISOTool
	spec ISOSpec
	dir  string
	part string // the image while it is made
}

func (r *toolRun) run(ctx context.Context, args ...string) error {
	env := proc.Env()
	if !r.spec.Time.IsZero() {
		env = proc.Env("SOURCE_DATE_EPOCH=" + strconv.FormatInt(r.spec.Time.Unix(), 10))
	}
	return proc.Run(ctx, proc.Command{Args: args, Dir: r.dir, Env: env, Output: r.tool.Log})
}

func (r *toolRun) make(ctx context.Context) (ISO, error) {
	grafts := filepath.Join(r.dir, "graft-points")
	if err := r.grafts(grafts); err != nil {
		return ISO{}, err
	}
	args, err := r.tool.Args(r.spec, r.part, grafts)
	if err != nil {
		return ISO{}, err
	}
	commands := [][]string{args}
	if pc := []string{"i386", "i686", "x86_64"}; r.spec.Boot != nil && slices.Contains(pc, r.tool.Arch) {
		commands = append(commands, []string{"isohybrid"})
		if r.tool.Arch == "x86_64" {
			commands[1] = append(commands[1], "--uefi")
		}
		commands[1] = append(commands[1], r.part)
	}
	implant := []string{"implantisomd5", r.part}
	if r.spec.Supported {
		implant = []string{"implantisomd5", "--supported-iso", r.part}
	}
	for _, c := range append(commands, implant) {
		if err := r.run(ctx, c...); err != nil {
			return ISO{}, err
		}
	}
	return r.finish()
}

// grafts writes the list of what goes where. Content at hand becomes a file,
// and boot images are copied: mkisofs changes them.
func (r *toolRun) grafts(name string) error {
	var list bytes.Buffer
	escape := strings.NewReplacer(`\`, `\\`, "=", `\=`)
	for i, f := range r.spec.Files {
		from := f.From
		switch {
		case f.Mode.Type() == fs.ModeSymlink:
			from = filepath.Join(r.dir, fmt.Sprint("link", i))
			if err := os.Symlink(f.Target, from); err != nil {
				return err
			}
		case f.Mode.IsDir():
			from = filepath.Join(r.dir, "empty")
			if err := os.MkdirAll(from, 0o755); err != nil {
				return err
			}
		case from == "" || f.Path == isolinuxBin || f.Path == "images/boot.img":
			from = filepath.Join(r.dir, fmt.Sprint("file", i))
			if err := stageFile(f, from); err != nil {
				return err
			}
		}
		fmt.Fprintf(&list, "%s=%s\n", escape.Replace(f.Path), escape.Replace(from))
	}
	return os.WriteFile(name, list.Bytes(), 0o644)
}

func stageFile(f iso.File, to string) error {
	if f.From == "" {
		return os.WriteFile(to, f.Data, 0o644)
	}
	return copyFile(f.From, to, 0o644)
}

// finish reads what was made, checks it, and gives it its name.
func (r *toolRun) finish() (ISO, error) {
	out := ISO{Path: r.spec.Path, Manifest: r.spec.Path + ".manifest", VolumeID: r.spec.VolumeID, Bootable: r.spec.Boot != nil}
	f, err := os.Open(r.part)
	if err != nil {
		return ISO{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ISO{}, err
	}
	out.Size = info.Size()
	x, err := iso.Open(f, out.Size)
	if err != nil {
		return ISO{}, err
	}
	if out.ImplantMD5, err = x.Implanted(); err != nil {
		return ISO{}, err
	}
	manifest, err := x.Manifest()
	if err != nil {
		return ISO{}, err
	}
	if out.Sums, err = sumAll(f, r.spec.Sums); err != nil {
		return ISO{}, err
	}
	if err := os.Rename(r.part, out.Path); err != nil {
		return ISO{}, err
	}
	return out, out.finish(manifest, r.spec.Time)
}

// SumFile gives checksums of a file, by algorithm, reading it once.
func SumFile(name string, algorithms []string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return sumAll(f, algorithms)
}

func sumAll(r io.Reader, algorithms []string) (map[string]string, error) {
	hashes := map[string]hash.Hash{}
	var writers []io.Writer
	for _, a := range algorithms {
		make := map[string]func() hash.Hash{
			"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
		}[a]
		if make == nil {
			return nil, fmt.Errorf("checksum %q: not one of %s", a, strings.Join(ChecksumAlgorithms(), ", "))
		}
		hashes[a] = make()
		writers = append(writers, hashes[a])
	}
	if _, err := io.CopyBuffer(io.MultiWriter(writers...), struct{ io.Reader }{r}, make([]byte, 1<<20)); err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for a, h := range hashes {
		sums[a] = hex.EncodeToString(h.Sum(nil))
	}
	return sums, nil
}
