package repo

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"compose/internal/rpm/store"
	"compose/internal/rpmmd"

	"golang.org/x/sync/errgroup"
)

// reuse takes the files of the packages from the repodata that is replaced,
// when what was kept says that they would come out the same and they are
// whole. Nil data means that they have to be written.
func (w *packageWriter) reuse(ctx context.Context, dir string) ([]rpmmd.RepomdData, error) {
	data := w.expected()
	if data == nil || w.opt.old == "" {
		return nil, nil
	}
	was, err := readRepomd(w.opt.old)
	if err != nil {
		return nil, nil // none, or one that is of no use
	}
	g, ctx := errgroup.WithContext(ctx)
	there := make([]bool, len(data))
	for i, d := range data {
		g.Go(func() error {
			there[i] = listed(was, d) && ctx.Err() == nil && whole(w.opt.oldFile(d), d)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, ok := range there {
		if !ok {
			return nil, nil
		}
	}
	for _, d := range data {
		if linkOrCopy(w.opt.oldFile(d), filepath.Join(dir, filepath.Base(d.Href))) != nil {
			return nil, nil // gone meanwhile: what is linked already is replaced
		}
	}
	w.opt.Progress(len(w.items), len(w.items))
	return data, nil
}

// oldFile is where the repodata that is replaced has a file.
func (opt *Options) oldFile(d rpmmd.RepomdData) string {
	return filepath.Join(opt.old, filepath.Base(d.Href))
}

// listed says whether a repomd.xml lists a file, at whatever time it was made.
func listed(m *rpmmd.Repomd, d rpmmd.RepomdData) bool {
	for _, was := range m.Data {
		was.Timestamp = d.Timestamp
		if was.Type == d.Type && was.Href == d.Href && was.Sum == d.Sum && was.Size == d.Size &&
			was.OpenSum == d.OpenSum && was.OpenSize == d.OpenSize {
			return true
		}
	}
	return false
}

// expected gives what repomd.xml would say of the files; nil when that is not
// known. Files that are to get another time are not asked for.
func (w *packageWriter) expected() (out []rpmmd.RepomdData) {
	if w.opt.Cache == nil || w.opt.SetTimes || !framed(w.opt.Compress) || !w.identified() {
		return nil
	}
	var buf store.Buffer
	for _, k := range w.kinds {
		b, ok := w.opt.Cache.Blob(w.fileKey(k), &buf)
		var d rpmmd.RepomdData
		if !ok || json.Unmarshal(b, &d) != nil {
			return nil
		}
		d.Timestamp = w.opt.Timestamp
		d.Href = "repodata/" + w.opt.fileName(k.String()+".xml."+w.opt.Compress, d)
		out = append(out, d)
	}
	return out
}

// fileKey is the key of what repomd.xml says of a file.
func (w *packageWriter) fileKey(k rpmmd.Kind) store.Key {
	return frameKey(openKey(k, w.chunks, len(w.items), w.opt.Checksum), w.opt.Compress)
}

// rememberFile keeps what repomd.xml says of a file.
func (w *packageWriter) rememberFile(k rpmmd.Kind, d rpmmd.RepomdData) {
	if w.opt.Cache == nil || !framed(w.opt.Compress) || !w.identified() || w.opt.Cache.Store().HasBlob(w.fileKey(k)) {
		return
	}
	d.Timestamp, d.Href = 0, ""
	if b, err := json.Marshal(d); err == nil {
		w.keep(w.fileKey(k), b)
	}
}

// sameFile says whether two names are one file.
func sameFile(a, b string) bool {
	fa, err := os.Stat(a)
	if err != nil {
		return false
	}
	fb, err := os.Stat(b)
	return err == nil && os.SameFile(fa, fb)
}
