package phases

import (
	"compose/config"
)

// addTreeinfo writes what identifies each tree.
func (p *plan) addTreeinfo(cfg *config.Config, id Identity) {}
