package main

import (
	"github.com/spf13/cobra"

	"compose/phases"
)

// lockFlags are the flags about lock files.
type lockFlags struct{ locked string }

func (f *lockFlags) add(cmd *cobra.Command, o *phases.RunOptions) {
	fl := cmd.Flags()
	fl.StringVar(&o.WriteLock, "write-lock", "", "write a lock `file` of every input and its checksum, when the compose has finished")
	fl.StringVar(&f.locked, "locked", "", "use exactly the inputs of this lock `file`, and fail where they are not to be had")
	cmd.MarkFlagsMutuallyExclusive("write-lock", "locked")
}

// set gives the options the lock that the flags ask for.
func (f *lockFlags) set(o *phases.RunOptions) (err error) {
	switch {
	case f.locked != "":
		o.Lock, err = phases.ReadLock(f.locked)
	case o.WriteLock != "":
		o.Lock = phases.NewLock()
	}
	return err
}
