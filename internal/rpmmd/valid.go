package rpmmd

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"compose/internal/rpm"
)

// checkEntry refuses a package whose names could do harm where they are used
// as names of files.
func checkEntry(e *Entry) error {
	p := e.Pkg
	for _, f := range [...]struct{ what, value string }{
		{"name", p.Name}, {"version", p.Version}, {"release", p.Release}, {"arch", p.Arch},
	} {
		if err := checkWord(f.value); err != nil {
			return fmt.Errorf("%s %.80q: %w", f.what, f.value, err)
		}
	}
	if p.SourceRPM != "" {
		if err := checkWord(p.SourceRPM); err != nil {
			return fmt.Errorf("source package %.80q: %w", p.SourceRPM, err)
		}
	}
	if p.Sum.Hex == "" {
		return errors.New("no checksum")
	}
	if err := checkHref(e.Href); err != nil {
		return fmt.Errorf("location %.200q: %w", e.Href, err)
	}
	return checkBase(e.Base)
}

// checkWord accepts what can be part of a file name.
func checkWord(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case len(s) > 1024:
		return errors.New("is too long")
	case s == "." || s == ".." || strings.ContainsAny(s, "/\\"):
		return errors.New("is not a plain name")
	case strings.ContainsFunc(s, notPrintable):
		return errors.New("has blanks or control characters")
	}
	return nil
}

func notPrintable(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// checkHref accepts a relative path that stays below its base, as it is and
// when its percent escapes are decoded.
func checkHref(href string) error {
	if err := checkPath(href); err != nil {
		return err
	}
	if !strings.Contains(href, "%") {
		return nil
	}
	plain, err := url.PathUnescape(href)
	if err != nil {
		return nil // a bare "%" in a file name
	}
	return checkPath(plain)
}

func checkPath(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case len(s) > 4096:
		return errors.New("is too long")
	case s[0] == '/' || strings.Contains(s, "://"):
		return errors.New("is not relative")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("has control characters")
	}
	for s != "" {
		var part string
		if i := strings.IndexAny(s, "/\\"); i >= 0 {
			part, s = s[:i], s[i+1:]
		} else {
			part, s = s, ""
		}
		if part == ".." {
			return errors.New("leads out of the repository")
		}
	}
	return nil
}

func checkBase(base string) error {
	if len(base) > 4096 || strings.ContainsFunc(base, notPrintable) {
		return fmt.Errorf("base %.200q: is not an address", base)
	}
	return nil
}

// checkSum accepts a hexadecimal digest of the length that its type has.
func checkSum(sum rpm.Checksum) error {
	length := 0
	switch sum.Type {
	case "md5":
		length = 32
	case "sha1":
		length = 40
	case "sha224":
		length = 56
	case "sha256":
		length = 64
	case "sha384":
		length = 96
	case "sha512":
		length = 128
	default:
		return fmt.Errorf("unknown checksum type %.20q", sum.Type)
	}
	if len(sum.Hex) != length || strings.Trim(sum.Hex, "0123456789abcdef") != "" {
		return fmt.Errorf("%.140q is not a %s checksum", sum.Hex, sum.Type)
	}
	return nil
}
