package oracletest

import (
	"path"
	"regexp"
	"strings"
)

// ourWarnings are warnings of this program without a counterpart in Pungi's
// main log: there they are lines of the solver's own log, which nobody sees,
// or nothing at all. The list is never written to.
var ourWarnings = []*regexp.Regexp{
	regexp.MustCompile(`^gather/\S+: .* needs .*`), // Pungi: "Unresolvable dependency" in the solver's log
	regexp.MustCompile(`^\d+ (requirements that nothing answers|comps packages that no package set has)`),
	regexp.MustCompile(` matches (no package|only packages|no environment)`), // Pungi: "No package matches pattern" in the solver's log
	regexp.MustCompile(`^gather: comps group .* which no package set`),       // Pungi: "Could not find a match" in the solver's log
	regexp.MustCompile(`has no packages for any tree`),                       // Pungi: nothing
	regexp.MustCompile(`^\S+: there is no variant`),                          // Pungi: nothing
	regexp.MustCompile(`twice|already in the group`),                         // Pungi: nothing
}

// warnings compares warnings; paths of packages count by the name of the file.
func (m *comparison) warnings() error {
	text, ok, err := m.expected("warnings.txt")
	if err != nil || !ok {
		return err
	}
	var want, got []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line = firstLine(strings.TrimPrefix(line, "WARNING "))
		if i := strings.Index(line, "@KOJI@"); i >= 0 {
			line = line[:i] + path.Base(line)
		}
		if line != "" && !m.isLooseText(line) {
			want = append(want, line)
		}
	}
	for _, line := range m.made.Warnings {
		line = firstLine(line)
		if !isOurs(line) && !m.isLooseText(line) {
			got = append(got, line)
		}
	}
	m.lines("", unique(got), unique(want))
	return nil
}

// firstLine leaves out what another program printed.
func firstLine(text string) string {
	if strings.HasPrefix(text, "Repoclosure failed for ") {
		text, _, _ = strings.Cut(strings.ReplaceAll(text, `\n`, "\n"), "\n")
	}
	return text
}

func isOurs(line string) bool {
	for _, re := range ourWarnings {
		if re.MatchString(line) {
			return true
		}
	}
	return false
}

// isLooseText says whether a warning is about a package that may be there or
// not, or about one whose source package may be.
func (m *comparison) isLooseText(line string) bool {
	for _, loose := range m.loose {
		for file := range loose {
			name := strings.TrimSuffix(file, ".rpm")
			nvr := name[:strings.LastIndexByte(name, '.')]
			words := strings.Fields(strings.NewReplacer("-0:", "-", "-1:", "-", "-2:", "-", "-3:", "-", ":", " ").Replace(line))
			for _, w := range words {
				if strings.TrimSuffix(w, ".rpm") == name || strings.HasSuffix(name, ".src") && strings.HasPrefix(w, nvr) {
					return true
				}
			}
		}
	}
	return false
}

// errorTexts say what an error of this program must have where Pungi has a
// line; groups stand for what is found in Pungi's. Lines that match none are
// about tracebacks and logs.
var errorTexts = []struct {
	pungi *regexp.Regexp
	ours  string
}{
	{regexp.MustCompile(`^ERROR Compose run failed: Incompatible package arch '([^N].*)' for tree arch '(.*)' in (?:additional|prepopulate) package '(.*)'$`), `"$3.$1".* a tree of $2 holds no packages of $1`},
	{regexp.MustCompile(`Package name (.*) in group '(.*)' contains leading or trailing whitespace`), `comps.xml:\d+: package name "\s*$1\s*" has leading or trailing whitespace`},
	{regexp.MustCompile(`Incompatible package arch 'None' for tree arch '.*' in prepopulate package '(.*)'`), `"$1" has no architecture`},
	{regexp.MustCompile(`variant_as_lookaside: variant '(.*)' doesn't exist but is required by`), `"$1" matches no variant|"$1" is left out of the compose`},
	{regexp.MustCompile(`architectures of variant '.*' aren't subset of architectures of variant '(.*)'`), `$1 has no architecture`},
	{regexp.MustCompile(`Variant (\S+) has no configured gather_method`), `variant $1 has no gather_method`},
	{regexp.MustCompile(`There is a bad configuration in 'variant_as_lookaside'`), `makes a circle`},
	{regexp.MustCompile(`Variants XML doesn't validate`), `variants.xml:`},
	{regexp.MustCompile(`Only 'variant' can contain another variants`), `only a variant of type variant has nested ones`},
	{regexp.MustCompile(`Child variant id must be different than parent variant id`), `another id than its parent`},
	{regexp.MustCompile(`does not intersect with parent arch list`), `none of them is an architecture of`},
	{regexp.MustCompile(`references non-existing variant (\S+)`), `there is no addon or layered-product "$1"`},
	{regexp.MustCompile(`^ERROR Compose run failed: .*[Rr]epoclosure`), `unresolved dependencies`},
}

var unresolvedLine = regexp.MustCompile(`^ERROR Unresolved dependencies for (\S+) in package (\S+)\.([^.\s\\]+)(?:\\n|\n)?: \[(.*)\]$`)

// errors wants what Pungi ended with to be what this program ended with. It
// may tell of more trees than Pungi, which stops at the first bad variant.
func (m *comparison) errors() error {
	text, ok, err := m.expected("errors.txt")
	if err != nil || !ok {
		return err
	}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if u := unresolvedLine.FindStringSubmatch(line); u != nil {
			for _, dep := range strings.Split(strings.Trim(u[4], "'\""), ", ") {
				m.wantError(`gather/` + regexp.QuoteMeta(u[1]) + `: ` + regexp.QuoteMeta(u[2]) + `-[^ ]*\.` + regexp.QuoteMeta(u[3]) + ` needs ` + regexp.QuoteMeta(strings.Trim(dep, `'"`)))
			}
		}
		for _, e := range errorTexts {
			if found := e.pungi.FindStringSubmatchIndex(line); found != nil {
				m.wantError(string(e.pungi.ExpandString(nil, e.ours, line, found)))
			}
		}
	}
	return nil
}

func (m *comparison) wantError(pattern string) {
	if !regexp.MustCompile(pattern).MatchString(m.made.Error) {
		m.differ("lacks %s; it is %q", pattern, m.made.Error)
	}
}
