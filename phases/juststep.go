package phases

import (
	"fmt"
	"path"
	"strings"

	"compose/phases/dag"
)

// onlySteps leaves out of the run what the steps that a glob matches do not
// need. Results that are kept from before are taken over, so that a step that
// failed runs alone.
func (p *plan) onlySteps(glob string) error {
	if glob == "" {
		return nil
	}
	colons := strings.NewReplacer("/", ":") // a star stands for slashes too
	pattern := colons.Replace(glob)
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("--just-step %q is not a shell glob", glob)
	}
	kept := p.Only(func(s *dag.Step) bool {
		ok, _ := path.Match(pattern, colons.Replace(s.Name()))
		return ok
	}, "not needed by --just-step "+glob)
	if kept == 0 {
		return fmt.Errorf("--just-step %q matches no step; compose plan lists them", glob)
	}
	return nil
}
