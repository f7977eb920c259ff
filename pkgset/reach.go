package pkgset

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

// reachAtOnce bounds how many repositories Reach asks at once.
const reachAtOnce = 8

// Reach reads the repomd.xml of each repository of a source and keeps
// nothing. The error joins what is wrong with each of them, in the order of
// the source. A folder of packages is reached when it is there.
func Reach(ctx context.Context, src Source, env Env) error {
	if src.Kind != KindRepo {
		return nil
	}
	all, err := src.addresses()
	if err != nil {
		return err
	}
	errs := make([]error, len(all))
	var g errgroup.Group
	g.SetLimit(reachAtOnce)
	for i, a := range all {
		g.Go(func() error {
			_, errs[i] = openRepository(ctx, env, a, i)
			return nil
		})
	}
	_ = g.Wait() // the errors are in their slots
	return errors.Join(errs...)
}
