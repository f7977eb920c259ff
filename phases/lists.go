package phases

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
)

// lists are the packages that files beside the configuration name for each
// tree; the zero value names none.
type lists struct {
	prepopulate map[string]map[string]map[string][]string  // variant, arch, build: name.arch
	mapping     map[string]map[string]map[string][]*string // variant, arch, name: architectures, null for any
	from        [2]string                                  // the names of both files
}

// maxList bounds such a file.
const maxList = 64 << 20

// addLists reads the files of packages (Pungi's gather_prepopulate and
// gather_source_mapping). Without any there is no step.
func (p *plan) addLists(cfg *config.Config) dag.Promise[lists] {
	g := cfg.Gather
	if !g.Prepopulate.IsSet() && !g.SourceMapping.IsSet() {
		return dag.Promise[lists]{}
	}
	s := p.Add("gather/lists", "disk")
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (lists, error) {
		l := lists{from: [2]string{g.Prepopulate.Text, g.SourceMapping.Text}}
		err := errors.Join(readList(g.Prepopulate, &l.prepopulate), readList(g.SourceMapping, &l.mapping))
		if err != nil {
			return lists{}, err
		}
		for i, known := range [...][]string{slices.Collect(maps.Keys(l.prepopulate)), slices.Collect(maps.Keys(l.mapping))} {
			for _, uid := range slices.Sorted(slices.Values(known)) {
				if !slices.ContainsFunc(cfg.Variants, func(v config.Variant) bool { return v.UID() == uid }) {
					ev.Warn("%s: there is no variant %q", l.from[i], uid)
				}
			}
		}
		return l, l.check(p.trees)
	})
}

func readList(file config.Path, into any) error {
	if !file.IsSet() {
		return nil
	}
	f, err := os.Open(file.Abs)
	if err != nil {
		return fmt.Errorf("reading list of packages: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxList+1))
	switch {
	case err != nil:
	case len(b) > maxList:
		err = fmt.Errorf("larger than %d bytes", maxList)
	default:
		err = json.NewDecoder(bytes.NewReader(b)).Decode(into)
	}
	if err != nil {
		return fmt.Errorf("reading list of packages %s: %w", file.Text, err)
	}
	return nil
}

// check wants each package that is prepopulated for a tree to have an
// architecture.
func (l lists) check(trees []Tree) error {
	var errs []error
	for _, t := range trees {
		for _, pattern := range l.prepopulated(t.Variant, t.Arch) {
			if i := strings.LastIndexByte(pattern.Text, '.'); i < 1 || !rpm.KnownArch(pattern.Text[i+1:]) {
				errs = append(errs, fmt.Errorf("%s: %q has no architecture, want name.arch", pattern.Origin, pattern.Text))
			}
		}
	}
	return errors.Join(errs...)
}

// prepopulated gives the packages that belong to a tree, by build.
func (l lists) prepopulated(uid, arch string) []gather.Pattern {
	var out []gather.Pattern
	builds := l.prepopulate[uid][arch]
	for _, build := range slices.Sorted(maps.Keys(builds)) {
		origin := fmt.Sprintf("%s: %s.%s %s", l.from[0], uid, arch, build)
		for _, name := range builds[build] {
			out = append(out, gather.Pattern{Text: name, Origin: origin})
		}
	}
	return out
}

// mapped gives the packages of the source mapping for a tree, by name.
func (l lists) mapped(uid, arch string) []gather.Pattern {
	var out []gather.Pattern
	names := l.mapping[uid][arch]
	origin := fmt.Sprintf("%s: %s.%s", l.from[1], uid, arch)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for _, a := range names[name] {
			pattern := gather.Pattern{Text: name, Origin: origin}
			if a != nil {
				pattern.Arch = *a
			}
			out = append(out, pattern)
		}
	}
	return out
}
