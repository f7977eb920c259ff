package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"compose/phases"
)

// modifyFlags are the flags of compose repo modify, under modifyrepo_c's names.
type modifyFlags struct {
	repoFlags
	out      outputFlags
	change   phases.RepoChange
	compress bool
	plain    bool
}

func newRepoModifyCmd() *cobra.Command {
	f := &modifyFlags{}
	cmd := &cobra.Command{
		Use:   "modify [flags] [FILE...] REPO",
		Short: "Put metadata files into a repository, or take types out",
		Long: `Put files of metadata (module metadata, advisories, product ids, anything) into
a repository, or take types out of it. REPO is the folder of the repository or
its repodata. A file takes the place of what the repository has of its type,
and so do other forms of it: group_gz goes with group.

Every other file, and what repomd.xml says of it, stays as it is byte for byte.
repomd.xml changes in one step, after the new files are there and before the
old ones go. A signature of repomd.xml is removed, since it does not fit any
more: compose repo sign makes a new one.`,
		Example: `  compose repo modify --mdtype modules modules.yaml /srv/repo
  compose repo modify --no-compress productid /srv/repo/repodata
  compose repo modify --remove updateinfo /srv/repo`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.repoFlags.add(cmd)
	f.out.add(cmd, "gz")
	fl := cmd.Flags()
	fl.StringVar(&f.change.Type, "mdtype", "", "`type` of the file; by default its name up to the first dot")
	fl.StringVar(&f.change.Name, "new-name", "", "`name` of the metadata file, in place of the file's own")
	fl.StringSliceVar(&f.change.Remove, "remove", nil, "take this `type` out (repeatable)")
	fl.BoolVar(&f.compress, "compress", true, "compress the files")
	fl.BoolVar(&f.plain, "no-compress", false, "do not compress the files")
	cmd.MarkFlagsMutuallyExclusive("no-compress", "compress-type")
	cmd.MarkFlagsMutuallyExclusive("no-compress", "compress")
	return cmd
}

func (f *modifyFlags) run(cmd *cobra.Command, args []string) error {
	dir := args[len(args)-1]
	f.change.Files = args[:len(args)-1]
	if len(f.change.Files) == 0 && len(f.change.Remove) == 0 {
		return errors.New("nothing to do: give a FILE to put in, or --remove TYPE")
	}
	if f.plain || !f.compress {
		f.out.compress = "none"
	}
	opt, err := f.out.options()
	if err != nil {
		return err
	}
	m, err := phases.ModifyRepo(cmd.Context(), dir, f.change, opt)
	if err != nil {
		return ended(cmd, exitDoomed, err)
	}
	r := modifyReport{Dir: dir, Added: []string{}, Removed: []string{}, SignatureRemoved: m.Unsigned}
	for _, d := range m.Added {
		r.Added = append(r.Added, d.Href)
	}
	for _, d := range m.Removed {
		r.Removed = append(r.Removed, d.Href)
	}
	return f.result(cmd, r, func(w io.Writer) error {
		for _, href := range r.Removed {
			fmt.Fprintln(w, "removed", cleanLine(href))
		}
		for _, href := range r.Added {
			fmt.Fprintln(w, "added", cleanLine(href))
		}
		if r.SignatureRemoved {
			fmt.Fprintln(w, "removed repodata/repomd.xml.asc, which does not fit any more")
		}
		return nil
	})
}

// modifyReport is the result as JSON.
type modifyReport struct {
	Dir              string   `json:"dir"`
	Added            []string `json:"added"`
	Removed          []string `json:"removed"`
	SignatureRemoved bool     `json:"signature_removed"`
}
