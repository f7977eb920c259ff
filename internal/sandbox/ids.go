package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"compose/internal/proc"
)

// idMap says which ids there are inside.
type idMap struct {
	uids, gids []syscall.SysProcIDMap
	// groups says that a process inside may choose its groups.
	groups bool
	// helper maps them with newuidmap and newgidmap, which may do what this
	// program may not.
	helper bool
}

// ManyIDs says whether files inside can belong to others than root: an
// ordinary user without subordinate ids has only one.
func ManyIDs() bool {
	m, err := ids()
	return err == nil && (len(m.uids) != 1 || m.uids[0].Size > 1)
}

// ids chooses the map: all of root's ids, a user's subordinate ones, or the
// user's own.
func ids() (idMap, error) {
	if os.Geteuid() == 0 {
		uids, err := own("/proc/self/uid_map")
		if err != nil {
			return idMap{}, err
		}
		gids, err := own("/proc/self/gid_map")
		allowed, err2 := os.ReadFile("/proc/self/setgroups")
		return idMap{uids: uids, gids: gids, groups: strings.TrimSpace(string(allowed)) == "allow"}, errors.Join(err, err2)
	}
	uid, gid := os.Geteuid(), os.Getegid()
	m := idMap{
		uids: []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}},
		gids: []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}},
	}
	subUID, okUID := subordinate("/etc/subuid", uid)
	subGID, okGID := subordinate("/etc/subgid", uid)
	if okUID && okGID && inPath("newuidmap") && inPath("newgidmap") {
		m.uids, m.gids, m.helper = append(m.uids, subUID), append(m.gids, subGID), true
	}
	return m, nil
}

func inPath(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// own gives a map of all ids that this program itself has, to themselves.
func own(file string) ([]syscall.SysProcIDMap, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []syscall.SysProcIDMap
	for s := bufio.NewScanner(f); s.Scan(); {
		var inside, outside, count int
		if _, err := fmt.Sscan(s.Text(), &inside, &outside, &count); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, syscall.SysProcIDMap{ContainerID: inside, HostID: inside, Size: count})
	}
	return out, nil
}

// subordinate finds the first range of a user in /etc/subuid or /etc/subgid,
// which becomes the ids from 1 on.
func subordinate(file string, uid int) (syscall.SysProcIDMap, bool) {
	names := []string{strconv.Itoa(uid)}
	if u, err := user.LookupId(names[0]); err == nil {
		names = append(names, u.Username)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return syscall.SysProcIDMap{}, false
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 3 || f[0] != names[0] && f[0] != names[len(names)-1] {
			continue
		}
		first, err1 := strconv.Atoi(f[1])
		count, err2 := strconv.Atoi(f[2])
		if err1 == nil && err2 == nil && count > 0 {
			return syscall.SysProcIDMap{ContainerID: 1, HostID: first, Size: count}, true
		}
	}
	return syscall.SysProcIDMap{}, false
}

// help gives a process its ids by way of the helpers.
func (m idMap) help(pid int) error {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	for _, h := range []struct {
		program string
		ids     []syscall.SysProcIDMap
	}{{"newuidmap", m.uids}, {"newgidmap", m.gids}} {
		args := []string{h.program, strconv.Itoa(pid)}
		for _, r := range h.ids {
			args = append(args, strconv.Itoa(r.ContainerID), strconv.Itoa(r.HostID), strconv.Itoa(r.Size))
		}
		if err := proc.Run(ctx, proc.Command{Args: args, Dir: "/", Env: proc.Env()}); err != nil {
			return err
		}
	}
	return nil
}
