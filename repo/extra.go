package repo

import (
	"context"
	"os"
	"path/filepath"

	"compose/internal/rpmmd"
)

// writeComps writes the groups plain and, unless nothing is compressed,
// compressed: some readers know the one, some the other.
func writeComps(ctx context.Context, dir string, opt Options) ([]rpmmd.RepomdData, error) {
	plain := opt
	plain.CompressExtra = "none"
	d, err := writeExtra(ctx, dir, Extra{Type: "group", Name: opt.CompsName, Data: opt.Comps}, plain)
	if err != nil || opt.CompressExtra == "none" {
		return []rpmmd.RepomdData{d}, err
	}
	c, err := writeExtra(ctx, dir, Extra{Type: "group_" + opt.CompressExtra, Name: opt.CompsName, Data: opt.Comps}, opt)
	return []rpmmd.RepomdData{d, c}, err
}

func writeExtra(ctx context.Context, dir string, x Extra, opt Options) (rpmmd.RepomdData, error) {
	if x.Plain {
		path := filepath.Join(dir, x.Name)
		if err := writeNew(path, x.Data); err != nil {
			return rpmmd.RepomdData{}, err
		}
		if err := opt.setTime(path); err != nil {
			return rpmmd.RepomdData{}, err
		}
	}
	s, err := newSink(ctx, filepath.Join(dir, x.Name), opt.CompressExtra, &opt)
	if err != nil {
		return rpmmd.RepomdData{}, err
	}
	defer s.abandon()
	c, err := newCompressor(opt.CompressExtra)
	if err != nil {
		return rpmmd.RepomdData{}, err
	}
	if err := s.frame(c, x.Data); err != nil {
		return rpmmd.RepomdData{}, err
	}
	return s.close(x.Type)
}

// writeNew writes a file that must not be there.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
