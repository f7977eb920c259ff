package rootfs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"compose/internal/sandbox"
)

// Filesystem says how the image of a file system is made.
type Filesystem struct {
	Dir  string // that Install has filled
	File string // to write; nothing is there yet
	// Compression is zstd (the default), xz, gzip or lz4 for squashfs; lz4hc
	// (the default) or lz4 for EROFS.
	Compression string
	Epoch       int64  // time of the file system
	UUID        string // of an EROFS
	Jobs        int    // processors to use
	Log         io.Writer
}

// Squashfs makes a squashfs with mksquashfs.
func Squashfs(ctx context.Context, f Filesystem) error {
	comp := f.Compression
	if comp == "" {
		comp = "zstd"
	}
	args := []string{"mksquashfs", inside, f.out(), "-noappend", "-no-progress", "-comp", comp, "-b", "131072",
		"-mkfs-time", strconv.FormatInt(f.Epoch, 10), "-processors", strconv.Itoa(max(f.Jobs, 1))}
	return f.make(ctx, "squashfs", args)
}

// EROFS makes an EROFS with mkfs.erofs. All files have the time of the file
// system.
func EROFS(ctx context.Context, f Filesystem) error {
	comp := f.Compression
	if comp == "" {
		comp = "lz4hc"
	}
	args := []string{"mkfs.erofs", "--quiet", "-z" + comp, "-T" + strconv.FormatInt(f.Epoch, 10), "-U" + f.UUID, f.out(), inside}
	return f.make(ctx, "EROFS", args)
}

func (f Filesystem) out() string { return "/out/" + filepath.Base(f.File) }

func (f Filesystem) make(ctx context.Context, kind string, args []string) error {
	err := sandbox.Run(ctx, sandbox.Command{
		Args: args, Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}, Output: f.Log,
		Binds: []sandbox.Bind{{From: f.Dir, To: inside}, {From: filepath.Dir(f.File), To: "/out", Access: sandbox.Writable}},
	})
	if err == nil {
		err = CheckFilesystem(f.File)
	}
	if err != nil {
		return fmt.Errorf("%s of a root file system: %w", kind, err)
	}
	return nil
}

// CheckFilesystem looks at the superblock of a squashfs or EROFS: it is sound,
// and the file is as long as it says.
func CheckFilesystem(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	b := make([]byte, 2048)
	_, err2 := io.ReadFull(f, b)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("checking %s: %w", filepath.Base(name), err)
	}
	le := binary.LittleEndian
	var size uint64
	switch super := b[1024:]; {
	case string(b[:4]) == "hsqs" && le.Uint16(b[28:]) == 4:
		size = le.Uint64(b[40:])
	case le.Uint32(super) == 0xe0f5e1e2 && super[12] >= 9 && super[12] <= 16:
		size = uint64(le.Uint32(super[36:])) << super[12]
	default:
		return fmt.Errorf("checking %s: neither a squashfs nor an EROFS", filepath.Base(name))
	}
	if size > uint64(info.Size()) {
		return fmt.Errorf("checking %s: %d bytes, and it is to have %d", filepath.Base(name), info.Size(), size)
	}
	return nil
}
