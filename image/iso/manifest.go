package iso

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Manifest lists every name on the image, a line each, from the root and
// sorted by bytes: what Pungi keeps beside an image.
func (m *Image) Manifest() []byte {
	var names []string
	for dir, d := range m.tree.dirs {
		if d == m.tree.deep {
			continue
		}
		prefix := "/"
		if dir != "." {
			prefix = "/" + dir + "/"
		}
		for _, k := range d.kids {
			if k != m.tree.deep {
				names = append(names, prefix+k.name)
			}
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil
	}
	return []byte(strings.Join(names, "\n") + "\n")
}

// linuxName is the longest Rock Ridge name that Linux reads whole.
const linuxName = 253

// Warnings says what is right on the image and yet not read by everybody.
func (m *Image) Warnings() []string {
	var out []string
	for dir, d := range m.tree.dirs {
		for _, k := range d.kids {
			if len(k.name) > linuxName {
				out = append(out, fmt.Sprintf("%s: Linux cuts names of more than %d bytes on a disc", path.Join(dir, k.name), linuxName))
			}
		}
	}
	slices.Sort(out)
	return out
}

// Manifest lists the names on an image, as Image.Manifest does.
func (x *Reader) Manifest() ([]byte, error) {
	var names []string
	err := x.Walk(TreeRockRidge, func(e *Entry) error {
		names = append(names, "/"+e.Path+"\n")
		return nil
	})
	slices.Sort(names)
	return []byte(strings.Join(names, "")), err
}
