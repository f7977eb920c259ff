package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/sandbox"
)

// hooks are what the tests run inside as functions.
var hooks = sandbox.Hooks{
	"say": func(args []string, out io.Writer) error {
		_, err := fmt.Fprintln(out, args, os.Getpid(), os.Geteuid())
		return err
	},
	"fail": func([]string, io.Writer) error { return errors.New("not today") },
	// forbidden asks for a sandbox where there must be none.
	"forbidden": func(_ []string, out io.Writer) error {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, sandbox.Run(context.Background(), sandbox.Command{Args: []string{"true"}}))
		return err
	},
	// as runs a sandbox as an ordinary user with no ids but its own.
	"as": func(args []string, out io.Writer) error {
		return sandbox.Run(context.Background(), sandbox.Command{Args: args, Env: path, Output: out})
	},
}

var path = []string{"PATH=/usr/bin:/usr/sbin:/bin"}

func TestMain(m *testing.M) {
	sandbox.Main(hooks)
	if len(os.Args) > 1 && os.Args[1] == "-run-forever" {
		fmt.Println(sandbox.Run(context.Background(), sandbox.Command{Args: []string{"sh", "-c", "sleep 4711 & sleep 4712"}, Env: path, Binds: []sandbox.Bind{{From: os.Args[2], To: "/mine"}}}))
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "-as-user" {
		err := sandbox.Run(context.Background(), sandbox.Command{Args: os.Args[2:], Env: path, Output: os.Stdout})
		if err != nil {
			fmt.Println(err)
		}
		return
	}
	os.Exit(m.Run())
}

// need skips where the kernel has no namespaces for us.
func need(t *testing.T) {
	t.Helper()
	err := sandbox.Run(context.Background(), sandbox.Command{Args: []string{"true"}, Env: path})
	if u := (*sandbox.UnavailableError)(nil); errors.As(err, &u) && os.Getenv("COMPOSE_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, c sandbox.Command) (string, error) {
	t.Helper()
	var out strings.Builder
	c.Output = &out
	if c.Env == nil {
		c.Env = path
	}
	err := sandbox.Run(context.Background(), c)
	return out.String(), err
}

func shell(t *testing.T, script string, c sandbox.Command) string {
	t.Helper()
	c.Args = []string{"sh", "-c", script}
	out, err := run(t, c)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

func TestHostPrograms(t *testing.T) {
	need(t)
	before := mounts(t)
	dir := t.TempDir()
	out := shell(t, `id -u; hostname; ls /dev; ls /home 2>&1; cat /proc/1/cmdline | tr '\0' ' '; ls /proc | grep -c '^[0-9]'
		touch /usr/x 2>&1; echo x > /w/made; echo y > /r/made 2>&1; cat /etc/shadow 2>&1; grep -c lo: /proc/net/dev; wc -l < /proc/net/route; true`,
		sandbox.Command{Hostname: "builder", Binds: []sandbox.Bind{{From: dir, To: "/w", Access: sandbox.Writable}, {From: dir, To: "/r"}}})
	for _, want := range []string{"0\nbuilder\nfd\nfull\nnull\nrandom\nshm\n", "cannot access '/home'", "compose-sandbox", "touch: cannot touch '/usr/x': Read-only file system",
		"cannot create /r/made: Read-only", "/etc/shadow: No such file"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "made")); string(b) != "x\n" {
		t.Errorf("made: %q", b)
	}
	if after := mounts(t); after != before {
		t.Errorf("mounts remain:\n%s\nbefore\n%s", after, before)
	}
}

func mounts(t *testing.T) string {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestHostileRoot has a root whose folders are links to the machine's.
func TestHostileRoot(t *testing.T) {
	need(t)
	root, outside := t.TempDir(), t.TempDir()
	for _, l := range [][2]string{{outside, "proc"}, {"../../../../../../.." + outside, "dev"}, {outside, "in"}} {
		if err := os.Symlink(l[0], filepath.Join(root, l[1])); err != nil {
			t.Fatal(err)
		}
	}
	_, err := run(t, sandbox.Command{Root: root, Hook: "say", Binds: []sandbox.Bind{{From: "/usr", To: "/in/usr"}}})
	if err == nil || !strings.Contains(err.Error(), "no such file") && !strings.Contains(err.Error(), "file exists") {
		t.Errorf("error %v", err)
	}
	if list, _ := os.ReadDir(outside); len(list) > 0 {
		t.Errorf("made outside: %v", list)
	}
}

func TestRootFolder(t *testing.T) {
	need(t)
	root := t.TempDir()
	out, err := run(t, sandbox.Command{Root: root, Hook: "say", Args: []string{"a", "b"}})
	if err != nil || out != "[a b] 1 0\n" {
		t.Errorf("%q, %v", out, err)
	}
	_, err = run(t, sandbox.Command{Root: root, Args: []string{"sh"}})
	if err == nil || !strings.Contains(err.Error(), `"sh": executable file not found`) {
		t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	need(t)
	for _, c := range []struct {
		c    sandbox.Command
		want string
	}{
		{sandbox.Command{Hook: "fail"}, "running fail: exit status 1: not today"},
		{sandbox.Command{Hook: "gone"}, `this program has no function "gone"`},
		{sandbox.Command{Args: []string{"sh", "-c", "echo oh no; exit 7"}}, "running sh: exit status 7: oh no"},
		{sandbox.Command{Args: []string{"sh", "-c", "kill -9 $$"}}, "running sh: killed"},
		{sandbox.Command{Args: []string{"true"}, Dir: "/gone"}, "working folder: chdir /gone: no such file"},
		{sandbox.Command{Args: []string{"true"}, Binds: []sandbox.Bind{{From: "/gone", To: "/x"}}}, "binding /gone: no such file"},
		{sandbox.Command{Args: []string{"true"}, Hostname: strings.Repeat("n", 300)}, "host name"},
		{sandbox.Command{}, "no program given"},
		{sandbox.Command{Args: []string{"true"}, Binds: []sandbox.Bind{{From: "x", To: "/"}}}, "not absolute paths below /"},
	} {
		if _, err := run(t, c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestForbidden asks where the kernel has no more user namespaces to give.
func TestForbidden(t *testing.T) {
	need(t)
	out, err := run(t, sandbox.Command{Hook: "forbidden"})
	if err != nil || !strings.Contains(out, "making namespaces: ") || !strings.Contains(out, "user.max_user_namespaces") {
		t.Errorf("%q, %v", out, err)
	}
}

// TestNested has a sandbox in a sandbox.
func TestNested(t *testing.T) {
	need(t)
	out, err := run(t, sandbox.Command{Hook: "as", Args: []string{"id", "-u"}})
	if err != nil || out != "0\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestUser runs one as an ordinary user, who has no ids but one.
func TestUser(t *testing.T) {
	need(t)
	if os.Geteuid() != 0 {
		t.Skip("the other tests ran as a user")
	}
	exe, dir := filepath.Join(t.TempDir(), "exe"), "/"
	copyProgram(t, exe)
	for _, up := range []string{filepath.Dir(exe), filepath.Dir(filepath.Dir(exe))} {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(exe, "-as-user", "sh", "-c", "id -u; touch /tmp/f; chown 1:1 /tmp/f; true")
	cmd.Dir, cmd.Env = dir, path
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 54321, Gid: 54321}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "0\n") || !strings.Contains(string(out), "changing ownership of '/tmp/f': Invalid argument") {
		t.Errorf("%s, %v", out, err)
	}
}

func copyProgram(t *testing.T, to string) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(to, b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCancel(t *testing.T) {
	need(t)
	ctx, stop := context.WithTimeoutCause(context.Background(), 300*time.Millisecond, errors.New("enough"))
	defer stop()
	start := time.Now()
	err := sandbox.Run(ctx, sandbox.Command{Args: []string{"sh", "-c", "trap '' TERM; sleep 4713 & sleep 4714"}, Env: path})
	if err == nil || !strings.Contains(err.Error(), "running sh: stopped: enough") || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	gone(t, "sleep\x004713", "sleep\x004714")
}

// TestKill ends the program that has a sandbox with SIGKILL.
func TestKill(t *testing.T) {
	need(t)
	cmd := exec.Command("/proc/self/exe", "-run-forever", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); !running("sleep\x004711"); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatal("nothing runs")
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	gone(t, "sleep\x004711", "sleep\x004712")
}

func gone(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		for start := time.Now(); running(p); time.Sleep(10 * time.Millisecond) {
			if time.Since(start) > 10*time.Second {
				t.Fatalf("%q still runs", p)
			}
		}
	}
}

func running(cmdline string) bool {
	list, _ := os.ReadDir("/proc")
	for _, e := range list {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		if b, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline"); strings.Contains(string(b), cmdline) {
			return true
		}
	}
	return false
}
