package image

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Lorax says how lorax is called. The zero value of each field leaves its
// option out, but for the two that Pungi has always set.
type Lorax struct {
	Product, Version, Release string
	// Sources are repositories: those of the package sets, lorax_extra_sources
	// and that of the comps file. A path becomes a file:// URL.
	Sources   []string
	Variant   string // uid
	BugURL    string
	MacBoot   bool // leaves --nomacboot out
	Upgrade   bool // leaves --noupgrade out
	Final     bool // --isfinal: a supported release
	BuildArch string
	VolumeID  string

	InstallPackages     []string // buildinstallpackages of the variant
	AddTemplates        []string
	AddArchTemplates    []string
	AddTemplateVars     []string
	AddArchTemplateVars []string

	LogFile      string
	RootfsSize   int // GiB
	DracutArgs   []string
	SkipBranding bool
	SquashfsOnly bool
	ConfigFile   string
	Output       string // folder; it must not be there yet
}

// Args gives the command line, in the order that Pungi has.
func (l Lorax) Args() ([]string, error) {
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("lorax: %w", err)
	}
	args := []string{"lorax", "--product=" + l.Product, "--version=" + l.Version, "--release=" + l.Release}
	each := func(option string, values []string) {
		for _, v := range values {
			args = append(args, option+"="+v)
		}
	}
	value := func(option, v string) {
		if v != "" {
			each(option, []string{v})
		}
	}
	for _, s := range l.Sources {
		if !strings.Contains(s, "://") {
			s = "file://" + s
		}
		args = append(args, "--source="+s)
	}
	value("--variant", l.Variant)
	value("--bugurl", l.BugURL)
	args = l.flags(args, []flag{{"--nomacboot", !l.MacBoot}, {"--noupgrade", !l.Upgrade}, {"--isfinal", l.Final}})
	value("--buildarch", l.BuildArch)
	value("--volid", l.VolumeID)
	each("--installpkgs", l.InstallPackages)
	each("--add-template", l.AddTemplates)
	each("--add-arch-template", l.AddArchTemplates)
	each("--add-template-var", l.AddTemplateVars)
	each("--add-arch-template-var", l.AddArchTemplateVars)
	value("--logfile", l.LogFile)
	if l.RootfsSize > 0 {
		value("--rootfs-size", strconv.Itoa(l.RootfsSize))
	}
	each("--dracut-arg", l.DracutArgs)
	args = l.flags(args, []flag{{"--skip-branding", l.SkipBranding}, {"--squashfs-only", l.SquashfsOnly}})
	if l.ConfigFile != "" {
		args = append(args, "--config", l.ConfigFile)
	}
	return append(args, l.Output), nil
}

// flag is an option without a value.
type flag struct {
	option string
	set    bool
}

func (l Lorax) flags(args []string, flags []flag) []string {
	for _, f := range flags {
		if f.set {
			args = append(args, f.option)
		}
	}
	return args
}

func (l Lorax) check() error {
	var errs []error
	if l.Product == "" || l.Version == "" || l.Release == "" {
		errs = append(errs, errors.New("product, version and release are needed"))
	}
	if len(l.Sources) == 0 {
		errs = append(errs, errors.New("no repository to take packages from"))
	}
	for _, s := range l.Sources {
		if !strings.Contains(s, "://") && !filepath.IsAbs(s) {
			errs = append(errs, fmt.Errorf("source %q: neither an absolute path nor a URL", s))
		}
	}
	if !filepath.IsAbs(l.Output) {
		errs = append(errs, fmt.Errorf("output folder %q is not absolute", l.Output))
	}
	if len(l.VolumeID) > maxVolumeID {
		errs = append(errs, fmt.Errorf("volume id %q: %d characters, at most %d", l.VolumeID, len(l.VolumeID), maxVolumeID))
	}
	if l.RootfsSize < 0 {
		errs = append(errs, fmt.Errorf("rootfs size %d", l.RootfsSize))
	}
	return errors.Join(errs...)
}

// maxCause bounds how many lines LoraxCause gives.
const maxCause = 12

// LoraxCause finds in the text of lorax's log (pylorax.log, else program.log)
// the lines that say why it failed: those of a failed dependency check, else
// the last error. It is empty where there is none.
func LoraxCause(log string) string {
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	at := -1
	for i, l := range lines {
		switch {
		case strings.Contains(l, "Dependency check failed"):
			at = i
		case at >= 0 && strings.Contains(lines[at], "Dependency check failed"):
		case strings.Contains(l, "ERROR") || strings.Contains(l, "CRITICAL") || strings.HasPrefix(l, "Traceback"):
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	end := at + 1
	for end < len(lines) && end-at < maxCause && !hasLogStamp(lines[end]) {
		end++
	}
	return strings.Join(lines[at:end], "\n")
}

// hasLogStamp says whether a line starts a message of its own:
// "2026-11-24 06:30:00,123: …".
func hasLogStamp(line string) bool {
	return len(line) > 19 && line[4] == '-' && line[7] == '-' && line[10] == ' ' && line[13] == ':'
}
