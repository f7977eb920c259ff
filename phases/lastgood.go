package phases

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/config"
	"compose/internal/productmd"
)

// LastGood gives the folder of the newest compose of the same release and base
// product in a target folder that has finished, or "". A folder that is not
// one, or cannot be read, is passed over.
func LastGood(cfg *config.Config, target string) string {
	type found struct {
		dir string
		id  productmd.Compose
	}
	var all []found
	entries, err := os.ReadDir(target)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		l := Layout{Top: filepath.Join(target, e.Name())}
		if !e.IsDir() || !hasFinished(l) {
			continue
		}
		info, err := readComposeInfo(l)
		if err == nil && sameProduct(info, cfg) {
			all = append(all, found{l.Top, info.Compose})
		}
	}
	if len(all) == 0 {
		return ""
	}
	return slices.MaxFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.id.Date, b.id.Date), cmp.Compare(a.id.Respin, b.id.Respin), cmp.Compare(a.dir, b.dir))
	}).dir
}

func hasFinished(l Layout) bool {
	word, err := os.ReadFile(l.Status())
	status := Status(strings.TrimSpace(string(word)))
	return err == nil && (status == Finished || status == FinishedIncomplete)
}

func readComposeInfo(l Layout) (*productmd.ComposeInfo, error) {
	f, err := os.Open(l.Metadata("composeinfo.json"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return productmd.LoadComposeInfo(f)
}

// sameProduct says whether a compose is of the release that the configuration
// is about.
func sameProduct(info *productmd.ComposeInfo, cfg *config.Config) bool {
	r, b := release(cfg), baseProduct(cfg)
	return info.Release.Short == r.Short && info.Release.Version == r.Version && info.Release.Type == r.Type &&
		(!r.Layered || info.Base.Short == b.Short && info.Base.Version == b.Version)
}
