package repo

import (
	"context"
	"fmt"
	"path/filepath"
)

// Replace makes tmp, a directory beside it that somebody else filled, the
// repodata of the repository in dir. It appears by one rename, or changes
// places with the old one, of which keep says what stays.
func Replace(ctx context.Context, tmp, dir string, keep Retention) error {
	final := filepath.Join(dir, "repodata")
	if err := keep.copy(final, tmp); err != nil {
		return fmt.Errorf("keeping old metadata: %w", err)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return publish(tmp, final)
}
