package rpmtest

import (
	"fmt"
	"strconv"
	"strings"

	"compose/internal/rpm"
)

// The marks of files by their key.
var fileFlags = map[string]uint32{"file": 0, "config": 1, "doc": 2, "ghost": fileGhost}

// file takes the entries of the file list.
func (a *applier) file(l line, words []word) (bool, error) {
	flags, plain := fileFlags[l.key]
	if !plain && l.key != "dir" && l.key != "link" && l.key != "noise" && l.key != "huge" {
		return false, nil
	}
	if len(words) == 0 {
		return true, fmt.Errorf("no path")
	}
	f := File{Path: words[0].text, Mode: modeReg | 0o644, Flags: flags}
	var err error
	switch l.key {
	case "link":
		f.Mode = modeLink | 0o777
		f.Link, err = one(words[1:])
	case "noise":
		var n int64
		n, err = number(words[1:])
		if n > maxFile {
			return true, fmt.Errorf("%d bytes are too many", n)
		}
		f.Data = noise(f.Path, int(n))
	case "huge":
		f.Size, err = number(words[1:])
		a.pkg.Payload = "empty"
	case "dir":
		f.Mode = modeDir | 0o755
		err = f.attributes(words[1:])
	default:
		err = f.attributes(words[1:])
		if len(l.text) > 0 {
			f.Data = []byte(strings.Join(l.text, "\n") + "\n")
		}
	}
	a.pkg.Files = append(a.pkg.Files, f)
	return true, err
}

// attributes takes [MODE] ["CONTENT"].
func (f *File) attributes(words []word) error {
	for _, w := range words {
		if w.quoted {
			f.Data = []byte(w.text)
			continue
		}
		mode, err := strconv.ParseUint(w.text, 8, 12)
		if err != nil {
			return fmt.Errorf("mode %q: %w", w.text, err)
		}
		f.Mode = f.Mode&modeType | uint16(mode)
	}
	return nil
}

func one(words []word) (string, error) {
	if len(words) != 1 {
		return "", fmt.Errorf("want one value, have %d", len(words))
	}
	return words[0].text, nil
}

func number(words []word) (int64, error) {
	s, err := one(words)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 0, 62)
	return int64(n), err
}

// rest takes scriptlets, changelogs, tags and the build time.
func (a *applier) rest(l line, words []word) (bool, error) {
	p := a.pkg
	switch l.key {
	case "buildtime":
		n, err := number(words)
		p.BuildTime = uint32(n)
		return true, err
	case "script":
		kind, prog, _ := strings.Cut(l.value, " ")
		if _, ok := scriptTags[kind]; !ok {
			return true, fmt.Errorf("unknown scriptlet %q", kind)
		}
		p.Scripts = append(p.Scripts, Script{Kind: kind, Prog: strings.TrimSpace(prog), Body: strings.Join(l.text, "\n")})
		return true, nil
	case "changelog":
		when, author, _ := strings.Cut(l.value, " ")
		n, err := strconv.ParseUint(when, 10, 32)
		p.Changelogs = append(p.Changelogs, rpm.Changelog{Time: int64(n), Author: author, Text: strings.Join(l.text, "\n")})
		return true, err
	case "tag", "untag":
		return true, a.tag(l.key, words)
	}
	return false, nil
}

func (a *applier) tag(key string, words []word) error {
	if len(words) == 0 || (key == "tag") != (len(words) > 1) {
		return fmt.Errorf("want: tag NUMBER TYPE VALUE..., or untag NUMBER")
	}
	id, err := strconv.ParseUint(words[0].text, 10, 32)
	if err != nil {
		return err
	}
	t := Tag{ID: uint32(id)}
	if key == "tag" {
		t.Type = words[1].text
		for _, w := range words[2:] {
			t.Values = append(t.Values, w.text)
		}
	}
	if err := (&header{}).apply(t); err != nil {
		return err
	}
	a.pkg.Extra = append(a.pkg.Extra, t)
	return nil
}
