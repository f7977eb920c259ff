package productmd

import (
	"fmt"
)

// ExtraFile is a file of a tree that is neither package nor metadata.
type ExtraFile struct {
	Path      string // relative to the tree
	Size      int64
	Checksums map[string]string // by algorithm, "sha256", in hex
}

func (f ExtraFile) object(prefix string) (object, error) {
	if !isInside(f.Path) {
		return nil, fmt.Errorf("extra files: %q is not a path below the tree", f.Path)
	}
	return object{"file": prefix + f.Path, "size": f.Size, "checksums": stringObject(f.Checksums)}, nil
}

func stringObject(m map[string]string) object {
	o := object{}
	for k, v := range m {
		o[k] = v
	}
	return o
}

func extraObjects(files []ExtraFile, prefix string) ([]object, error) {
	list := []object{}
	for _, f := range files {
		o, err := f.object(prefix)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// TreeExtraFilesJSON gives the content of extra_files.json in a tree: the
// files in the given order, their paths relative to the tree.
func TreeExtraFilesJSON(files []ExtraFile) ([]byte, error) {
	data, err := extraObjects(files, "")
	if err != nil {
		return nil, err
	}
	return dump(object{"header": object{"version": "1.0"}, "data": data}), nil
}

// ExtraFiles is the content of extra_files.json of the whole compose. The
// zero value is an empty one once Compose is set.
type ExtraFiles struct {
	Compose Compose
	trees   object
}

// Add notes the files of a tree, in their order; arch may be src. tree is the
// path of the tree relative to the folder "compose".
func (e *ExtraFiles) Add(variant, arch, tree string, files []ExtraFile) error {
	if variant == "" || !isTreeArch(arch) && arch != "src" {
		return fmt.Errorf("extra files: %q.%q is not a tree", variant, arch)
	}
	if !isInside(tree) {
		return fmt.Errorf("extra files: %q is not a path below the compose", tree)
	}
	list, err := extraObjects(files, tree+"/")
	if err != nil {
		return err
	}
	if e.trees == nil {
		e.trees = object{}
	}
	byArch, ok := e.trees[variant].(object)
	if !ok {
		byArch = object{}
		e.trees[variant] = byArch
	}
	before, _ := byArch[arch].([]object)
	byArch[arch] = append(before, list...)
	return nil
}

// JSON gives the content of extra_files.json.
func (e *ExtraFiles) JSON() ([]byte, error) {
	if err := e.Compose.Validate(); err != nil {
		return nil, fmt.Errorf("extra files: %w", err)
	}
	payload := object{"compose": e.Compose.object(), "extra_files": e.trees}
	return dump(object{"header": header("extra_files"), "payload": payload}), nil
}
