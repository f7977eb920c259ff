package pkgset

import (
	"context"
	"errors"

	"compose/internal/rpm"
)

// RequiredPaths gives, for every path that a dependency of any package
// names (also within a rich one), the packages that carry it, in the order
// of the sets. A path that no package carries is not in the result.
func RequiredPaths(ctx context.Context, sets []*Set, env Env) (rpm.PathIndex, error) {
	return nil, errors.New("not built yet")
}
