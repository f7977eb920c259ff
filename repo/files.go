package repo

import (
	"context"
	"path/filepath"

	"compose/internal/rpmmd"
)

// packageFiles are the files that are made from packages, while they are
// written.
type packageFiles struct {
	kinds []rpmmd.Kind
	sinks [kindCount]*sink
	tails [kindCount][]byte // the last lines, compressed
}

// openFiles begins the files, with their first lines.
func (w *packageWriter) openFiles(ctx context.Context, dir string, c compressor) (*packageFiles, error) {
	f := &packageFiles{kinds: w.kinds}
	for _, k := range f.kinds {
		s, err := newSink(ctx, filepath.Join(dir, k.String()+".xml"), w.opt.Compress, &w.opt)
		if err != nil {
			return f, err
		}
		f.sinks[k], s.known = s, w.opened[k]
		if err := s.frame(c, k.AppendHead(nil, len(w.items))); err != nil {
			return f, err
		}
		if c != nil {
			f.tails[k] = c.frame(nil, k.AppendTail(nil))
		}
	}
	return f, nil
}

// each calls fn for each file.
func (f *packageFiles) each(fn func(s *sink, k rpmmd.Kind) error) error {
	for _, k := range f.kinds {
		if err := fn(f.sinks[k], k); err != nil {
			return err
		}
	}
	return nil
}

func (f *packageFiles) write(p *piece) error {
	return f.each(func(s *sink, k rpmmd.Kind) error { return s.write(p.data[k], p.compressed[k]) })
}

// close ends the files and gives them their final names.
func (f *packageFiles) close(w *packageWriter) (out []rpmmd.RepomdData, err error) {
	err = f.each(func(s *sink, k rpmmd.Kind) error {
		if err := s.write(k.AppendTail(nil), f.tails[k]); err != nil {
			return err
		}
		d, err := s.close(k.String())
		if err == nil {
			w.remember(k, d)
			w.rememberFile(k, d)
			out = append(out, d)
		}
		return err
	})
	return out, err
}

func (f *packageFiles) abandon() {
	for _, s := range f.sinks {
		s.abandon()
	}
}
