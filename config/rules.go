package config

import (
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"

	"compose/internal/rpm"
)

// shape is what the strings of a key must look like: a pattern, with words
// for it, or a function that gives what is wrong, and a hint.
type shape struct {
	pattern *regexp.Regexp
	words   string
	check   func(s string) (text, hint string)
}

// shapes are the rules that a field may name. The map is never written to.
var shapes = map[string]shape{
	"id": {pattern: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`),
		words: `letters, digits and "._+-", a letter or digit first`},
	"version": {pattern: regexp.MustCompile(`^([A-Za-z][A-Za-z0-9._+-]*|[0-9]+(\.[0-9]+)*)$`),
		words: `numbers with single dots between them, or a word`},
	"tag": {pattern: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`),
		words: `letters, digits and "._-", no "." or "-" first`},
	"variant":  {pattern: regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`), words: "letters and digits, with single dashes between them"},
	"sigkey":   {pattern: regexp.MustCompile(`^([0-9A-Fa-f]{8}|[0-9A-Fa-f]{16})?$`), words: `8 or 16 hexadecimal digits, or ""`},
	"arch":     {check: checkArch},
	"glob":     {check: checkGlob},
	"package":  {check: checkPackage},
	"module":   {check: checkModule},
	"url":      {check: checkURL},
	"program":  {check: checkProgram},
	"hookurl":  {check: checkHookURL},
	"command":  {pattern: regexp.MustCompile(`(?s)^[^\x00]+$`), words: "a command"},
	"envname":  {pattern: regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`), words: "the name of an environment variable"},
	"duration": {check: checkDuration},
	"size":     {check: checkSize},
	"below":    {check: checkBelow},
}

// checkText gives what is wrong with the string of a key, "" when nothing is.
func (f field) checkText(s string) (text, hint string) {
	sh := shapes[f.rule]
	switch {
	case sh.pattern != nil && sh.pattern.MatchString(s):
		return "", ""
	case s == "":
		return "must not be empty", ""
	case strings.ContainsFunc(s, unicode.IsControl):
		return "has a control character", ""
	case strings.TrimSpace(s) != s:
		return "begins or ends with a space", ""
	case f.enum != nil:
		return checkEnum(s, f.enum)
	case sh.pattern != nil:
		return quote(s) + " must be " + sh.words, ""
	case sh.check != nil:
		return sh.check(s)
	}
	return "", ""
}

func checkEnum(s string, enum []string) (text, hint string) {
	list := quote(enum[0])
	for i, e := range enum {
		if e == s {
			return "", ""
		}
		if i == len(enum)-1 && i > 0 {
			list += " or " + quote(e)
		} else if i > 0 {
			list += ", " + quote(e)
		}
	}
	text = quote(s) + " must be " + list
	if n := nearest(s, enum); n != "" {
		hint = "did you mean " + quote(n) + "?"
	}
	return text, hint
}

// usualArches are the architectures that a misspelt one is compared with.
var usualArches = []string{"x86_64", "aarch64", "ppc64le", "s390x", "riscv64", "i386", "i686", "armhfp", "ppc64", "loongarch64"}

func checkArch(s string) (text, hint string) {
	switch {
	case s == "src" || s == "nosrc" || s == "noarch":
		return quote(s) + " is not an architecture that a variant can have", "source and noarch packages come along with the others"
	case !rpm.KnownArch(s):
		return quote(s) + " is not a known architecture", didYouMean(s, usualArches)
	}
	return "", ""
}

func checkGlob(s string) (text, hint string) {
	if _, err := path.Match(shellGlob(s), ""); err != nil {
		return quote(s) + " is not a shell glob", "*, ? and [a-z] are special, \\ makes them plain"
	}
	return "", ""
}

func checkPackage(s string) (text, hint string) {
	if strings.ContainsAny(s, " \t/") {
		return quote(s) + " is not the name of a package", "one name or shell glob per string, or name.arch"
	}
	return checkGlob(s)
}

// urlVariables are what may stand in the address of a repository.
var urlVariables = []string{"arch", "basearch", "releasever"}

// variable matches $name and ${name}.
var variable = regexp.MustCompile(`\$\{?([A-Za-z0-9_]*)\}?`)

func checkURL(s string) (text, hint string) {
	for _, m := range variable.FindAllStringSubmatch(s, -1) {
		if m[0] != "$arch" && m[0] != "$basearch" && m[0] != "$releasever" {
			return m[0] + " is not a variable of addresses", "valid: $" + strings.Join(urlVariables, ", $")
		}
	}
	u, err := url.Parse(variable.ReplaceAllString(s, "x"))
	switch {
	case err != nil || strings.Contains(s, " "):
		return quote(s) + " is not an address", ""
	case u.Scheme == "":
		return quote(s) + " has no scheme", `an address begins with "https://", "http://" or "file:///"`
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "file":
		return quote(s) + ": " + quote(u.Scheme) + " is not a scheme that is known", "valid: https, http, file"
	case u.Scheme == "file" && (u.Host != "" || !strings.HasPrefix(u.Path, "/")):
		return quote(s) + " has no absolute path", "file:///path has three slashes"
	case u.Scheme != "file" && u.Host == "":
		return quote(s) + " names no host", ""
	}
	return "", ""
}

// shellGlob turns a shell glob into one for path.Match, which writes the
// negated class [^a] instead of [!a].
func shellGlob(s string) string { return strings.ReplaceAll(s, "[!", "[^") }

// quote puts a value into a message, shortened when it is long.
func quote(s string) string {
	if r := []rune(s); len(r) > 80 {
		s = string(r[:80]) + "…"
	}
	return `"` + s + `"`
}
