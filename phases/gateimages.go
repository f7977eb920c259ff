package phases

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"compose/config"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/gates"
)

// imageGrowth is the check of a gate that is about images.
const imageGrowth = "image-growth"

// imagesOfTree are images of a compose by tree.
type imagesOfTree map[Tree]map[gates.Image]gates.Sized

// addImageGates looks at the policies that images have to keep, in all trees
// at once, when they are made. previous is as with addGates.
func (p *plan) addImageGates(cfg *config.Config, previous string) {
	if !slices.ContainsFunc(cfg.Gates, func(g config.Gate) bool { return g.Check == imageGrowth }) {
		return
	}
	s := p.Add("gates/images", "cpu")
	var made []func() ([]madeImage, bool)
	for _, set := range p.images {
		made = append(made, dag.Want(s, set.made))
	}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		now := imagesOfTree{}
		for _, get := range made {
			images, _ := get()
			for _, m := range images {
				i := m.Image
				now.add(m.Tree, gates.Image{Type: i.Type, Format: i.Format, Subvariant: i.Subvariant, Disc: i.Disc}, gates.Sized{Path: i.Path, Size: i.Size})
			}
		}
		return passed{}, gateImages(ev, cfg, now, previous)
	})
}

func (m imagesOfTree) add(t Tree, i gates.Image, s gates.Sized) {
	t.Host = ""
	if m[t] == nil {
		m[t] = map[gates.Image]gates.Sized{}
	}
	m[t][i] = s
}

// gateImages compares the images with those of earlier composes.
func gateImages(ev *event.Scope, cfg *config.Config, now imagesOfTree, previous string) error {
	earlier := map[string]imagesOfTree{}
	var faults []string
	trees := slices.SortedFunc(maps.Keys(now), func(a, b Tree) int { return cmp.Compare(a.String(), b.String()) })
	for _, t := range trees {
		for _, r := range cfg.GatesFor(t.Variant, t.Arch) {
			dir := previous
			if r.Against.IsSet() {
				dir = r.Against.Abs
			}
			if r.Check != imageGrowth || dir == "" {
				continue
			}
			if earlier[dir] == nil {
				var err error
				if earlier[dir], err = earlierImages(Layout{Top: dir}); err != nil {
					return fmt.Errorf("comparing with compose %s: %w", dir, err)
				}
			}
			for _, fault := range (gates.Rule{Percent: r.Percent}).ImageFault(now[t], earlier[dir][t]) {
				text := fmt.Sprintf("%s (%s at %s): %s", t, r.Check, r.Place, fault)
				if r.Severity == "warn" {
					ev.Warn("%s", text)
				} else {
					faults = append(faults, text)
				}
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(faults, "\n"))
}

// imageFile is what is read of images.json.
type imageFile struct {
	Payload struct {
		Images map[string]map[string][]struct {
			Path, Type, Format, Subvariant, Arch string
			Disc                                 int `json:"disc_number"`
			Size                                 int64
		}
	}
}

// maxImageFile bounds an images.json, in bytes.
const maxImageFile = 256 << 20

// earlierImages gives the images of a compose; none where it has no
// images.json.
func earlierImages(l Layout) (imagesOfTree, error) {
	out := imagesOfTree{}
	name := l.Metadata("images.json")
	fi, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	if fi.Size() > maxImageFile {
		return nil, fmt.Errorf("%s is too large", name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var in imageFile
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for variant, arches := range in.Payload.Images {
		for _, images := range arches { // a source image is listed under several
			for _, i := range images {
				out.add(Tree{Variant: variant, Arch: i.Arch}, gates.Image{Type: i.Type, Format: i.Format, Subvariant: i.Subvariant, Disc: i.Disc}, gates.Sized{Path: i.Path, Size: i.Size})
			}
		}
	}
	return out, nil
}
