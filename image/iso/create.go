package iso

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Create writes the image as a file, which has that name only when it is
// complete. A disk without room for it is an error before anything is
// written.
func (m *Image) Create(ctx context.Context, name string, out Output) (Result, error) {
	part := name + ".part"
	res, err := m.create(ctx, part, out)
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		os.Remove(part)
		return Result{}, fmt.Errorf("writing %s: %w", name, err)
	}
	return res, nil
}

func (m *Image) create(ctx context.Context, part string, out Output) (res Result, err error) {
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = unix.Fallocate(int(f.Fd()), 0, 0, m.Size())
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ENOSYS) {
		return res, fmt.Errorf("making room for %d bytes: %w", m.Size(), err)
	}
	return m.Write(ctx, f, out)
}
