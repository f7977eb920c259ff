package phases

// extraFiles are the extra files of one tree.
type extraFiles struct {
	Files []extraFile
}

// extraFile is a file in a tree that no package has.
type extraFile struct {
	Path      string // below the tree
	Size      int64
	Checksums map[string]string
}

// keys are the paths with checksums, for fingerprints.
func (x extraFiles) keys() []string {
	var out []string
	for _, f := range x.Files {
		for _, alg := range []string{"sha256", "sha512", "sha384", "sha224", "sha1", "md5"} {
			if sum := f.Checksums[alg]; sum != "" {
				out = append(out, f.Path+" "+alg+":"+sum)
				break
			}
		}
	}
	return out
}
