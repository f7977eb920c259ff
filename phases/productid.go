package phases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/phases/dag"
	"compose/phases/event"
)

// maxCertificate bounds a product certificate.
const maxCertificate = 1 << 20

// certificates are the product certificates of trees; a tree without one is
// not in it.
type certificates map[Tree][]byte

// addProductIDs finds the product certificate of each tree (Pungi's
// product_id). Source and debuginfo trees have none. Without any configured
// there is no step. A missing one ends the compose before packages are linked;
// in Pungi only when rpms.json has been written.
func (p *plan) addProductIDs(cfg *config.Config, manifest dag.Promise[passed]) dag.Promise[certificates] {
	ids := cfg.ProductIDs
	if !ids.IsSet() {
		return dag.Promise[certificates]{}
	}
	s := p.Add("productid/certificates", "disk")
	p.usesOrigin(s, ids.Origin)
	if compatOf(cfg) == gather.CompatPungi43 {
		dag.Need(s, manifest)
	}
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (certificates, error) {
		dir, err := p.originFolder(ctx, ev, ids.Origin)
		if err != nil {
			return nil, err
		}
		out := certificates{}
		var faults []error
		for _, t := range p.trees {
			data, err := findCertificate(filepath.Join(dir, ids.Dir), t, ids)
			if errors.Is(err, errNoCertificate) && ids.AllowMissing {
				ev.Warn("%s", err)
				continue
			}
			out[t] = data
			faults = append(faults, err)
		}
		return out, errors.Join(faults...)
	})
}

// errNoCertificate says that a tree has no certificate, in Pungi's words: people
// search logs for them.
var errNoCertificate = errors.New("No product certificate found")

// findCertificate reads the certificate of a tree: the file VARIANT-ARCH-*.pem,
// with other text before where the rules allow it.
func findCertificate(dir string, t Tree, ids config.ProductIDs) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		rest, ok := strings.CutSuffix(e.Name(), ".pem")
		i := strings.Index(rest, t.Variant+"-"+t.Arch+"-")
		if ok && (i == 0 || i > 0 && ids.AllowPrefix) {
			found = append(found, e.Name())
		}
	}
	where := fmt.Sprintf("(arch: %s, variant: %s)", t.Arch, t.Variant)
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%w %s", errNoCertificate, where)
	case 1:
	default:
		return nil, fmt.Errorf("Multiple product certificates found %s: %s", where, strings.Join(found, ", "))
	}
	name := filepath.Join(dir, found[0])
	fi, err := os.Stat(name)
	if err == nil && (!fi.Mode().IsRegular() || fi.Size() > maxCertificate) {
		err = fmt.Errorf("%s: no file of at most %d bytes", name, maxCertificate)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}
