package phases

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"compose/config"
	"compose/internal/fetch"
)

// machine writes files of /proc and /sys.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFreeMemory(t *testing.T) {
	const meminfo = "MemTotal:       8388608 kB\nMemFree:          102400 kB\nMemAvailable:    4194304 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing known": {nil, 4 << 30},
		"no groups":     {map[string]string{"proc/meminfo": meminfo}, 4 << 30},
		"no limit": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n",
		}, 4 << 30},
		"limit around the group": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "1073741824\n",
			"sys/fs/cgroup/a/memory.current": "536870912\n", "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 134217728\nactive_file 134217728\n",
		}, 768 << 20},
		"version 1": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/job\n0::/\n",
			"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/job/memory.usage_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":     "9223372036854771712\n",
		}, 256 << 20},
	} {
		if got := freeMemory(machine(t, c.files)); got != c.want {
			t.Errorf("%s: %d MiB, want %d", name, got>>20, c.want>>20)
		}
	}
	if got := freeMemory("/"); got < 16<<20 {
		t.Errorf("this machine has %d bytes", got)
	}
}

func TestPatience(t *testing.T) {
	two, four := 2, 4
	n := config.Network{Attempts: &two, PerHost: &four, Stall: "5s", MaxWait: "1m"}
	if got := patience(n, fetch.Options{}); got.Attempts != 2 || got.PerHost != 4 || got.Stall != 5*time.Second || got.MaxWait != time.Minute {
		t.Errorf("%+v", got)
	}
	if got := patience(n, fetch.Options{Attempts: 1, Stall: time.Second}); got.Attempts != 1 || got.Stall != time.Second {
		t.Errorf("%+v", got)
	}
	if got := patience(config.Network{}, fetch.Options{}); got.Attempts != 0 || got.Stall != 0 {
		t.Errorf("%+v", got)
	}
}
