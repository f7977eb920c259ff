package diff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// metadata compares the types that repomd.xml names.
func metadata(ctx context.Context, old, new *repository.Repository) ([]Metadata, error) {
	out := []Metadata{}
	for _, typ := range types(old.Repomd, new.Repomd) {
		a, inOld := old.Repomd.Find(typ)
		b, inNew := new.Repomd.Find(typ)
		change := ""
		switch {
		case !inOld:
			change = "added"
		case !inNew:
			change = "removed"
		case a.Sum == b.Sum:
			continue
		default:
			same, err := sameContent(ctx, side{old, a}, side{new, b})
			if err != nil {
				return nil, err
			}
			if change = "changed"; same {
				change = "recompressed"
			}
		}
		out = append(out, Metadata{typ, change})
	}
	return out, nil
}

func types(all ...*rpmmd.Repomd) (out []string) {
	for _, m := range all {
		for _, d := range m.Data {
			if !slices.Contains(out, d.Type) {
				out = append(out, d.Type)
			}
		}
	}
	return out
}

type side struct {
	repo *repository.Repository
	data rpmmd.RepomdData
}

// openSum is the checksum of the content that repomd.xml states.
func (s side) openSum() rpm.Checksum {
	if s.data.OpenSum.Hex != "" {
		return s.data.OpenSum
	}
	return s.data.Sum
}

// sameContent trusts the checksums of repomd.xml where they are of one type.
func sameContent(ctx context.Context, a, b side) (bool, error) {
	sa, sb := a.openSum(), b.openSum()
	if sa.Type == sb.Type {
		return sa == sb, nil
	}
	ha, err := a.hash(ctx)
	if err != nil {
		return false, err
	}
	hb, err := b.hash(ctx)
	return ha == hb, err
}

func (s side) hash(ctx context.Context) (string, error) {
	r, err := s.repo.Open(ctx, s.data)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", s.repo.Reading(s.data.Type, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
