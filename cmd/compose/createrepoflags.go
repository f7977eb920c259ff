package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"compose/phases"
)

// createrepoFlags are createrepo_c's options, under its names.
type createrepoFlags struct {
	cacheDir, cachedir, basedir string
	quiet, verbose              bool
	where                       string // the parent of repodata, for the user

	excludes, includes     []string
	pkglist                string
	skipSymlinks           bool
	output                 string
	baseurl, prefix        string
	cutDirs, changelog     int
	update, keepAll        bool
	discard                bool
	groupfile, updateinfo  string
	extra                  []string
	checksum, repomdSum    string
	general, compress      string
	xz                     bool
	database, noDatabase   bool
	filelistsExt           bool
	unique, simple         bool
	retain                 int
	retainAge              string
	distro, content, repos []string
	revision               string
	revisionTime           bool
	readList               string
	workers                int
	errorExit              bool
	sign                   signFlags
}

func (f *createrepoFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.SortFlags = false
	f.addWhat(fl)
	f.addSaid(fl)
	f.addHow(fl)
	f.addSign(fl)
	f.addFree(fl)
	for _, name := range slices.Sorted(maps.Keys(refusals())) {
		fl.Var(new(anything), name, "not supported")
		fl.Lookup(name).NoOptDefVal = " "
		_ = fl.MarkHidden(name)
	}
	cmd.MarkFlagsMutuallyExclusive("quiet", "verbose")
	cmd.MarkFlagsMutuallyExclusive("sign-key", "sign-gpg")
	cmd.MarkFlagsMutuallyExclusive("database", "no-database")
	cmd.MarkFlagsMutuallyExclusive("unique-md-filenames", "simple-md-filenames")
	cmd.MarkFlagsMutuallyExclusive("retain-old-md", "retain-old-md-by-age")
	cmd.MarkFlagsMutuallyExclusive("keep-all-metadata", "discard-additional-metadata")
	_ = cmd.MarkFlagFilename("groupfile", "xml", "gz", "xz", "zst")
	_ = cmd.MarkFlagDirname("outputdir")
}

// addWhat adds what decides which packages are in the repository.
func (f *createrepoFlags) addWhat(fl *pflag.FlagSet) {
	fl.StringArrayVarP(&f.excludes, "excludes", "x", nil, "leave out packages whose path relative to DIR matches this `pattern` of * and ?, which match / too (repeatable)")
	fl.StringVarP(&f.pkglist, "pkglist", "i", "", "take the packages that this `file` lists, one path relative to DIR per line, and no others")
	fl.StringArrayVarP(&f.includes, "includepkg", "n", nil, "take this `package`, a path relative to DIR, and others only when listed (repeatable)")
	fl.BoolVarP(&f.skipSymlinks, "skip-symlinks", "S", false, "ignore symbolic links to packages")
	fl.StringVarP(&f.output, "outputdir", "o", "", "write repodata in this `folder` (default DIR)")
	fl.StringVar(&f.basedir, "basedir", "", "`folder` that a relative DIR begins in")
}

// addSaid adds what decides what is said of packages and repository.
func (f *createrepoFlags) addSaid(fl *pflag.FlagSet) {
	fl.StringVarP(&f.baseurl, "baseurl", "u", "", "`URL` that the locations of packages are relative to")
	fl.StringVar(&f.prefix, "location-prefix", "", "`prefix` before the locations of packages")
	fl.IntVar(&f.cutDirs, "cut-dirs", 0, "drop `n` leading folders from the locations of packages")
	fl.IntVar(&f.changelog, "changelog-limit", phases.MaxChangelog, "keep the last `n` changelog entries of a package, at most 10")
	fl.StringVarP(&f.groupfile, "groupfile", "g", "", "groups `file` (comps.xml) to add")
	fl.StringVar(&f.updateinfo, "updateinfo", "", "updateinfo.xml `file` to add, filtered to the packages of the repository")
	fl.StringArrayVar(&f.extra, "extra-md", nil, "add a metadata file of any type: `type=file`, such as productid=cert.pem (repeatable)")
	fl.BoolVar(&f.filelistsExt, "filelists-ext", false, "write filelists-ext, with the digests of the files in packages")
	fl.StringArrayVar(&f.distro, "distro", nil, "distribution `[cpeid,]name` (repeatable)")
	fl.StringArrayVar(&f.content, "content", nil, "`tag` for the content (repeatable)")
	fl.StringArrayVar(&f.repos, "repo", nil, "`tag` for the repository (repeatable)")
	fl.StringVar(&f.revision, "revision", "", "`revision` of the repository (default: the time)")
	fl.BoolVar(&f.revisionTime, "set-timestamp-to-revision", false, "use --revision, seconds since 1970, as the time in repomd.xml and of the files")
}

// addHow adds what decides how it is written.
func (f *createrepoFlags) addHow(fl *pflag.FlagSet) {
	fl.BoolVar(&f.update, "update", false, "keep what the old repodata has beside the metadata of packages: groups, modules, advisories")
	fl.BoolVar(&f.keepAll, "keep-all-metadata", false, "keep it (the default with --update)")
	fl.BoolVar(&f.discard, "discard-additional-metadata", false, "do not keep it")
	fl.StringVarP(&f.checksum, "checksum", "s", "sha256", "`type` of the checksums of packages and metadata: sha256, sha384 or sha512")
	fl.StringVar(&f.repomdSum, "repomd-checksum", "", "`type` of the checksums of metadata (default: --checksum)")
	fl.StringVar(&f.general, "general-compress-type", "", "`compression` of all metadata: zstd, gz, xz or none (default zstd)")
	fl.StringVar(&f.compress, "compress-type", "", "`compression` of groups, databases and other additional metadata")
	fl.BoolVar(&f.xz, "xz", false, "the same as --compress-type xz")
	fl.BoolVarP(&f.database, "database", "d", false, "write SQLite databases for yum")
	fl.BoolVar(&f.noDatabase, "no-database", false, "write none (the default)")
	fl.BoolVar(&f.unique, "unique-md-filenames", false, "names of metadata files begin with their checksum (the default)")
	fl.BoolVar(&f.simple, "simple-md-filenames", false, "they do not")
	fl.IntVar(&f.retain, "retain-old-md", 1, "keep the last `n` former versions of metadata files")
	fl.StringVar(&f.retainAge, "retain-old-md-by-age", "", "keep old metadata that is not older than this `time`: a number with m, h or d")
	fl.IntVar(&f.workers, "workers", 0, "how many `threads` read and compress (default: the number of cores)")
	fl.StringVar(&f.cacheDir, "cache-dir", defaultCacheDir(), "`folder` of what is known of packages, shared by all composes; \"\" keeps nothing")
	fl.StringVarP(&f.cachedir, "cachedir", "c", "", "the same, relative to the output folder")
	fl.StringVar(&f.readList, "read-pkgs-list", "", "write the paths of the packages that had to be read to this `file`")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "print warnings and errors only")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "print which packages were read")
	fl.BoolVar(&f.errorExit, "error-exit-val", false, "exit with 2, not 3, when packages were left out")
}

// addSign adds what signs repomd.xml; see compose repo sign.
func (f *createrepoFlags) addSign(fl *pflag.FlagSet) {
	fl.StringVar(&f.sign.keyFile, "sign-key", "", "sign repomd.xml with the secret key in this `file`")
	fl.BoolVar(&f.sign.useGPG, "sign-gpg", false, "sign repomd.xml with the gpg program")
	fl.StringVar(&f.sign.keyID, "sign-key-id", "", "which `key`: the end of a fingerprint, or an address")
	fl.StringVar(&f.sign.passphraseFile, "sign-passphrase-file", "", "`file` whose first line is the passphrase")
	fl.BoolVar(&f.sign.publicKey, "sign-public-key", false, "write the public key to repodata/repomd.xml.key too")
}

// addFree adds options that ask for what is so in any case.
func (f *createrepoFlags) addFree(fl *pflag.FlagSet) {
	var always bool
	fl.BoolVarP(&always, "pretty", "p", true, "metadata is written for people to read")
	fl.BoolVar(&always, "ignore-lock", true, "no lock is used")
	fl.BoolVar(&always, "local-sqlite", true, "databases are made in the folder for temporary files")
	fl.BoolVar(&always, "compatibility", true, "--retain-old-md counts versions")
	for _, name := range []string{"pretty", "ignore-lock", "local-sqlite", "compatibility"} {
		_ = fl.MarkHidden(name)
	}
}

// refusals says why options of createrepo_c are not supported.
func refusals() map[string]string {
	delta := "delta packages are not supported: no current dnf reads them"
	return map[string]string{
		"zck":                "zchunk is not supported: dnf and zypper read zstd as well",
		"zck-dict-dir":       "zchunk is not supported: dnf and zypper read zstd as well",
		"deltas":             delta,
		"oldpackagedirs":     delta,
		"num-deltas":         delta,
		"max-delta-rpm-size": delta,
		"split":              "media sets are not supported",
		"skip-stat":          "a file that was not looked at cannot be trusted to be unchanged",
		"update-md-path":     "packages are known by the cache (--cache-dir), whatever repository they were in",
		"recycle-pkglist":    "packages are listed by looking at the folder, or by --pkglist",
		"duplicated-nevra":   "all packages of one name and version are kept",
		"delayed-dump":       "packages are written as they are read",
	}
}

// refused says no to what is not supported.
func (f *createrepoFlags) refused(cmd *cobra.Command) error {
	for _, name := range slices.Sorted(maps.Keys(refusals())) {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s: %s", name, refusals()[name])
		}
	}
	return nil
}

// anything is the value of an option that is refused.
type anything struct{}

func (*anything) String() string   { return "" }
func (*anything) Set(string) error { return nil }
func (*anything) Type() string     { return "string" }

// compressions are the names of --compress-type.
func compression(flag, name string) (string, error) {
	switch strings.ToLower(name) {
	case "zstd", "zst":
		return "zst", nil
	case "gz", "xz", "none":
		return strings.ToLower(name), nil
	case "bz2":
		return "", fmt.Errorf("--%s bz2: is read but not written; use zstd, gz or xz", flag)
	case "zck":
		return "", fmt.Errorf("--%s zck: zchunk is not supported; use zstd, gz or xz", flag)
	}
	return "", fmt.Errorf("--%s %q: want zstd, gz, xz or none", flag, name)
}
