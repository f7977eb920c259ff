package publish

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

// daemon serves a folder by rsync on loopback, and gives its address.
func daemon(t *testing.T, dir string) string {
	t.Helper()
	rpmtest.NeedProgram(t, "rsync")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	conf := filepath.Join(t.TempDir(), "rsyncd.conf")
	text := fmt.Sprintf("use chroot = no\n[m]\npath = %s\nread only = no\nuid = %d\ngid = %d\n", dir, os.Getuid(), os.Getgid())
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("rsync", "--daemon", "--no-detach", "--address=127.0.0.1", fmt.Sprintf("--port=%d", port), "--config="+conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return fmt.Sprintf("rsync://127.0.0.1:%d/m", port)
		}
	}
	t.Fatal("rsync does not listen")
	return ""
}

func TestRemote(t *testing.T) {
	dir := t.TempDir()
	dest := daemon(t, dir) + "/pub"
	send := func(c string, o Options) *Result {
		t.Helper()
		r, err := Remote(t.Context(), c, dest, o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := compose(t, map[string]string{"a.rpm": "a", "b.rpm": "b"})
	if r := send(first, Options{}); r.Copied != 5 || r.Same != 0 {
		t.Errorf("first: %+v", r)
	}
	if err := whole(filepath.Join(dir, "pub")); err != nil {
		t.Error(err)
	}
	if r := send(first, Options{}); r.Copied != 0 || r.Same != 5 {
		t.Errorf("again: %+v", r)
	}
	second := compose(t, map[string]string{"a.rpm": "a", "c.rpm": "c"})
	if r := send(second, Options{DryRun: true, Delete: true}); len(r.Deleted) != 1 || r.Copied == 0 {
		t.Errorf("dry run: %+v", r)
	}
	if r := send(second, Options{}); r.Deleted != nil {
		t.Errorf("second: %+v", r)
	}
	if got, want := tree(t, dir), "pub/"+strings.ReplaceAll(fmt.Sprintf(frame, "Server/x86_64/os/a.rpm Server/x86_64/os/b.rpm Server/x86_64/os/c.rpm "), " ", " pub/"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if r := send(second, Options{Delete: true, Variants: []string{"Server"}}); !slices.Equal(r.Deleted, []string{"os/b.rpm"}) {
		t.Errorf("deleting: %+v", r)
	}
	if err := whole(filepath.Join(dir, "pub")); err != nil {
		t.Error(err)
	}
	if _, err := Remote(t.Context(), second, dest, Options{Delete: true, Grace: time.Hour}); err == nil {
		t.Error("a time of grace is accepted")
	}
	if _, err := Remote(t.Context(), second, "rsync://127.0.0.1:1/m", Options{}); err == nil || !strings.Contains(err.Error(), "pass 1 of 3: running rsync") {
		t.Errorf("nobody is there: %v", err)
	}
}

// Somebody who reads all the time finds what repomd.xml names.
func TestRemoteIsValid(t *testing.T) {
	dir := t.TempDir()
	dest := daemon(t, dir)
	var composes []string
	for i := range 6 {
		composes = append(composes, compose(t, map[string]string{"same.rpm": "same", fmt.Sprintf("new%d.rpm", i): "new"}))
	}
	if _, err := Remote(t.Context(), composes[0], dest, Options{}); err != nil {
		t.Fatal(err)
	}
	stop, found := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				found <- nil
				return
			default:
			}
			if err := whole(dir); err != nil {
				found <- err
				return
			}
		}
	}()
	for _, c := range composes[1:] {
		if _, err := Remote(t.Context(), c, dest, Options{}); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if err := <-found; err != nil {
		t.Error(err)
	}
}

func TestPasses(t *testing.T) {
	for name, want := range map[string]int{
		"S/x/os/Packages/a.rpm": 0, "S/x/os/repodata/0123456789abcdef0123456789abcdef-primary.xml.gz": 0,
		"S/x/os/repodata/repomd.xml": 1, "S/x/os/repodata/primary.xml.gz": 1, "S/x/os/.treeinfo": 1, "S/x/iso/a.iso": 1, "metadata/rpms.json": 2,
	} {
		if got := pass(name); got != want {
			t.Errorf("%s: pass %d, want %d", name, got, want)
		}
	}
	for dest, want := range map[string]bool{
		"h:/srv": true, "u@h:srv": true, "h::m/x": true, "rsync://h/m": true, "/srv/a:b": false, "srv": false, "http://h/x": false, "./a:b": false,
	} {
		if IsRemote(dest) != want {
			t.Errorf("%s: %v", dest, !want)
		}
	}
}
