package image

import (
	"strings"
	"testing"
)

var fedora = Release{
	ComposeID: "Fedora-44-20261124.n.0", Short: "Fedora", Version: "44", Date: "20261124", Type: "nightly", TypeSuffix: ".n",
}

func labelled(r Release, label string) Release { r.Label = label; return r }

func layered(r Release) Release {
	r.BaseName, r.BaseShort, r.BaseVersion = "Base Product", "BP", "7"
	return r
}

func TestImageName(t *testing.T) {
	dvd := Disc{Variant: "Server", Arch: "x86_64", Type: "dvd", Number: 1}
	cases := []struct {
		format string
		rel    Release
		disc   Disc
		want   string
	}{
		{"", fedora, dvd, "Fedora-44-20261124.n.0-Server-x86_64-dvd1.iso"},
		{"", fedora, Disc{Variant: "Server", Arch: "src", Type: "dvd", Number: 2}, "Fedora-44-20261124.n.0-Server-source-dvd2.iso"},
		{"", fedora, Disc{Variant: "Server", Arch: "x86_64", Type: "boot"}, "Fedora-44-20261124.n.0-Server-x86_64-boot.iso"},
		{"", fedora, Disc{Variant: "Server", Arch: "x86_64", Type: DiscType("dvd", map[string]string{"dvd": "DVD"}), Number: 1}, "Fedora-44-20261124.n.0-Server-x86_64-DVD1.iso"},
		{"", fedora, Disc{Variant: "Server-optional", Arch: "s390x", Type: DiscType("live", map[string]string{"dvd": "DVD"}), Number: 12}, "Fedora-44-20261124.n.0-Server-optional-s390x-live12.iso"},
		{"%(release_short)s-%(variant)s-%(disc_type)s-%(arch)s-%(version)s-%(date)s%(type_suffix)s.%(respin)s.iso", fedora, dvd, "Fedora-Server-dvd-x86_64-44-20261124.n.0.iso"},
		{"{release_short}-{variant}-{arch}-{date}{suffix}", fedora, Disc{Variant: "S", Arch: "src", Type: "dvd", Number: 1, Suffix: ".raw"}, "Fedora-S-source-20261124.raw"},
		{"{variant}-{disc_num}-of-{disc_count}.iso", fedora, Disc{Variant: "S", Arch: "x86_64", Number: 2, Count: 3}, "S-2-of-3.iso"},
		{"{variant}-{label}.iso", labelled(fedora, "RC-1.2"), dvd, "Server-RC-1.2.iso"},
		{"{variant}-{label_major_version}.iso", labelled(fedora, "RC-1.2"), dvd, "Server-RC-1.iso"},
		{"{{x}}-%%-{type}.iso", fedora, dvd, "{x}-%-nightly.iso"},
		{"{base_product_short}{base_product_version}.iso", layered(fedora), dvd, "BP7.iso"},
		{"{variant}%(arch)s.iso", fedora, Disc{Variant: "%(arch)s", Arch: "{x}"}, "%(arch)s{x}.iso"}, // values are not formats
	}
	for _, c := range cases {
		got, err := ImageName(c.format, c.rel, c.disc)
		if err != nil || got != c.want {
			t.Errorf("%q: %q, %v; want %q", c.format, got, err, c.want)
		}
	}
}

func TestImageNameFaults(t *testing.T) {
	disc := Disc{Variant: "Server", Arch: "x86_64", Type: "dvd", Number: 1}
	for format, want := range map[string]string{
		"{nothing}.iso":          `unknown key "nothing"`,
		"{variant":               "is not a reference",
		"{variant:>10}":          "is not a reference",
		"%(variant)d":            "is not a reference",
		"100%.iso":               `"%" stands alone`,
		"a}b":                    `"}" stands alone`,
		"../{variant}":           "is not a file name",
		"{variant}/x":            "is not a file name",
		".{variant}":             "is not a file name",
		"{label}":                "is not a file name",
		strings.Repeat("x", 300): "300 bytes",
	} {
		if got, err := ImageName(format, fedora, disc); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want %q", format, got, err, want)
		}
	}
}

func TestVolumeID(t *testing.T) {
	server := Disc{Variant: "Server", Arch: "x86_64", Type: "dvd"}
	long := Disc{Variant: "Workstation-with-a-long-name", Arch: "x86_64"}
	cases := []struct {
		rules VolumeIDRules
		rel   Release
		disc  Disc
		want  string
	}{
		{VolumeIDRules{}, fedora, server, "Fedora-44 Server.x86_64"},
		{VolumeIDRules{}, fedora, Disc{Variant: "Server", Arch: "src"}, "Fedora-44 Server.src"},
		{VolumeIDRules{}, fedora, Disc{Arch: "x86_64"}, "Fedora-44 x86_64"},
		{VolumeIDRules{}, fedora, long, "Fedora-44 x86_64"},
		{VolumeIDRules{Restricted: true}, fedora, server, "Fedora-44-Server-x86_64"},
		{VolumeIDRules{Restricted: true, Formats: []string{"a_b c.d%%{{"}}, fedora, server, "a_b-c-d--"},
		{VolumeIDRules{}, layered(fedora), server, "Fedora-44 BP-7 Server.x86_64"},
		{VolumeIDRules{}, layered(fedora), long, "Fedora-44 BP-7 x86_64"},
		{VolumeIDRules{Layered: []string{"{base_product_short} {variant}"}}, layered(fedora), server, "BP Server"},
		{VolumeIDRules{Layered: []string{"{base_product_short} {variant}"}}, fedora, server, "Fedora-44 Server.x86_64"},
		{VolumeIDRules{Formats: []string{"{variant}-{disc_type}-{arch}"}}, fedora, server, "Server-dvd-x86_64"},
		{VolumeIDRules{Formats: []string{"%(release_short)s-%(version)s"}}, fedora, server, "Fedora-44"},
		{VolumeIDRules{Formats: []string{"%(variant)s", "plain {arch}"}}, fedora, Disc{Arch: "x86_64"}, "plain x86_64"},
		{VolumeIDRules{Substitutions: map[string]string{"Fedora": "F", "Server": "S"}}, fedora, server, "F-44 S.x86_64"},
		// The longest goes first, or else "Fedora" would take away from it.
		{VolumeIDRules{Substitutions: map[string]string{"Fedora": "F", "Fedora-44 Server": "FS"}}, fedora, server, "FS.x86_64"},
		{VolumeIDRules{Substitutions: map[string]string{"x86_64": "x64", "x86_64-": "!", "64": "sixtyfour"}}, fedora, server, "Fedora-44 Server.xsixtyfour"},
		// What fits after the substitution is used.
		{VolumeIDRules{Substitutions: map[string]string{"Workstation-with-a-long-name": "WS"}}, fedora, long, "Fedora-44 WS.x86_64"},
		{VolumeIDRules{Formats: []string{strings.Repeat("x", 33), strings.Repeat("y", 32), "z"}}, fedora, server, strings.Repeat("y", 32)},
		{VolumeIDRules{Formats: []string{"{date}{type_suffix}.{respin}"}}, fedora, server, "20261124.n.0"},
		{VolumeIDRules{Formats: []string{"{label}"}, Restricted: true}, labelled(fedora, "Beta-1.1"), server, "Beta-1-1"},
	}
	for i, c := range cases {
		got, err := c.rules.VolumeID(c.rel, c.disc, nil)
		if err != nil || got != c.want {
			t.Errorf("%d: %q, %v; want %q", i, got, err, c.want)
		}
	}
	more := Keys{"volid": "Fedora-44 Server.x86_64"}
	if got, err := (VolumeIDRules{Formats: []string{"{volid} x"}}).VolumeID(fedora, server, more); err != nil || got != "Fedora-44 Server.x86_64 x" {
		t.Error(got, err)
	}
	if got, err := ImageNameWith("my-{filename}", fedora, server, Keys{"filename": "f.iso"}); err != nil || got != "my-f.iso" {
		t.Error(got, err)
	}
}

func TestVolumeIDFaults(t *testing.T) {
	server := Disc{Variant: "Server", Arch: "x86_64"}
	for format, want := range map[string]string{
		"{what}":                 `unknown key "what"`,
		strings.Repeat("v", 40):  `none has at most 32 characters: "vvvv`,
		"{label}":                "it is empty",
		"Äpfel":                  "not printable ASCII",
		"{variant}{variant":      "is not a reference",
		"{variant} %(arch)s 5 %": "stands alone",
	} {
		if got, err := (VolumeIDRules{Formats: []string{format}}).VolumeID(fedora, server, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want %q", format, got, err, want)
		}
	}
	if _, err := (VolumeIDRules{Formats: []string{"{variant}"}}).VolumeID(fedora, Disc{Arch: "x86_64"}, nil); err == nil {
		t.Error("no error without a usable format")
	}
}
