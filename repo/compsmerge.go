package repo

import "slices"

// MergeComps puts groups files together. What has one id becomes one: its
// names, texts and switches are those of the first file that has it, its
// packages and groups those of all, in the order of the files. A package that
// two files list in one group keeps the type of the first, and counts where
// either says. No file is changed.
func MergeComps(files ...*Comps) *Comps {
	out := &Comps{}
	for _, c := range files {
		out.Groups = merged(out.Groups, c.Groups, func(g Group) string { return g.ID }, mergeGroup)
		out.Categories = merged(out.Categories, c.Categories, func(x Category) string { return x.ID }, mergeCategory)
		out.Environments = merged(out.Environments, c.Environments, func(e Environment) string { return e.ID }, mergeEnvironment)
		out.Langpacks = merged(out.Langpacks, c.Langpacks, func(l Langpack) string { return l.Name }, func(a, _ Langpack) Langpack { return a })
		out.Notes = append(out.Notes, c.Notes...)
	}
	return out
}

// merged appends what is new of b to a and puts together what has one key.
func merged[T any](a, b []T, key func(T) string, join func(a, b T) T) []T {
	a = slices.Clone(a)
	at := make(map[string]int, len(a))
	for i, x := range a {
		at[key(x)] = i
	}
	for _, x := range b {
		if i, ok := at[key(x)]; ok {
			a[i] = join(a[i], x)
			continue
		}
		at[key(x)] = len(a)
		a = append(a, x)
	}
	return a
}

func mergeGroup(a, b Group) Group {
	a.Packages = merged(a.Packages, b.Packages, packageKey, func(p, q GroupPackage) GroupPackage {
		p.Arches, p.Variants = either(p.Arches, q.Arches), either(p.Variants, q.Variants)
		p.BasearchOnly = p.BasearchOnly && q.BasearchOnly
		return p
	})
	a.Arches, a.Variants = either(a.Arches, b.Arches), either(a.Variants, b.Variants)
	return a
}

// packageKey tells apart what one group may list twice: a package under two
// conditions.
func packageKey(p GroupPackage) string { return p.Name + "\x00" + p.Requires }

func mergeCategory(a, b Category) Category {
	a.Groups = mergeIDs(a.Groups, b.Groups)
	return a
}

func mergeEnvironment(a, b Environment) Environment {
	a.Groups, a.Options = mergeIDs(a.Groups, b.Groups), mergeIDs(a.Options, b.Options)
	a.Arches, a.Variants = either(a.Arches, b.Arches), either(a.Variants, b.Variants)
	return a
}

func mergeIDs(a, b []GroupID) []GroupID {
	return merged(a, b, func(g GroupID) string { return g.ID }, func(x, y GroupID) GroupID {
		x.Default = x.Default || y.Default
		x.Arches = either(x.Arches, y.Arches)
		return x
	})
}

// either is where a or b counts.
func either(a, b Only) Only {
	if a == nil || b == nil {
		return nil
	}
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
