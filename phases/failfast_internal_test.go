package phases

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/proc"
	"compose/phases/dag"
	"compose/phases/event"
)

// deaf adds a step that runs a program which ignores SIGTERM, as do its
// children, for ten minutes, and leaves its process ids in a file.
func (p *plan) deaf(name, pids string) {
	s := p.Add(name, "cpu")
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (int, error) {
		return 0, proc.Run(ctx, proc.Command{
			Args: []string{"sh", "-c", `trap "" TERM; sh -c 'trap "" TERM; echo $$ >> "$1"; while :; do sleep 600; done' sh "$1" & echo $$ >> "$1"; wait; sleep 600`, "sh", pids},
			Dir:  "/", Env: proc.Env(),
		})
	})
}

// alive lists those of some processes that are there and no zombies.
func alive(t *testing.T, pids string) []int {
	t.Helper()
	b, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, word := range strings.Fields(string(b)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := os.ReadFile("/proc/" + word + "/stat")
		if err == nil && !strings.Contains(string(stat), ") Z ") && syscall.Kill(pid, 0) == nil {
			out = append(out, pid)
		}
	}
	return out
}

// await waits until so many processes have said that they are there.
func await(t *testing.T, pids string, n int) {
	t.Helper()
	for range 500 {
		if b, _ := os.ReadFile(pids); len(strings.Fields(string(b))) >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the programs did not begin")
}

// TestFirstFailureEndsTheRun wants the first failure to end the run within two
// seconds, although other steps would run programs for ten minutes that ignore
// SIGTERM; and none of their processes to be left.
func TestFirstFailureEndsTheRun(t *testing.T) {
	p := toyPlan(t, "")
	pids := filepath.Join(t.TempDir(), "pids")
	for _, name := range []string{"createiso/a.x86_64", "rootfs/b.x86_64", "task/c.x86_64"} {
		p.deaf(name, pids)
	}
	broken := errors.New("it broke")
	var failed time.Time
	s := p.Add("createrepo/d.x86_64", "cpu")
	dag.Do(s, func(context.Context, *event.Scope) (int, error) {
		await(t, pids, 6)
		failed = time.Now()
		return 0, broken
	})
	out := p.built.Dag.Run(t.Context(), dag.Options{Pools: Pools(8)})
	took := time.Since(failed)
	if !errors.Is(out.Err(), broken) || out.Count(event.Canceled) != 3 {
		t.Errorf("%v; %+v", out.Err(), out.Steps)
	}
	if took > 2*time.Second {
		t.Errorf("the run went on for %v", took)
	}
	t.Logf("ended %v after the failure", took)
	if left := alive(t, pids); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestTimeoutEndsPrograms wants a timeout to end the programs of its step, and
// no other step.
func TestTimeoutEndsPrograms(t *testing.T) {
	p := toyPlan(t, "[[step]]\nname = \"task/*\"\ntimeout = \"500ms\"\n")
	pids := filepath.Join(t.TempDir(), "pids")
	p.deaf("task/KDE.x86_64", pids)
	p.Step("task/KDE.x86_64").Optional()
	other := p.Add("createrepo/d.x86_64", "cpu")
	dag.Do(other, func(ctx context.Context, _ *event.Scope) (int, error) {
		select {
		case <-time.After(3 * time.Second):
			return 0, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	})
	if err := p.allot(); err != nil {
		t.Fatal(err)
	}
	out := p.built.Dag.Run(t.Context(), dag.Options{Pools: Pools(4)})
	if out.Status != dag.Incomplete || out.Count(event.OK) != 1 {
		t.Errorf("%s: %+v", out.Status, out.Steps)
	}
	if err := out.Steps[0].Err; err == nil || !strings.HasPrefix(err.Error(), "timeout of 500ms: running sh: stopped") && err.Error() != "running sh: stopped: timeout of 500ms" {
		t.Errorf("error %v", err)
	}
	if left := alive(t, pids); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}
