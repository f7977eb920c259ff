package proc

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// supervise waits until the child pid, the leader of its group, has ended and
// nothing of the group is left, ending it all when ctx ends. It does not reap
// the child: as long as the child is there, dead or alive, no other group can
// get its number, so the signals hit nobody else. It reports whether it had
// to stop the child.
func supervise(ctx context.Context, pid int, grace time.Duration) bool {
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		awaitExit(pid)
	}()
	stopped := false
	select {
	case <-exited:
	case <-ctx.Done():
		stopped = true
		_ = unix.Kill(-pid, unix.SIGTERM)
		awaitGroup(pid, exited, grace)
	}
	// Fails only when there is nobody left to kill.
	_ = unix.Kill(-pid, unix.SIGKILL)
	<-exited
	return stopped
}

// awaitExit returns when the child has ended, without reaping it.
func awaitExit(pid int) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

// awaitGroup returns when the child and all of its group have ended, or when
// grace is over.
func awaitGroup(pid int, exited <-chan struct{}, grace time.Duration) {
	end := time.NewTimer(grace)
	defer end.Stop()
	select {
	case <-exited:
	case <-end.C:
		return
	}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for groupAlive(pid) {
		select {
		case <-poll.C:
		case <-end.C:
			return
		}
	}
}

// awaitEmpty returns when those of the group who were killed have really
// ended. The child was reaped, so the number may belong to somebody else by
// now: nothing is sent any more. It gives up after a second on what hangs in
// the kernel.
func awaitEmpty(pgid int) {
	for range 200 {
		if unix.Kill(-pgid, 0) == unix.ESRCH || !groupAlive(pgid) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// groupAlive reports whether a process of the group is there that is not a
// zombie.
func groupAlive(pgid int) bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err == nil && inGroup(stat, pgid) {
			return true
		}
	}
	return false
}

// inGroup reads /proc/PID/stat: "pid (name) state ppid pgrp …", where the
// name may hold anything.
func inGroup(stat []byte, pgid int) bool {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 3 {
		return false
	}
	state, group := string(fields[0]), string(fields[2])
	return group == strconv.Itoa(pgid) && state != "Z" && state != "X"
}
