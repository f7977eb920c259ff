package repo

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"compose/internal/rpmmd"
)

// sameRepomd says whether the repodata that is there says what m says, but
// for the times, and the revision where none was asked for, and its files are
// whole. It gives the repomd.xml that is there. tmp has the files that m
// speaks of; those that were taken over from there are known to be whole.
func sameRepomd(tmp string, m *rpmmd.Repomd, opt Options) ([]byte, bool) {
	old, err := readOld(opt.old)
	if err != nil {
		return nil, false
	}
	was, err := rpmmd.ReadRepomd(bytes.NewReader(old))
	if err != nil || len(was.Data) != len(m.Data) {
		return nil, false
	}
	now := *m
	now.Data = append([]rpmmd.RepomdData{}, m.Data...)
	if opt.anyRevision {
		now.Revision = was.Revision
	}
	for i := range now.Data {
		if !opt.SetTimes {
			now.Data[i].Timestamp = was.Data[i].Timestamp
		}
	}
	if !bytes.Equal(now.XML(), old) {
		return nil, false
	}
	for _, d := range now.Data {
		path := opt.oldFile(d)
		if !sameFile(path, filepath.Join(tmp, filepath.Base(d.Href))) && !whole(path, d) {
			return nil, false
		}
	}
	for _, x := range opt.Extra {
		if b, err := os.ReadFile(filepath.Join(opt.old, x.Name)); x.Plain && (err != nil || !bytes.Equal(b, x.Data)) {
			return nil, false
		}
	}
	return old, true
}

// whole says whether a file is what repomd.xml says.
func whole(path string, d rpmmd.RepomdData) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	h, err := newHash(d.Sum.Type)
	if err != nil {
		return false
	}
	n, err := io.Copy(h, f)
	return err == nil && n == d.Size && hexSum(h) == d.Sum.Hex
}
