package merge

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"compose/internal/modulemd"
	"compose/internal/repository"
	"compose/internal/rpmmd"
	"compose/repo"
)

// maxExtra bounds groups, modules and updateinfo, which are read whole.
const maxExtra = 512 << 20

// extras merges what is not about single packages, and tells what is left
// out.
func (m *merger) extras(ctx context.Context, opt *repo.Options) error {
	if opt.Comps == nil && !m.without("group") {
		comps, err := m.groups(ctx)
		if err != nil {
			return err
		}
		opt.Comps = comps
	}
	var extra []repo.Extra
	for _, x := range []struct {
		typ, name string
		merge     func(context.Context) ([]byte, error)
	}{{"modules", "modules.yaml", m.modules}, {"updateinfo", "updateinfo.xml", m.updates}, {"productid", "productid", m.product}} {
		if m.without(x.typ) {
			continue
		}
		data, err := x.merge(ctx)
		if err != nil {
			return err
		}
		if data != nil {
			extra = append(extra, repo.Extra{Type: x.typ, Name: x.name, Data: data})
		}
	}
	opt.Extra = append(extra, opt.Extra...)
	m.tellLeftOut()
	return nil
}

// contents gives the content that each source has of the first of some
// types; sources without it are left out.
func (m *merger) contents(ctx context.Context, types ...string) (out [][]byte, from []*repository.Repository, err error) {
	for _, s := range m.sources {
		i := slices.IndexFunc(types, s.Has)
		if i < 0 {
			continue
		}
		d, err := s.Find(types[i])
		if err != nil {
			return nil, nil, err
		}
		b, err := s.ReadAll(ctx, d, maxExtra)
		if err != nil {
			return nil, nil, err
		}
		out, from = append(out, b), append(from, s)
	}
	return out, from, nil
}

func (m *merger) groups(ctx context.Context) ([]byte, error) {
	files, from, err := m.contents(ctx, "group", "group_gz", "group_xz", "group_zst")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	if len(files) == 1 {
		return files[0], nil // word for word
	}
	var all []*repo.Comps
	for i, b := range files {
		c, err := repo.ReadComps(bytes.NewReader(b), from[i].Name+": comps.xml")
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return repo.MergeComps(all...).XML(), nil
}

func (m *merger) modules(ctx context.Context) ([]byte, error) {
	files, from, err := m.contents(ctx, "modules")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	if len(files) == 1 {
		return files[0], nil
	}
	var all []*modulemd.Index
	for i, b := range files {
		x, err := modulemd.Read(b, from[i].Name+": modules.yaml")
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	x, notes := modulemd.Merge(all...)
	for _, text := range slices.Concat(x.Notes, notes) {
		m.note(text)
	}
	return x.YAML(), nil
}

func (m *merger) updates(ctx context.Context) ([]byte, error) {
	files, from, err := m.contents(ctx, "updateinfo")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	if len(files) == 1 {
		return files[0], nil
	}
	xml, err := repo.MergeUpdates(files...)
	if err != nil {
		var names []string
		for _, r := range from {
			names = append(names, r.Name)
		}
		return nil, fmt.Errorf("merging updateinfo of %s: %w", strings.Join(names, ", "), err)
	}
	return xml, nil
}

// product gives the certificate of the product that the packages belong to.
// Where the sources are of different products none is right for all.
func (m *merger) product(ctx context.Context) ([]byte, error) {
	files, from, err := m.contents(ctx, "productid")
	if err != nil || len(files) == 0 {
		return nil, err
	}
	for i := range files {
		if !bytes.Equal(files[i], files[0]) {
			m.note(fmt.Sprintf("left out: productid, which differs between %s and %s", from[0].Name, from[i].Name))
			return nil, nil
		}
	}
	return files[0], nil
}

// tellLeftOut notes the types that a merged repository does not have.
func (m *merger) tellLeftOut() {
	var types []string
	for _, s := range m.sources {
		for _, d := range s.Repomd.Data {
			if !m.merges(d) && !slices.Contains(types, d.Type) {
				types = append(types, d.Type)
			}
		}
	}
	if len(types) > 0 {
		m.note("left out: metadata of type " + strings.Join(types, ", "))
	}
}

// merges says whether a type of metadata has its part in the result, or is
// another form of one that has.
func (m *merger) merges(d rpmmd.RepomdData) bool {
	switch d.Type {
	case "primary", "filelists", "other", "group", "modules", "updateinfo", "productid",
		"primary_db", "filelists_db", "other_db", "primary_zck", "filelists_zck", "other_zck", "updateinfo_zck", "modules_zck":
		return true
	}
	return isCompressedTwin(d.Type) || d.Type == "filelists-ext" && m.ext
}
