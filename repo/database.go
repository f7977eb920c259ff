package repo

import (
	"context"
	"errors"

	"compose/internal/rpmmd"
)

func writeDatabases(ctx context.Context, dir string, data []rpmmd.RepomdData, opt Options) ([]rpmmd.RepomdData, error) {
	return nil, errors.New("SQLite databases are not supported")
}
