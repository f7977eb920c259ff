package phases

import (
	"errors"

	"compose/config"
	"compose/internal/productmd"
)

// Identity is who a compose is: id, type, date, respin, label.
type Identity = productmd.Compose

// identify gives the identity of a compose that is the respin-th of its day.
func identify(cfg *config.Config, o *RunOptions, respin int) (Identity, error) {
	id := Identity{
		Type: cfg.Compose.Type, Date: o.Time.Format("20060102"), Respin: respin,
		Label: o.Label, Final: o.Supported || productmd.Supported(o.Label),
	}
	var err error
	id.ID, err = productmd.ComposeID(release(cfg), baseProduct(cfg), id)
	return id, err
}

// checkLabel keeps Pungi's rules: a production compose has a label or says
// that it has none, and a label names a known milestone.
func checkLabel(composeType string, o RunOptions) error {
	if o.Label != "" {
		if _, _, err := productmd.SplitLabel(o.Label); err != nil {
			return err
		}
	}
	if composeType == "production" && o.Label == "" && !o.NoLabel {
		return errors.New("a production compose needs --label NAME-X.Y, or --no-label")
	}
	return nil
}

func release(cfg *config.Config) productmd.Release {
	r := cfg.Release
	return productmd.Release{
		Name: r.Name, Short: r.Short, Version: r.Version, Type: r.Type,
		Internal: r.Internal, Layered: cfg.IsLayered(),
	}
}

func baseProduct(cfg *config.Config) productmd.BaseProduct {
	b := cfg.BaseProduct
	return productmd.BaseProduct{Name: b.Name, Short: b.Short, Version: b.Version, Type: b.Type}
}
