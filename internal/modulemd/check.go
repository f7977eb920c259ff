package modulemd

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxName bounds names of modules, streams and contexts. They become parts of
// messages, JSON keys and reports, and N:S:V:C is taken apart at the colons.
const maxName = 200

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
	contextForm = regexp.MustCompile(`^[A-Za-z0-9._+-]+$`)
	archForm    = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)
	staticForm  = regexp.MustCompile(`^[A-Za-z0-9_]{1,13}$`)
)

func checkName(what, s string) error {
	switch {
	case s == "":
		return fmt.Errorf("no %s", what)
	case len(s) > maxName || !nameForm.MatchString(s):
		return fmt.Errorf("%s %.40q is not made of letters, digits and ._+-", what, s)
	}
	return nil
}

func checkNameStream(name, stream string) error {
	return errors.Join(checkName("name", name), checkName("stream", stream))
}

func (s *Stream) checkNames() error {
	errs := []error{checkNameStream(s.Name, s.Stream)}
	switch {
	case s.StaticContext && !staticForm.MatchString(s.Context):
		errs = append(errs, fmt.Errorf("static context %.40q is not 1 to 13 of A-Z, a-z, 0-9 and _", s.Context))
	case s.Context != "" && (len(s.Context) > maxName || !contextForm.MatchString(s.Context)):
		errs = append(errs, fmt.Errorf("context %.40q is not made of letters, digits and ._+-", s.Context))
	}
	if s.Arch != "" && !archForm.MatchString(s.Arch) {
		errs = append(errs, fmt.Errorf("%.40q is no architecture", s.Arch))
	}
	return errors.Join(errs...)
}

// checkComplete wants what libmodulemd wants: a stream that lacks it is not
// there for dnf.
func checkComplete(data *node) error {
	var errs []error
	for _, key := range []string{"summary", "description"} {
		if field(data, key) == nil {
			errs = append(errs, fmt.Errorf("no %s", key))
		}
	}
	if l := field(data, "license", "module"); l == nil || len(l.list) == 0 {
		errs = append(errs, errors.New("no license of the module"))
	}
	return errors.Join(errs...)
}

// checkArtifacts wants each as name-epoch:version-release.arch.
func checkArtifacts(list []string) error {
	for _, s := range list {
		if _, ok := parseNEVRA(s); !ok {
			return fmt.Errorf("artifact %.100q is not name-epoch:version-release.arch", s)
		}
	}
	return nil
}

// nevra is an artifact taken apart as far as it matters.
type nevra struct{ name, arch string }

func parseNEVRA(s string) (nevra, bool) {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 || !archForm.MatchString(s[dot+1:]) || strings.ContainsAny(s, "/ \t\r\n") || strings.Contains(s, "..") {
		return nevra{}, false
	}
	rest := s[:dot]
	release := strings.LastIndexByte(rest, '-')
	if release < 0 {
		return nevra{}, false
	}
	version := strings.LastIndexByte(rest[:release], '-')
	if version <= 0 || release-version < 2 || release == len(rest)-1 {
		return nevra{}, false
	}
	epoch, number, ok := strings.Cut(rest[version+1:release], ":")
	if !ok || epoch == "" || number == "" || strings.Trim(epoch, "0123456789") != "" {
		return nevra{}, false
	}
	return nevra{rest[:version], s[dot+1:]}, true
}

func (d *Defaults) check() error {
	errs := []error{checkName("name", d.Module)}
	streams := []string{d.Stream}
	for _, in := range d.Intents {
		streams = append(streams, in.Stream)
	}
	for _, s := range streams {
		if s != "" {
			errs = append(errs, checkName("default stream", s))
		}
	}
	return errors.Join(errs...)
}

func (o *Obsolete) check(data *node) error {
	errs := []error{checkNameStream(o.Module, o.Stream)}
	for _, key := range []string{"modified", "message"} {
		if text(field(data, key)) == "" {
			errs = append(errs, fmt.Errorf("no %s", key))
		}
	}
	if by := field(data, "obsoleted_by"); by != nil {
		errs = append(errs, checkNameStream(text(field(by, "module")), text(field(by, "stream"))))
	}
	if text(field(data, "reset")) == "true" && (field(data, "eol_date") != nil || field(data, "obsoleted_by") != nil) {
		errs = append(errs, errors.New("reset together with eol_date or obsoleted_by"))
	}
	return errors.Join(errs...)
}

// check refuses lists that both name and exclude streams, as libmodulemd does.
func (r Requirements) check() error {
	for _, module := range slices.Sorted(maps.Keys(r)) {
		not := 0
		for _, stream := range r[module] {
			if strings.HasPrefix(stream, "-") {
				not++
			}
		}
		if not > 0 && not < len(r[module]) {
			return fmt.Errorf("requirement of module %.100q both names and excludes streams", module)
		}
	}
	return nil
}
