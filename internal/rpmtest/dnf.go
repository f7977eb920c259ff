package rpmtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// DnfRepoclosure gives a function that runs dnf repoclosure on repositories
// that --repofrompath names, and gives what it prints. Where dnf has no such
// command the test is skipped, or fails with COMPOSE_REQUIRE_TOOLS=1. On
// Debian the package that has it cannot be installed beside zypper:
// COMPOSE_DNF_PLUGINS names a folder into which it was unpacked, the one that
// has dnf-plugins in it.
func DnfRepoclosure(t testing.TB) func(args ...string) string {
	t.Helper()
	NeedProgram(t, "dnf")
	dir := t.TempDir()
	run := func(args ...string) ([]byte, error) {
		all := []string{
			"-q", "repoclosure", "--disableplugin=local", "--releasever=1", "--setopt=reposdir=/nonexistent",
			"--setopt=cachedir=" + filepath.Join(dir, "cache"), "--setopt=gpgcheck=0",
		}
		cmd := exec.Command("dnf")
		if plugins := os.Getenv("COMPOSE_DNF_PLUGINS"); plugins != "" {
			all = append(all, "--setopt=pluginpath="+filepath.Join(plugins, "dnf-plugins"))
			cmd.Env = append(os.Environ(), "PYTHONPATH="+plugins)
		}
		cmd.Args = append(append(cmd.Args, all...), args...)
		return cmd.Output()
	}
	if out, err := run("--help"); err != nil || len(out) == 0 {
		if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
			t.Fatalf("dnf has no command repoclosure (dnf-plugins-core), and COMPOSE_REQUIRE_TOOLS=1: %v", err)
		}
		t.Skip("dnf has no command repoclosure (dnf-plugins-core, or see COMPOSE_DNF_PLUGINS)")
	}
	return func(args ...string) string {
		out, err := run(args...)
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() > 1) {
			t.Fatalf("dnf %v: %v", args, err)
		}
		return string(out) // it fails when something is broken
	}
}
