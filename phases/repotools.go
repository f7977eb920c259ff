package phases

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"compose/internal/repository"
	"compose/repo"
	"compose/repo/diff"
	"compose/repo/merge"
	"compose/repo/mirror"
	"compose/repo/sign"
	"compose/repo/verify"
)

// What the commands on repositories are told and tell, in the words of the
// packages that do the work.
type (
	MergeOptions  = merge.Options
	MergeRule     = merge.Keep
	MergeResult   = merge.Result
	MergeSource   = merge.Source
	RepoOptions   = repo.Options
	RepoDiff      = diff.Diff
	VerifyOptions = verify.Options
	VerifyReport  = verify.Report
	SyncOptions   = mirror.Options
	SyncProgress  = mirror.Progress
	SyncResult    = mirror.Result
	Signer        = sign.Signer
	GPGSigner     = sign.GPG
	KeyOptions    = sign.KeyOptions
)

// The rules by which MergeRepos chooses.
const (
	MergeFirst  = merge.First
	MergeLast   = merge.Last
	MergeNewest = merge.Newest
	MergeLatest = merge.Latest
	MergeAll    = merge.All
)

// SimpleNames says that names of metadata files do not begin with checksums.
const SimpleNames = repo.SimpleNames

// MergeRepos writes dir/repodata for the packages of several repositories.
// groupfile, when given, takes the place of their groups.
func MergeRepos(ctx context.Context, a RepoAccess, sources []string, dir string, opt MergeOptions) (res MergeResult, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return res, err
	}
	err = a.with(ctx, sources, func(_ repository.Access, all []*repository.Repository) error {
		res, err = merge.Merge(ctx, all, dir, opt)
		return err
	})
	return res, err
}

// RepoGroups reads a groups file, which may be compressed, and refuses one
// that is not whole.
func RepoGroups(path string) ([]byte, error) {
	data, err := readMetadata(path)
	if err != nil {
		return nil, err
	}
	_, err = repo.ReadComps(strings.NewReader(string(data)), path)
	return data, err
}

// RepoChange is what ModifyRepo does to a repository.
type RepoChange struct {
	Files  []string // to put in
	Type   string   // of the file; "" is its name up to the first dot. Only for one file
	Name   string   // of the metadata file; "" is that of the file. Only for one file
	Remove []string // types to take out
}

// ModifyRepo changes single metadata files of the repository whose folder, or
// whose repodata, is dir. Of opt, what repo.Modify says counts.
func ModifyRepo(ctx context.Context, dir string, c RepoChange, opt RepoOptions) (repo.Modified, error) {
	if (c.Type != "" || c.Name != "") && len(c.Files) != 1 {
		return repo.Modified{}, fmt.Errorf("a type or a name can be given to one file only, not to %d", len(c.Files))
	}
	changes := repo.Changes{Remove: c.Remove}
	for _, path := range c.Files {
		data, err := readMetadata(path)
		if err != nil {
			return repo.Modified{}, err
		}
		x := repo.Extra{Type: c.Type, Name: plainBase(path), Data: data}
		if x.Type == "" {
			x.Type, _, _ = strings.Cut(x.Name, ".")
		}
		if c.Name != "" {
			x.Name = plainBase(c.Name)
		}
		changes.Add = append(changes.Add, x)
	}
	return repo.Modify(ctx, repoRoot(dir), changes, opt)
}

// repoRoot gives the folder of a repository, of which somebody may have named
// the repodata.
func repoRoot(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "repodata")); err != nil {
		if _, err := os.Stat(filepath.Join(dir, "repomd.xml")); err == nil {
			return filepath.Join(dir, "..")
		}
	}
	return dir
}

// DiffRepos compares an old with a new repository.
func DiffRepos(ctx context.Context, a RepoAccess, old, new string) (d *RepoDiff, err error) {
	err = a.with(ctx, []string{old, new}, func(_ repository.Access, r []*repository.Repository) error {
		d, err = diff.Compare(ctx, r[0], r[1])
		return err
	})
	return d, err
}

// VerifyRepo checks a repository against itself. What the server has counts,
// not what was kept of it.
func VerifyRepo(ctx context.Context, a RepoAccess, address string, opt VerifyOptions) (rep *VerifyReport, err error) {
	a.CacheDir = ""
	err = a.with(ctx, []string{address}, func(access repository.Access, r []*repository.Repository) error {
		opt.Fetch, opt.Temp = access.Fetch, access.Dir
		rep, err = verify.Check(ctx, r[0], opt)
		return err
	})
	return rep, err
}

// SyncRepo makes dir a copy of the repository at an address.
func SyncRepo(ctx context.Context, a RepoAccess, address, dir string, opt SyncOptions) (*SyncResult, error) {
	access, end, err := a.open()
	if err != nil {
		return nil, err
	}
	defer end()
	opt.Fetch = access.Fetch
	return mirror.Sync(ctx, address, dir, opt)
}

// SignKey says what becomes of repomd.xml.key.
type SignKey = sign.Key

// SignRepo leaves the public key beside the signature alone, or writes it.
const (
	SignLeaveKey = sign.LeaveKey
	SignWriteKey = sign.WriteKey
)

// SignRepo signs the repomd.xml of the repository whose folder, or whose
// repodata, is dir.
func SignRepo(ctx context.Context, dir string, s Signer, key SignKey) error {
	return sign.Repository(ctx, repoRoot(dir), s, key)
}

// OpenSignKey reads a secret key for SignRepo from a file.
func OpenSignKey(path string, opt KeyOptions) (Signer, error) {
	k, err := sign.OpenKey(path, opt)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// TrustedKeys reads public keys and gives what judges a signature of
// repomd.xml by them; nil without keys.
func TrustedKeys(paths []string) (func(data, signature []byte) error, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	t, err := sign.ReadTrusted(paths...)
	if err != nil {
		return nil, err
	}
	return t.Verify, nil
}
