package depindex

import (
	"compose/internal/rpm"
	"compose/internal/rpm/ranges"
)

// wideFrom is the number of provides of one name from which on they are kept
// sorted by version; see package ranges.
const wideFrom = 128

func (x *Index) widen() map[int32]ranges.Index {
	var all map[int32]ranges.Index
	for name := range int32(len(x.names)) {
		row := x.prov.row(name)
		if len(row) < wideFrom {
			continue
		}
		if all == nil {
			all = map[int32]ranges.Index{}
		}
		all[name] = ranges.New(len(row), func(i int32) rpm.Dep { return x.provided(row[i]) })
	}
	return all
}
