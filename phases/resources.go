package phases

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"compose/config"
	"compose/internal/fetch"
	"compose/phases/event"
)

// memoryPool is the pool of which a unit is a MiB.
const memoryPool = "memory"

// Pools gives the places of each pool: cpu for steps that compute, disk for
// steps that write files, net for steps that wait for servers.
func Pools(n int) map[string]int {
	n = jobs(n)
	return map[string]int{"cpu": n, "disk": 2 * n, "net": 8}
}

// pools are all pools of a run, with the memory that there is.
func (o Options) pools() map[string]int {
	pools := Pools(o.Jobs)
	memory := o.Memory
	if memory <= 0 {
		memory = freeMemory("/")
	}
	pools[memoryPool] = int(max(memory>>20, 1))
	return pools
}

// bootTestMemory is what an image takes that is started to try it, in MiB.
const bootTestMemory = 2048

// usualMemory is how much memory steps of a phase take that take much, in
// MiB, programs that they run included. It is no limit: it keeps steps from
// running together that do not fit into memory together. The figures are
// round ones above what was measured or is documented (lorax, mksquashfs).
// The map is never written to.
var usualMemory = map[string]int{
	"pkgset": 64, "gather": 256, "createrepo": 128, "repoclosure": 128,
	"createiso": 128, "extraiso": 128, "buildinstall": 2048, "rootfs": 2048, "task": 2048,
}

// allot gives each step what the configuration and its phase say of memory,
// places and time.
func (p *plan) allot() error {
	names := make([]string, 0, p.Len())
	for _, s := range p.Steps() {
		names = append(names, s.Name())
		rule := p.cfg.StepRuleFor(s.Name())
		s.Timeout(rule.Timeout)
		if rule.CPU > 0 {
			s.Takes("cpu", rule.CPU)
		}
		memory := usualMemory[event.Phase(s.Name())]
		if own := s.Units(memoryPool); own > 0 {
			memory = own // the step knows better
		}
		if rule.Memory > 0 {
			memory = int(min((rule.Memory+1<<20-1)>>20, math.MaxInt32))
		}
		if memory > 0 {
			s.Takes(memoryPool, memory)
		}
	}
	return unmatched(p.cfg.StepsWithout(names), names)
}

// unmatched complains about [[step]] blocks that match no step.
func unmatched(blocks []config.Pattern, names []string) error {
	if len(blocks) == 0 {
		return nil
	}
	var phases []string
	for _, name := range names {
		if ph := event.Phase(name); !slices.Contains(phases, ph) {
			phases = append(phases, ph)
		}
	}
	lines := make([]string, len(blocks))
	for i, b := range blocks {
		lines[i] = fmt.Sprintf("%s: step.name: %q matches no step; compose plan lists them, they begin with %s", b.Place, b.Text, strings.Join(phases, ", "))
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}

// patience is how long the configuration waits for servers; what the options
// say comes first.
func patience(n config.Network, o fetch.Options) fetch.Options {
	if n.Attempts != nil && o.Attempts == 0 {
		o.Attempts = *n.Attempts
	}
	if n.PerHost != nil && o.PerHost == 0 {
		o.PerHost = *n.PerHost
	}
	if o.MaxWait == 0 {
		o.MaxWait = config.Duration(n.MaxWait)
	}
	if o.Stall == 0 {
		o.Stall = config.Duration(n.Stall)
	}
	return o
}

// freeMemory is how many bytes of memory this program and its children may
// take: what the system has available, or less where a control group limits
// it. root is where /proc and /sys are found.
func freeMemory(root string) int64 {
	free := int64(math.MaxInt64)
	b, err := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	if err == nil {
		if kib, ok := numberAfter(b, []byte("MemAvailable:")); ok {
			free = kib << 10
		}
	}
	groups, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	for line := range strings.Lines(string(groups)) {
		id, path, _ := strings.Cut(strings.TrimSpace(line), ":/")
		switch {
		case id == "0:" || id == "0::":
			free = min(free, groupMemory(filepath.Join(root, "sys/fs/cgroup"), path, "memory.max", "memory.current"))
		case strings.HasSuffix(id, ":memory"):
			free = min(free, groupMemory(filepath.Join(root, "sys/fs/cgroup/memory"), path, "memory.limit_in_bytes", "memory.usage_in_bytes"))
		}
	}
	if free == math.MaxInt64 {
		free = 4 << 30 // nobody tells; a machine that makes composes has that
	}
	return free
}

// groupMemory is what the limits of a control group and of those around it leave.
func groupMemory(mount, path, limit, usage string) int64 {
	free := int64(math.MaxInt64)
	for dir := path; ; dir = filepath.Dir(dir) {
		most, ok := readNumber(filepath.Join(mount, dir, limit))
		if ok {
			used, _ := readNumber(filepath.Join(mount, dir, usage))
			used -= fileCache(filepath.Join(mount, dir, "memory.stat"))
			free = min(free, max(most-max(used, 0), most/4))
		}
		if dir == "." || dir == "/" || dir == "" {
			return free
		}
	}
}

// fileCache is what of a group's memory holds files, and is given up when
// somebody needs it.
func fileCache(stat string) int64 {
	b, err := os.ReadFile(stat)
	if err != nil {
		return 0
	}
	var sum int64
	for _, prefix := range []string{"total_", ""} { // with the groups below it, in version 1
		for _, kind := range []string{"inactive_file ", "active_file "} {
			n, _ := numberAfter(b, []byte(prefix+kind))
			sum += n
		}
		if sum > 0 {
			break
		}
	}
	return sum
}

func readNumber(file string) (int64, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// numberAfter reads the number behind a word at the beginning of a line.
func numberAfter(text, word []byte) (int64, bool) {
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, word); ok {
			if f := bytes.Fields(rest); len(f) > 0 {
				n, err := strconv.ParseInt(string(f[0]), 10, 64)
				return n, err == nil
			}
		}
	}
	return 0, false
}
