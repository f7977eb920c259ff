package pkgset

import (
	"context"

	"compose/internal/modulemd"
)

// moduleSuffixes are the names of files of module metadata in a folder: also
// those that Koji keeps, modulemd.x86_64.txt.
var moduleSuffixes = [...]string{".yaml", ".yml", ".txt", ".yaml.gz"}

// readModules gives the module metadata that a repository has; nil without.
func (r *sourceRepo) readModules(ctx context.Context) (*modulemd.Index, error) {
	d, ok := r.Repomd.Find("modules")
	if !ok {
		return nil, nil
	}
	f, err := r.open(ctx, d.Type)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return modulemd.ReadFrom(f, "modules.yaml", r.Name+": modules.yaml") // open has decompressed it
}

// modulesOf joins the module metadata of the repositories of a source with
// that of its file or folder. Without any it is nil.
func modulesOf(src *Source, all []*modulemd.Index, env Env) (*modulemd.Index, error) {
	if src.Modules != "" {
		files, err := modulemd.ReadPath(src.Modules, src.Modules, moduleSuffixes[:]...)
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	x, notes := modulemd.Merge(all...)
	for _, text := range append(x.Notes, notes...) {
		env.note(text)
	}
	return x, nil
}
