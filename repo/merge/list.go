package merge

import (
	"context"
	"errors"
	"fmt"

	"compose/internal/repository"
	"compose/internal/rpmmd"
)

// list is a filelists.xml or other.xml that is read beside primary.xml.
// Mostly both list packages in one order; what comes earlier than it is
// wanted is kept until it is, within a bound.
type list struct {
	kind    rpmmd.Kind
	batches chan []rpmmd.Listed

	now     []rpmmd.Listed
	waiting map[string][]rpmmd.Listed
	size    int   // of waiting, in bytes
	err     error // of reading, when batches is closed
}

const (
	batchPackages = 64
	batchBytes    = 1 << 20
	maxWaiting    = 512 << 20
)

func newList(kind rpmmd.Kind) *list {
	return &list{kind: kind, batches: make(chan []rpmmd.Listed, 2), waiting: map[string][]rpmmd.Listed{}}
}

// run reads the file to its end, and sends what it lists.
func (l *list) run(ctx context.Context, r *repository.Repository) error {
	defer close(l.batches)
	l.err = l.read(ctx, r)
	return l.err
}

func (l *list) read(ctx context.Context, r *repository.Repository) error {
	d, err := r.Find(l.kind.String())
	if err != nil {
		return err
	}
	f, err := r.Open(ctx, d)
	if err != nil {
		return err
	}
	defer f.Close()
	var batch []rpmmd.Listed
	size := 0
	send := func() error {
		select {
		case l.batches <- batch:
			batch, size = nil, 0
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err = rpmmd.ReadListed(ctx, l.kind, f, func(p rpmmd.Listed) error {
		batch = append(batch, p)
		if size += sizeOf(&p); len(batch) < batchPackages && size < batchBytes {
			return nil
		}
		return send()
	})
	if err == nil && len(batch) > 0 {
		err = send()
	}
	return r.Reading(l.kind.String(), err)
}

// sizeOf is about what a package takes in memory.
func sizeOf(p *rpmmd.Listed) int {
	n := 128
	for i := range p.Files {
		n += len(p.Files[i].Path) + 32
	}
	for i := range p.Changelogs {
		n += len(p.Changelogs[i].Author) + len(p.Changelogs[i].Text) + 48
	}
	return n
}

var errDisorder = errors.New("lists packages in an order too different from primary.xml's")

// take gives what the file says of a package.
func (l *list) take(ctx context.Context, id string) (rpmmd.Listed, error) {
	if all := l.waiting[id]; len(all) > 0 {
		l.size -= sizeOf(&all[0])
		if len(all) == 1 {
			delete(l.waiting, id)
		} else {
			l.waiting[id] = all[1:]
		}
		return all[0], nil
	}
	for {
		p, ok, err := l.next(ctx)
		switch {
		case err != nil:
			return p, err
		case !ok:
			return p, fmt.Errorf("%s does not list it", l.kind)
		case p.ID == id:
			return p, nil
		}
		l.waiting[p.ID] = append(l.waiting[p.ID], p)
		if l.size += sizeOf(&p); l.size > maxWaiting {
			return p, fmt.Errorf("%s %w", l.kind, errDisorder)
		}
	}
}

func (l *list) next(ctx context.Context) (p rpmmd.Listed, ok bool, err error) {
	for len(l.now) == 0 {
		select {
		case l.now, ok = <-l.batches:
			if !ok {
				return p, false, l.err
			}
		case <-ctx.Done():
			return p, false, context.Cause(ctx)
		}
	}
	p, l.now = l.now[0], l.now[1:]
	return p, true, nil
}

// drain lets the reader come to its end, which may be an error.
func (l *list) drain(ctx context.Context) error {
	for {
		if _, ok, err := l.next(ctx); !ok || err != nil {
			return err
		}
	}
}
