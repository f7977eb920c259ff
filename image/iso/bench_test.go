package iso

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// packages makes a tree of files as large as packages are, of size bytes
// together.
func packages(b *testing.B, size int64) string {
	b.Helper()
	dir := b.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "Packages"), 0o755); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 16<<20)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for i := 0; size > 0; i++ {
		n := min(size, []int64{20_000, 60_000, 200_000, 800_000, 1_500_000, 4_000_000, 12_000_000}[r.IntN(7)])
		at := r.Int64N(int64(len(noise)) - n)
		name := filepath.Join(dir, "Packages", fmt.Sprintf("package-%05d-1.0-1.fc44.x86_64.rpm", i))
		if err := os.WriteFile(name, noise[at:at+n], 0o644); err != nil {
			b.Fatal(err)
		}
		size -= n
	}
	return dir
}

// BenchmarkCreate makes an image of $COMPOSE_ISO_MIB MiB of packages, with an
// implanted checksum and a SHA-256, and the same with xorriso, implantisomd5
// and sha256sum one after another: it reports how many times longer they take.
func BenchmarkCreate(b *testing.B) {
	mib, _ := strconv.ParseInt(os.Getenv("COMPOSE_ISO_MIB"), 10, 64)
	if mib == 0 {
		mib = 128
	}
	dir := packages(b, mib<<20)
	ours, theirs := filepath.Join(dir, "ours.iso"), filepath.Join(dir, "theirs.iso")
	var native, tools time.Duration
	b.SetBytes(mib << 20)
	for b.Loop() {
		start := time.Now()
		files, err := Walk(filepath.Join(dir, "Packages"))
		if err != nil {
			b.Fatal(err)
		}
		m, err := New(files, Options{VolumeID: "BENCH", Time: testTime, Implant: ImplantPlain})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.Create(b.Context(), ours, Output{Sums: []string{"sha256"}}); err != nil {
			b.Fatal(err)
		}
		native += time.Since(start)
		os.Remove(ours)
		b.StopTimer()
		tools += withTools(b, filepath.Join(dir, "Packages"), theirs)
		b.StartTimer()
	}
	b.ReportMetric(native.Seconds()/float64(b.N), "s/native")
	if tools > 0 {
		b.ReportMetric(tools.Seconds()/float64(b.N), "s/tools")
		b.ReportMetric(tools.Seconds()/native.Seconds(), "tools/native")
	}
}

// withTools makes an image with the programs that are used today, and says
// how long that took; 0 where they are missing.
func withTools(b *testing.B, dir, out string) time.Duration {
	start := time.Now()
	for _, args := range [][]string{
		{"xorrisofs", "-quiet", "-J", "-joliet-long", "-R", "-V", "BENCH", "-o", out, dir},
		{"implantisomd5", out},
		{"sha256sum", out},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			return 0
		}
		if text, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", args, err, text)
		}
	}
	took := time.Since(start)
	os.Remove(out)
	return took
}

// BenchmarkLayout computes the layout of an image of 100,000 files.
func BenchmarkLayout(b *testing.B) {
	var files []File
	for i := range 100_000 {
		files = append(files, text(fmt.Sprintf("Packages/%c/some-package-name-%06d-1.2.3-4.fc44.x86_64.rpm", 'a'+i%26, i), ""))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(files, Options{Time: testTime}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	name := filepath.Join(b.TempDir(), "v.iso")
	m, err := New([]File{{Path: "big", Data: make([]byte, 64<<20)}}, Options{Implant: ImplantPlain})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := m.Create(b.Context(), name, Output{}); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	x, err := Open(f, m.Size())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(m.Size())
	for b.Loop() {
		if err := x.VerifyMD5(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
