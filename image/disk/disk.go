package disk

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"compose/image/fat"
	"compose/internal/sandbox"
)

// Options say what disk to make.
type Options struct {
	// Root is a folder with the root file system, as rootfs.Install leaves it.
	Root string
	// File is the raw image; nothing is there yet. Beside it goes a folder that
	// is removed again.
	File string
	Arch string
	// Name is shown in the menu; its first 16 letters are the label of the file system.
	Name string
	// Identity is a text on which the identifiers of disk, partitions and file
	// system depend.
	Identity string
	// Size is that of the root file system in bytes; 0 is what is in it, a third
	// more and 64 MiB.
	Size int64
	// Platforms are what the disk starts from; none is a disk that does not.
	Platforms []Platform
	Cmdline   string // of the kernel, behind root=; serial and screen console where empty
	Timeout   int    // seconds that the menu waits
	Epoch     int64  // the time of the file systems
	Log       io.Writer
}

// disk is a disk in the making.
type disk struct {
	Options
	work     string
	contents contents
}

// espSize is the size of the EFI system partition; espSpare is what is free in
// its file system, which is smaller than the partition.
const (
	espSize  = 64 << 20
	espSpare = 40 << 20
)

// Raw makes a disk with an EFI system partition, where it is to start from
// something, and a root file system of the kind ext4. The image is sparse. On
// failure nothing is left of it.
func Raw(ctx context.Context, o Options) (err error) {
	d := &disk{Options: o}
	if d.work, err = os.MkdirTemp(filepath.Dir(o.File), ".disk-"); err != nil {
		return fmt.Errorf("disk image: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.work)) }()
	if err = d.make(ctx); err == nil {
		err = os.Rename(filepath.Join(d.work, "disk.raw"), o.File)
	}
	if err != nil {
		return fmt.Errorf("disk image: %w", err)
	}
	return nil
}

func (d *disk) make(ctx context.Context) error {
	if err := d.look(ctx); err != nil {
		return err
	}
	t := d.table()
	f, err := os.OpenFile(filepath.Join(d.work, "disk.raw"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(t.Size()); err != nil {
		return err
	}
	if err := d.filesystem(ctx, t.Start(len(t.Partitions)-1), t.Partitions[len(t.Partitions)-1].Size); err != nil {
		return err
	}
	code, err := d.boot(ctx, f, t)
	if err != nil {
		return err
	}
	head, tail, err := t.Encode(code)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(head, 0)
	_, err2 := f.WriteAt(tail, t.Size()-int64(len(tail)))
	return errors.Join(err, err2, f.Close())
}

// look looks at the root file system, and whether the disk can start.
func (d *disk) look(ctx context.Context) error {
	var out bytes.Buffer
	err := sandbox.Run(ctx, sandbox.Command{Hook: hookLook, Stdout: &out, Binds: []sandbox.Bind{{From: d.Root, To: inside}}})
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &d.contents)
	}
	switch {
	case err != nil:
		return fmt.Errorf("looking at the root file system: %w", err)
	case len(d.Platforms) > 0 && d.Arch != "x86_64":
		return fmt.Errorf("a disk of %s that starts from %v cannot be made, only of x86_64", d.Arch, d.Platforms)
	case len(d.Platforms) > 0 && d.contents.Kernel == "":
		return errors.New("the disk is to start, but no installed package has a kernel (/boot/vmlinuz-*, /usr/lib/modules/*/vmlinuz)")
	}
	if d.Size == 0 {
		d.Size = d.contents.Bytes + d.contents.Bytes/3 + 64<<20
	}
	d.Size = roundUp(d.Size, Align)
	return nil
}

func (d *disk) has(p Platform) bool { return slices.Contains(d.Platforms, p) }

func (d *disk) biosSize() int64 { return Align }

// table lays the partitions out; the root file system is the last one, which
// can grow.
func (d *disk) table() Table {
	t := Table{UUID: UUID(d.Identity, "disk")}
	if d.has(BIOSPlatform) {
		t.Partitions = append(t.Partitions, Partition{BIOSBoot, "BIOS boot", d.biosSize(), d.partUUID("bios")})
	}
	if len(d.Platforms) > 0 {
		t.Partitions = append(t.Partitions, Partition{EFI, "EFI system", espSize, d.partUUID("efi")})
	}
	t.Partitions = append(t.Partitions, Partition{RootKind(d.Arch), "root", d.Size, d.partUUID("root")})
	return t
}

func (d *disk) partUUID(name string) string { return UUID(d.Identity, "partition", name) }

func (d *disk) rootUUID() string { return UUID(d.Identity, "root") }

// espSerial is the volume serial number as GRUB writes it.
func (d *disk) espSerial() string {
	s := strings.ToUpper(d.partUUID("serial"))
	return s[:4] + "-" + s[4:8]
}

// filesystem makes the root file system in its place in the image. Its times
// are fixed: where mke2fs takes the time of a change from the folder, it is
// set afterwards.
func (d *disk) filesystem(ctx context.Context, at, size int64) error {
	const features = "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum"
	const block = 4096
	epoch := strconv.FormatInt(d.Epoch, 10)
	fake := []string{"E2FSPROGS_FAKE_TIME=" + epoch, "SOURCE_DATE_EPOCH=" + epoch}
	label := []rune(d.title())
	inodes := max(size/16384, d.contents.Inodes+d.contents.Inodes/2+64)
	err := d.tool(ctx, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-b", strconv.Itoa(block), "-I", "256", "-O", features, "-m", "1",
		"-N", strconv.FormatInt(inodes, 10), "-U", d.rootUUID(), "-L", strings.ReplaceAll(string(label[:min(16, len(label))]), " ", "_"),
		"-E", "root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0,nodiscard,hash_seed=" + UUID(d.Identity, "hash") + ",offset=" + strconv.FormatInt(at, 10),
		"-d", inside, "/out/disk.raw", strconv.FormatInt(size/block, 10)}, fake...)
	if err != nil {
		return fmt.Errorf("root file system of %d MiB for %d MiB: %w", size>>20, d.contents.Bytes>>20, err)
	}
	if err := d.changeTimes(ctx, at, epoch); err != nil {
		return fmt.Errorf("times of the root file system: %w", err)
	}
	return nil
}

// changeTimes sets when inodes were changed.
func (d *disk) changeTimes(ctx context.Context, at int64, epoch string) error {
	used, err := d.usedInodes(at)
	if err != nil {
		return err
	}
	var b strings.Builder
	for i := int64(1); i <= used; i++ {
		if i == 2 || i > 10 {
			fmt.Fprintf(&b, "sif <%d> ctime @%s\nsif <%d> ctime_extra 0\nsif <%d> atime @%s\nsif <%d> atime_extra 0\n", i, epoch, i, i, epoch, i)
		}
	}
	if err := os.WriteFile(filepath.Join(d.work, "times"), []byte(b.String()), 0o644); err != nil {
		return err
	}
	log := d.Log
	d.Log = nil // debugfs repeats each of its commands
	defer func() { d.Log = log }()
	return d.tool(ctx, []string{"debugfs", "-w", "-f", "/out/times", "/out/disk.raw?offset=" + strconv.FormatInt(at, 10)}, "E2FSPROGS_FAKE_TIME="+epoch)
}

// usedInodes gives how many inodes of the file system are used: the first ones.
func (d *disk) usedInodes(at int64) (int64, error) {
	f, err := os.Open(filepath.Join(d.work, "disk.raw"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	super := make([]byte, 1024)
	if _, err := f.ReadAt(super, at+1024); err != nil {
		return 0, err
	}
	le := func(at int) int64 {
		return int64(super[at]) | int64(super[at+1])<<8 | int64(super[at+2])<<16 | int64(super[at+3])<<24
	}
	return le(0) - le(16), nil
}

// boot writes what firmware starts, and gives the code for the first sector.
func (d *disk) boot(ctx context.Context, f *os.File, t Table) (code []byte, err error) {
	if len(d.Platforms) == 0 {
		return nil, nil
	}
	if d.has(BIOSPlatform) {
		var core []byte
		if code, core, err = d.biosCode(ctx, t.Start(0)); err != nil {
			return nil, err
		}
		if _, err := f.WriteAt(core, t.Start(0)); err != nil {
			return nil, err
		}
	}
	serial, err := hex.DecodeString(strings.ReplaceAll(d.espSerial(), "-", ""))
	if err != nil {
		return nil, err
	}
	files := []fat.File{{Path: "grub/grub.cfg", Data: d.menu()}}
	if d.has(UEFIPlatform) {
		if _, err := d.loader(ctx, UEFIPlatform, "grub.efi"); err != nil {
			return nil, err
		}
		b, err := os.ReadFile(filepath.Join(d.work, "grub.efi"))
		if err != nil {
			return nil, err
		}
		files = append(files, fat.File{Path: "EFI/BOOT/BOOTX64.EFI", Data: b})
	}
	r, w := io.Pipe()
	go func() {
		_, err := fat.Write(ctx, w, files, fat.Options{Kind: fat.FAT32, Spare: espSpare, Label: "EFI", Time: time.Unix(d.Epoch, 0).UTC(),
			Serial: uint32(serial[0])<<24 | uint32(serial[1])<<16 | uint32(serial[2])<<8 | uint32(serial[3])})
		w.CloseWithError(err)
	}()
	n, err := copySparse(ctx, f, t.Start(len(t.Partitions)-2), r)
	if err == nil && n > espSize {
		err = fmt.Errorf("the EFI system partition of %d MiB is too small for %d MiB", espSize>>20, n>>20)
	}
	return code, errors.Join(err, r.Close())
}
