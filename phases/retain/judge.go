package retain

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// judge decides what stays, and why.
func (c *collector) judge() {
	statuses := c.Statuses
	if len(statuses) == 0 {
		statuses = []string{"FINISHED", "FINISHED_INCOMPLETE"}
	}
	list := c.res.Composes
	for i := range list {
		list[i].Keep = c.held(list[i].ID)
		if list[i].Keep != "" && list[i].Status == "STARTED" {
			c.live[parse(list[i].ID).release] = true
		}
	}
	counted := map[name]int{} // those that ended well, of a release and type
	for i := len(list) - 1; i >= 0; i-- {
		com := &list[i]
		group := parse(com.ID)
		group.date = ""
		good := slices.Contains(statuses, com.Status)
		if com.Keep == "" {
			com.Keep = c.reason(*com, counted[group], verdict(good))
		}
		if good {
			counted[group]++
		}
	}
}

// verdict says whether a compose counts as one of those to keep.
type verdict bool

// reason says why a compose stays, of which newer composes of its kind ended
// well; "" when it goes.
func (c *collector) reason(com Compose, newer int, good verdict) string {
	pin, err := c.read(com.ID + "/" + pinFile)
	switch {
	case err == nil:
		return strings.TrimSuffix("pinned: "+firstLine(pin), ": ")
	case c.links[com.ID] != "":
		return c.links[com.ID] + " leads to it"
	case c.live[parse(com.ID).release] && (com.Status == "FINISHED" || com.Status == "FINISHED_INCOMPLETE" || com.Status == "DOOMED"):
		return "a compose that is being made may take from it"
	case c.KeepFor > 0 && c.Now.Sub(com.Ended) < c.KeepFor:
		return "it is young enough"
	case c.Keep == math.MaxInt:
		return "nothing says that it may go"
	case bool(good) && newer < c.Keep:
		return fmt.Sprintf("one of the last %d", c.Keep)
	case !bool(good) && newer == 0 && c.Keep > 0:
		return "nothing has ended well since"
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
