package repoclosure

import (
	"bytes"
	"context"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/internal/universe"
)

// pieceSize is about how much metadata a goroutine parses at a time.
const pieceSize = 4 << 20

// piece is a part of a metadata file on its way through the goroutines.
type piece[T any] struct {
	text []byte
	done chan struct{}
	out  T
}

// inPieces reads a metadata file in pieces, each with parse in a goroutine of
// its own, and calls join for the results in the order of the file.
func inPieces[T any](ctx context.Context, r io.Reader, parse func(context.Context, []byte) (T, error), join func(T) error) error {
	workers := runtime.GOMAXPROCS(0)
	g, ctx := errgroup.WithContext(ctx)
	todo, order := make(chan *piece[T]), make(chan *piece[T], 2*workers)
	g.Go(func() error {
		defer close(todo)
		defer close(order)
		return cut(ctx, rpmmd.NewSplitter(r, pieceSize), todo, order)
	})
	for range workers {
		g.Go(func() (err error) {
			for p := range todo {
				if p.out, err = parse(ctx, p.text); err != nil {
					return err
				}
				p.text = nil
				close(p.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		for p := range order {
			select {
			case <-p.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := join(p.out); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// cut sends each piece to who parses and to who joins.
func cut[T any](ctx context.Context, s *rpmmd.Splitter, todo, order chan<- *piece[T]) error {
	for {
		text, err := s.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		p := &piece[T]{text: text, done: make(chan struct{})}
		for _, to := range []chan<- *piece[T]{order, todo} {
			select {
			case to <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// readPrimary reads a primary.xml.
func readPrimary(ctx context.Context, r io.Reader) (*universe.Set, error) {
	all := universe.NewBuilder()
	err := inPieces(ctx, r, readPiece, all.AddSet)
	return all.Set(), err
}

// readPiece reads a piece of a primary.xml.
func readPiece(ctx context.Context, text []byte) (*universe.Set, error) {
	b := sink{universe.NewBuilder()}
	if ok, err := rpmmd.ReadBrief(ctx, text, b); ok || err != nil {
		return b.Set(), err
	}
	return readPackages(ctx, bytes.NewReader(text))
}

// readPackages reads a primary.xml of any form as a whole.
func readPackages(ctx context.Context, r io.Reader) (*universe.Set, error) {
	b := universe.NewBuilder()
	err := rpmmd.ReadPrimary(ctx, r, func(e rpmmd.Entry) error { return b.Add(e.Pkg, e.Files) })
	return b.Set(), err
}

// sink passes what ReadBrief reads on to a builder.
type sink struct{ *universe.Builder }

func (s sink) Dep(list string, name []byte, sense rpm.Sense, evr []byte) {
	s.AddDep(kindOf(list), name, sense, evr)
}

func (s sink) File(path []byte) { s.AddFile(path) }

func (s sink) Package(p *rpmmd.Brief) error {
	return s.End(&universe.Brief{Name: p.Name, Version: p.Version, Release: p.Release, Arch: p.Arch, Epoch: p.Epoch, Sum: p.Sum})
}

func kindOf(list string) universe.Kind {
	switch list {
	case "provides":
		return universe.Provides
	case "requires":
		return universe.Requires
	case "conflicts":
		return universe.Conflicts
	case "obsoletes":
		return universe.Obsoletes
	case "recommends":
		return universe.Recommends
	case "suggests":
		return universe.Suggests
	case "supplements":
		return universe.Supplements
	}
	return universe.Enhances
}
