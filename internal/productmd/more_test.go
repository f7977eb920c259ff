package productmd

import (
	"strings"
	"testing"
)

func TestModules(t *testing.T) {
	m := &Modules{Compose: Compose{ID: "DP-1-20240229.0", Type: "production", Date: "20240229"}}
	good := ModuleEntry{"S", "x86_64", "perl:5.26:1:abc", "module-perl", "binary", "S/x86_64/os/repodata/modules.yaml.gz", []string{"b-0:1-1.noarch", "a-0:1-1.x86_64"}}
	debug := good
	debug.Category, debug.Path, debug.RPMs = "debug", "S/x86_64/debug/tree/repodata/modules.yaml.gz", []string{"a-0:1-1.x86_64"}
	for _, e := range []ModuleEntry{good, debug} {
		if err := m.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	const want = `"perl:5.26:1:abc": {
                        "metadata": {
                            "context": "abc",
                            "koji_tag": "module-perl",
                            "name": "perl",
                            "stream": "5.26",
                            "uid": "perl:5.26:1:abc",
                            "version": "1"
                        },
                        "modulemd_path": {
                            "binary": "S/x86_64/os/repodata/modules.yaml.gz",
                            "debug": "S/x86_64/debug/tree/repodata/modules.yaml.gz"
                        },
                        "rpms": [
                            "a-0:1-1.x86_64",
                            "b-0:1-1.noarch"
                        ]
                    }`
	if got, err := m.JSON(); err != nil || !strings.Contains(string(got), want) {
		t.Fatalf("%v\n%s", err, got)
	}
	for want, spoil := range map[string]func(*ModuleEntry){
		"no variant":               func(e *ModuleEntry) { e.Variant = "" },
		"not the architecture":     func(e *ModuleEntry) { e.Arch = "src" },
		"want name:stream":         func(e *ModuleEntry) { e.UID = "perl" },
		"want name:stream[":        func(e *ModuleEntry) { e.UID = "perl::1" },
		"unknown category":         func(e *ModuleEntry) { e.Category = "" },
		"not a path below":         func(e *ModuleEntry) { e.Path = "/a" },
		`package "a": want name-e`: func(e *ModuleEntry) { e.RPMs = []string{"a"} },
	} {
		e := good
		spoil(&e)
		if err := m.Add(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestImages(t *testing.T) {
	s := &Images{Compose: Compose{ID: "DP-1-20240229.0", Type: "production", Date: "20240229"}}
	good := Image{Path: "S/x86_64/iso/a.iso", Type: "dvd", Format: "iso", Arch: "x86_64", Disc: 1, Discs: 2, Subvariant: "S",
		Checksums: map[string]string{"sha256": "00"}, Unified: true, AdditionalVariants: []string{"T", "R"}}
	if err := s.Add("S", "x86_64", good); err != nil {
		t.Fatal(err)
	}
	if err := s.Add("S", "aarch64", good); err != nil {
		t.Errorf("the same image in another tree: %v", err)
	}
	got, err := s.JSON()
	const want = "\"additional_variants\": [\n                            \"R\",\n                            \"T\"\n                        ],"
	if err != nil || !strings.Contains(string(got), want) || !strings.Contains(string(got), `"volume_id": null`) {
		t.Fatalf("%v\n%s", err, got)
	}
	for want, spoil := range map[string]func(*Image){
		"a.iso has the same subvariant": func(i *Image) { i.Path = "b.iso" },
		"not a path below":              func(i *Image) { i.Path = "../b.iso" },
		`unknown type "x"`:              func(i *Image) { i.Type = "x" },
		"type dvd wants one of iso":     func(i *Image) { i.Format = "raw" },
		`unknown architecture "x"`:      func(i *Image) { i.Arch = "x" },
		"disc 3 of 2":                   func(i *Image) { i.Disc = 3 },
		"disc 0 of 2":                   func(i *Image) { i.Disc = 0 },
		"negative size":                 func(i *Image) { i.Size = -1 },
		"no checksum":                   func(i *Image) { i.Checksums = nil },
		"not unified":                   func(i *Image) { i.Unified = false },
	} {
		i := good
		spoil(&i)
		if err := s.Check("S", "x86_64", i); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	second := good
	second.Path, second.Disc = "S/x86_64/iso/b.iso", 2
	if err := s.Add("S", "x86_64", second); err != nil {
		t.Error(err)
	}
}

func TestImageFormats(t *testing.T) {
	for _, typ := range []string{"dvd", "live", "docker", "vagrant-libvirt", "qcow2", "wsl2", "vpc", "fex", "container", "vhd-compressed"} {
		formats := ImageFormats(typ)
		if len(formats) == 0 {
			t.Errorf("no format for %s", typ)
		}
		for _, f := range formats {
			if !strings.Contains(" "+strings.Join(AllImageFormats(), " ")+" ", " "+f+" ") {
				t.Errorf("%s of %s is not among all", f, typ)
			}
		}
	}
	if ImageFormats("x") != nil {
		t.Error("a format for an unknown type")
	}
}

func TestExtraFilesFaults(t *testing.T) {
	e := &ExtraFiles{}
	for _, f := range []func() error{
		func() error { return e.Add("S", "x", "a", nil) },
		func() error { return e.Add("S", "src", "/a", nil) },
		func() error { return e.Add("S", "src", "a", []ExtraFile{{Path: "../x"}}) },
		func() error { _, err := TreeExtraFilesJSON([]ExtraFile{{Path: "/x"}}); return err },
		func() error { _, err := e.JSON(); return err },
	} {
		if f() == nil {
			t.Error("no error")
		}
	}
	if got, err := TreeExtraFilesJSON(nil); err != nil || !strings.HasPrefix(string(got), "{\n    \"data\": [],") {
		t.Errorf("%v\n%s", err, got)
	}
}
