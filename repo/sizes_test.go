package repo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"compose/internal/rpmtest"
)

// A package of 300,000 files, whose header is longer than 32 MiB.
func TestManyFiles(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	p := rpmtest.Package{Name: "many", Version: "1", Release: "1", Arch: "noarch", SourceRPM: "many-1-1.src.rpm", Payload: "empty"}
	for i := range 300_000 {
		p.Files = append(p.Files, rpmtest.File{Path: fmt.Sprintf("/usr/share/many/%03d/number-%06d.txt", i/1000, i)})
	}
	dir := t.TempDir()
	paths, err := rpmtest.Write(dir, []rpmtest.Package{p})
	if err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(paths[0]); err != nil || fi.Size() < 33<<20 {
		t.Fatal(fi.Size(), err)
	}
	compareWithCreaterepo(t, dir)
}

// A package of 8 GiB, which takes no room on disk: behind its header is a
// hole. It is read twice, by createrepo_c and by us, so it has to be asked for.
func TestLargePackage(t *testing.T) {
	if os.Getenv("COMPOSE_SIZES") == "" {
		t.Skip("reads 16 GiB; COMPOSE_SIZES=1 asks for it")
	}
	rpmtest.NeedProgram(t, "createrepo_c")
	const size = 8 << 30
	p := rpmtest.Package{Name: "large", Version: "1", Release: "1", Arch: "noarch", SourceRPM: "large-1-1.src.rpm", Payload: "empty", Large: true}
	p.Files = []rpmtest.File{{Path: "/large", Size: 3 * size}}
	b, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	// The signature header says how long the rest is.
	be := binary.BigEndian
	start := bytes.LastIndex(b, []byte{0x8e, 0xad, 0xe8, 1})
	was := be.AppendUint64(nil, uint64(len(b)-start))
	if bytes.Count(b[:start], was) != 1 {
		t.Fatal("no single LONGSIGSIZE")
	}
	copy(b[bytes.Index(b, was):], be.AppendUint64(nil, uint64(size-start)))
	dir := t.TempDir()
	path := filepath.Join(dir, p.FileName())
	if err := errors.Join(os.WriteFile(path, b, 0o666), os.Truncate(path, size)); err != nil {
		t.Fatal(err)
	}
	compareWithCreaterepo(t, dir)
}
