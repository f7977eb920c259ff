package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"compose/internal/proc"
)

// Jigdo says what a jigdo template is made of: files from which others can
// put a disc image together that have its packages already.
type Jigdo struct {
	Image string // path of the disc image
	Tree  string // folder of the files that are on it
	Dir   string // gets NAME.iso.jigdo and NAME.iso.template
	Log   io.Writer
}

// Args gives the command line of jigdo-file, as Pungi's.
func (j Jigdo) Args() []string {
	base := filepath.Join(j.Dir, filepath.Base(j.Image))
	return []string{
		"jigdo-file", "make-template", "--force", "--image=" + j.Image, "--jigdo=" + base + ".jigdo", "--template=" + base + ".template",
		"--no-servers-section", "--report=noprogress",
		filepath.Clean(j.Tree) + "//", // what is behind the double slash is the name in the template
	}
}

// MakeJigdo runs jigdo-file. On failure neither of the files is there.
func MakeJigdo(ctx context.Context, j Jigdo) error {
	if !filepath.IsAbs(j.Image) || !filepath.IsAbs(j.Tree) || !filepath.IsAbs(j.Dir) {
		return errors.New("jigdo: paths must be absolute")
	}
	if err := os.MkdirAll(j.Dir, 0o755); err != nil {
		return fmt.Errorf("jigdo of %s: %w", filepath.Base(j.Image), err)
	}
	err := proc.Run(ctx, proc.Command{Args: j.Args(), Dir: j.Dir, Env: proc.Env(), Output: j.Log})
	if err != nil {
		base := filepath.Join(j.Dir, filepath.Base(j.Image))
		err = errors.Join(err, removeAll(base+".jigdo", base+".template"))
		return fmt.Errorf("jigdo of %s: %w", filepath.Base(j.Image), err)
	}
	return nil
}
