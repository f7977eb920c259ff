package rootfs

import (
	"context"
	"fmt"
	"io"
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
	if err != nil {
		return fmt.Errorf("%s of a root file system: %w", kind, err)
	}
	return nil
}
