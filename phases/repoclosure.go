package phases

import (
	"compose/config"
	"compose/gather"
	"compose/phases/dag"
)

func (p *plan) addRepoclosure(cfg *config.Config, packages map[string]dag.Promise[archPackages], picks perTree[*gather.Result]) {
}
