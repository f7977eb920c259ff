package phases_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/phases"
	"compose/phases/event"
)

// when calls fn once, as soon as the step has ended.
func (f *fixture) when(step string, fn func()) {
	done := false
	f.options.Events.Subscribe(event.HandlerFunc(func(e event.Event) {
		if e.Kind == event.Ended && e.Step == step && !done {
			done = true
			fn()
		}
	}))
}

// TestTruncatedUnderTheReader cuts a package off when its header was read and
// it was not placed yet. It must not get into a compose that has finished.
func TestTruncatedUnderTheReader(t *testing.T) {
	f := newFixture(t, smallPackages)
	f.from(dirSource)
	f.write("config.toml", []byte(f.config))
	f.when("pkgset/base", func() {
		if err := os.Truncate(f.file(lib), 2000); err != nil {
			t.Error(err)
		}
	})
	r := run(t, load(t, filepath.Join(f.work, "config.toml")), f.options)
	if r.err == nil || r.made.Status != phases.Doomed || !strings.Contains(r.err.Error(), lib) {
		t.Errorf("%s: %v", r.made.Status, r.err)
	}
}

// TestGoneUnderTheReader takes a package away in the meantime.
func TestGoneUnderTheReader(t *testing.T) {
	f := newFixture(t, smallPackages)
	f.from(dirSource)
	f.write("config.toml", []byte(f.config))
	f.when("pkgset/base", func() { os.Remove(f.file(lib)) })
	r := run(t, load(t, filepath.Join(f.work, "config.toml")), f.options)
	if r.err == nil || r.made.Status != phases.Doomed || !strings.Contains(r.err.Error(), lib) || !strings.Contains(r.err.Error(), "no such file") {
		t.Errorf("%s: %v", r.made.Status, r.err)
	}
}

// TestInputOutputError composes from files that cannot be read although they
// are there: a process's memory at address 0 answers as a broken disk does.
func TestInputOutputError(t *testing.T) {
	for _, name := range []string{"comps.xml", "packages/broken-1-1.noarch.rpm"} {
		f := newFixture(t, smallPackages)
		path := filepath.Join(f.work, name)
		if err := os.Symlink("/proc/self/mem", path); err != nil {
			t.Fatal(err)
		}
		f.config = "comps = \"comps.xml\"\n" + f.config
		if name != "comps.xml" {
			f.write("comps.xml", []byte("<comps/>"))
		}
		f.from(dirSource)
		f.write("config.toml", []byte(f.config))
		r := run(t, load(t, filepath.Join(f.work, "config.toml")), f.options)
		if r.err == nil || r.made.Status != phases.Doomed || !strings.Contains(r.err.Error(), filepath.Base(name)) {
			t.Errorf("%s: %v", name, r.err)
		}
	}
}

// TestReadOnlySource composes from packages on a file system that is read-only
// and another one, with any of the link types that can do that.
func TestReadOnlySource(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	for _, link := range []string{"hardlink-or-copy", "copy", "symlink", "abspath-symlink", "hardlink"} {
		f := newFixture(t, smallPackages)
		for _, file := range []string{lib, app} {
			if err := os.Chmod(f.file(file), 0o400); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Mount(f.packages, f.packages, "", syscall.MS_BIND, ""); err != nil {
			t.Skipf("mounting: %v", err)
		}
		t.Cleanup(func() { syscall.Unmount(f.packages, syscall.MNT_DETACH) })
		if err := syscall.Mount("", f.packages, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		f.config += "[link]\ntype = \"" + link + "\"\n"
		f.from(dirSource)
		f.write("config.toml", []byte(f.config))
		r := run(t, load(t, filepath.Join(f.work, "config.toml")), f.options)
		if link == "hardlink" {
			if r.err == nil || !errors.Is(r.err, syscall.EXDEV) {
				t.Errorf("%s: %v", link, r.err)
			}
			continue
		}
		if r.err != nil || r.made.Status != phases.Finished {
			t.Errorf("%s: %v", link, r.err)
		}
	}
}

// TestClockJumps composes with files of the future, and then once more with
// the clock far back: both finish, and have the same packages.
func TestClockJumps(t *testing.T) {
	f := newFixture(t, smallPackages)
	future := composeTime.Add(20 * 365 * 24 * time.Hour)
	if err := os.Chtimes(f.file(lib), future, future); err != nil {
		t.Fatal(err)
	}
	first := f.run()
	f.options = runOptions(f.work)
	f.options.Time = composeTime.Add(-5 * 365 * 24 * time.Hour)
	second := f.run()
	if first.err != nil || second.err != nil {
		t.Fatalf("%v, %v", first.err, second.err)
	}
	names := func(r *result) string {
		list, _ := filepath.Glob(filepath.Join(r.made.Dir, "compose", "Server", "*", "*", "Packages", "*.rpm"))
		for i := range list {
			list[i] = filepath.Base(list[i])
		}
		return strings.Join(list, " ")
	}
	if a, b := names(first), names(second); a != b || a == "" {
		t.Errorf("%s and %s", a, b)
	}
	// And with the clock where it was.
	f.options = runOptions(f.work)
	if third := f.run(); third.err != nil || names(third) != names(first) {
		t.Errorf("%v", third.err)
	}
}

// openFiles counts the descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// children counts the processes that this one has started.
func children(t *testing.T) int {
	t.Helper()
	n := 0
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		b, _ := os.ReadFile(list) // a thread may have ended meanwhile
		n += len(strings.Fields(string(b)))
	}
	return n
}

// TestNothingLeaks makes composes that finish, fail, are stopped and meet a
// server that hangs, and wants no goroutine, file or process to be left.
func TestNothingLeaks(t *testing.T) {
	missing, err := os.ReadFile("../testdata/packages/missing-dependency.txt")
	if err != nil {
		t.Fatal(err)
	}
	round := func(t *testing.T) {
		for name, spoil := range map[string]func(*fixture) context.Context{
			"finishes": func(*fixture) context.Context { return context.Background() },
			"fails": func(f *fixture) context.Context {
				f.build(string(missing))
				return context.Background()
			},
			"stopped": func(f *fixture) context.Context {
				ctx, cancel := context.WithCancel(context.Background())
				f.when("pkgset/paths", cancel)
				return ctx
			},
			"hangs": func(f *fixture) context.Context {
				writeRepoWith(t, f.packages, "none")
				f.config = strings.ReplaceAll(f.config, "SOURCE", "source = \"repo\"\nurl = \""+serveWith(t, f.packages, on(lib, half(f, lib, stall)))+"\"")
				f.options.Fetch.Stall, f.options.Fetch.Attempts = 50*time.Millisecond, 1
				return context.Background()
			},
		} {
			f := newFixture(t, smallPackages)
			ctx := spoil(f)
			f.from(dirSource)
			f.write("config.toml", []byte(f.config))
			made, err := phases.Run(ctx, load(t, filepath.Join(f.work, "config.toml")), f.options)
			if made == nil || (err == nil) != (name == "finishes") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Run("first", round) // what stays for good is there after this
	settle := func() (goroutines, files, processes int) {
		for range 50 { // idle connections of the test's servers end a little later
			runtime.GC()
			time.Sleep(10 * time.Millisecond)
		}
		return runtime.NumGoroutine(), openFiles(t), children(t)
	}
	g, files, procs := settle()
	for range 5 {
		t.Run("again", round)
	}
	g2, files2, procs2 := settle()
	if g2 > g || files2 > files || procs2 > procs {
		t.Errorf("goroutines %d then %d, files %d then %d, processes %d then %d", g, g2, files, files2, procs, procs2)
		buf := make([]byte, 1<<20)
		t.Logf("%s", buf[:runtime.Stack(buf, true)])
	}
}
