package gather

import (
	"context"
	"errors"
)

func gatherDeps(context.Context, Input) (*Result, error) {
	return nil, errors.New("gathering packages: not built yet")
}
func gatherNoDeps(context.Context, Input) (*Result, error) {
	return nil, errors.New("gathering packages: not built yet")
}
