package gates

import (
	"fmt"
	"slices"
)

// Image is an image of a tree, by what tells it from the others.
type Image struct {
	Type, Format, Subvariant string
	Disc                     int
}

// ImageFault says which images are too much larger than before; in the order
// of their paths.
// Images that one of the two composes does not have are not compared.
func (r Rule) ImageFault(now, before map[Image]Sized) []string {
	var out []string
	for image, n := range now {
		b, ok := before[image]
		if !ok || b.Size <= 0 || float64(n.Size) <= float64(b.Size)*(1+float64(r.Percent)/100) {
			continue
		}
		out = append(out, fmt.Sprintf("%s grew by %.1f %% from %d to %d bytes; %d %% are allowed",
			n.Path, 100*float64(n.Size-b.Size)/float64(b.Size), b.Size, n.Size, r.Percent))
	}
	slices.Sort(out)
	return out
}

// Sized is an image's path, for people, and its size in bytes.
type Sized struct {
	Path string
	Size int64
}
