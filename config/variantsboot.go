package config

// bootPackages makes a block of buildinstall.tree of the packages that lorax
// installs for a variant. Without lorax they mean nothing.
func (f *variantsFile) bootPackages(x *node) {
	packages := x.all("buildinstallpackages", "package")
	buildinstall, _ := f.root["buildinstall"].(map[string]any)
	if len(packages) == 0 || buildinstall["method"] != "lorax" || x.attrs["is_empty"] == "true" {
		return
	}
	n := lenOf(buildinstall["tree"]) + len(f.boot)
	key := index("buildinstall.tree", n)
	f.places[key] = packages[0].at
	f.boot = append(f.boot, map[string]any{
		"variant": x.attrs["id"], "lorax": map[string]any{"install": f.texts(key+".lorax.install", packages)},
	})
}

func lenOf(list any) int {
	switch l := list.(type) {
	case []any:
		return len(l)
	case []map[string]any:
		return len(l)
	}
	return 0
}

// addBoot puts the blocks behind those of the configuration.
func (f *variantsFile) addBoot() {
	if len(f.boot) == 0 {
		return
	}
	buildinstall := f.root["buildinstall"].(map[string]any)
	var all []any
	switch l := buildinstall["tree"].(type) {
	case []any:
		all = l
	case []map[string]any:
		for _, t := range l {
			all = append(all, t)
		}
	}
	buildinstall["tree"] = append(all, f.boot...)
}
