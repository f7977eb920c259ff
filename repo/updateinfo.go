package repo

import (
	"fmt"

	"compose/internal/rpmmd"
)

// FilterUpdates gives an updateinfo.xml with the packages that keep accepts,
// and without the advisories that are left with none; nil when there is no
// advisory at all. The text of what stays is as it was.
func FilterUpdates(xml []byte, keep func(rpmmd.UpdatePackage) bool) ([]byte, error) {
	all, err := rpmmd.ReadUpdates(xml)
	if err != nil {
		return nil, fmt.Errorf("reading updateinfo: %w", err)
	}
	var out []*rpmmd.Update
	for i := range all {
		if u := all[i].Filter(keep); u != nil {
			out = append(out, u)
		}
	}
	return updatesXML(out), nil
}

// MergeUpdates puts several updateinfo.xml together; nil when there is no
// advisory in them. Of advisories of one id the first is kept, with the
// packages that the others name in addition.
func MergeUpdates(files ...[]byte) ([]byte, error) {
	var out []*rpmmd.Update
	at := map[string]int{}
	for _, xml := range files {
		all, err := rpmmd.ReadUpdates(xml)
		if err != nil {
			return nil, fmt.Errorf("reading updateinfo: %w", err)
		}
		for i := range all {
			u := &all[i]
			if j, ok := at[u.ID]; ok {
				out[j] = out[j].Join(u)
				continue
			}
			at[u.ID] = len(out)
			out = append(out, u)
		}
	}
	return updatesXML(out), nil
}

func updatesXML(all []*rpmmd.Update) []byte {
	if len(all) == 0 {
		return nil
	}
	out := []byte(rpmmd.UpdatesHead)
	for _, u := range all {
		out = append(out, "  "...)
		out = append(out, u.XML()...)
	}
	return append(out, rpmmd.UpdatesTail...)
}
