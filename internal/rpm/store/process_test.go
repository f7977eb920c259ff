package store

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The test binary runs itself as the other processes of this test: what the
// variable workEnv names is the store, workRole what to do with it.
const (
	workEnv  = "STORE_TEST_DIR"
	workRole = "STORE_TEST_ROLE"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(workEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	role := os.Getenv(workRole)
	work := map[string]func(string) error{"read": readWork, "gc": gcWork}[role]
	if work == nil {
		work = func(dir string) error { return writeWork(dir, role) }
	}
	for {
		if err := work(dir); err != nil {
			fmt.Fprintln(os.Stderr, role, err)
			os.Exit(1)
		}
	}
}

func workLimits() limits {
	lim := defaultLimits()
	lim.pack, lim.smallPacks = 40<<10, 4
	return lim
}

// writeWork adds packages from the number first on and names, on standard
// output, those that are committed.
func writeWork(dir, first string) error {
	n, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	for ; ; n += 20 {
		s, err := openWith(dir, workLimits())
		if err != nil {
			return err
		}
		w, err := s.Begin()
		if err != nil {
			return err
		}
		for i := n; i < n+20; i++ {
			e := synth(i)
			if _, err := w.Add(e.keys, e.pkg, e.details(), e.frag); err != nil {
				return err
			}
		}
		if err := w.Commit(); err != nil {
			return err
		}
		fmt.Println(n)
		if err := s.Close(); err != nil || len(s.Notes()) > 0 {
			return fmt.Errorf("close: %v %q", err, s.Notes())
		}
	}
}

// readWork reads whatever is there.
func readWork(dir string) error {
	s, err := openWith(dir, workLimits())
	if err != nil {
		return err
	}
	defer s.Close()
	if n := s.Notes(); len(n) > 0 {
		return fmt.Errorf("notes %q", n)
	}
	var buf Buffer
	for _, p := range s.packs {
		for i := range p.keyCount() {
			r, ok, err := s.Get(*p.key(i))
			if err != nil || !ok {
				return fmt.Errorf("found %v: %v", ok, err)
			}
			var n int
			if _, err := fmt.Sscanf(r.Pkg.Name, "package-%d", &n); err != nil {
				return err
			}
			if err := synth(n).differs(r, &buf); err != nil {
				return err
			}
		}
	}
	return nil
}

func gcWork(dir string) error {
	time.Sleep(20 * time.Millisecond)
	_, err := gcWith(dir, GCOptions{}, workLimits())
	return err
}

// worker is a process that is killed and begun again.
type worker struct {
	dir, role string
	committed []int
	failed    error
}

// run runs the process for a while, kills it, and again until the end.
func (w *worker) run(end time.Time, r *rand.Rand) {
	for n := 0; time.Now().Before(end); n++ {
		cmd := exec.Command(os.Args[0])
		role := w.role
		if first, err := strconv.Atoi(role); err == nil {
			role = strconv.Itoa(first + n*10000)
		}
		cmd.Env = append(os.Environ(), workEnv+"="+w.dir, workRole+"="+role)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			w.failed = err
			return
		}
		timer := time.AfterFunc(time.Duration(10+r.IntN(150))*time.Millisecond, func() { cmd.Process.Kill() })
		for sc := bufio.NewScanner(out); sc.Scan(); {
			if i, err := strconv.Atoi(sc.Text()); err == nil {
				w.committed = append(w.committed, i)
			}
		}
		cmd.Wait()
		if timer.Stop() {
			w.failed = fmt.Errorf("worker %s ended by itself: %v", role, cmd.ProcessState)
			return
		}
	}
}

// TestKill has several processes write, read and tidy one store, each killed
// at random moments: what was committed is there, whole.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	end := time.Now().Add(3 * time.Second)
	if testing.Short() {
		end = time.Now().Add(time.Second)
	}
	workers := []*worker{{dir: dir, role: "0"}, {dir: dir, role: "1000000"}, {dir: dir, role: "read"}, {dir: dir, role: "gc"}}
	var wg sync.WaitGroup
	for i, w := range workers {
		wg.Go(func() { w.run(end, rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i)))) })
	}
	wg.Wait()
	s := open(t, dir)
	if n := s.Notes(); len(n) > 0 {
		t.Error(n)
	}
	total := 0
	for _, w := range workers {
		if w.failed != nil {
			t.Error(w.failed)
		}
		total += len(w.committed)
		for _, first := range w.committed {
			checkStore(t, s, first, first+20)
		}
	}
	done(t, readWork(dir))
	left, _ := os.ReadDir(filepath.Join(dir, tempDir))
	t.Logf("%d commits, %d packs, %d temporary files left", total, len(s.packs), len(left))
	sweepTemp(dir)
	empty(t, filepath.Join(dir, tempDir))
}
