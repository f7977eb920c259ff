package rpmmd

import "compose/internal/rpm"

// dependency reads the open <rpm:entry>. One without a name is ignored, as
// createrepo_c and libsolv do.
func (p *primaryReader) dependency() error {
	name, err := p.keep(p.value("name"))
	if err != nil || name == "" {
		return err
	}
	d := rpm.Dep{Name: name}
	switch flags := p.attr("flags"); string(flags) {
	case "":
	case "EQ":
		d.Sense = rpm.Equal
	case "LT":
		d.Sense = rpm.Less
	case "LE":
		d.Sense = rpm.Less | rpm.Equal
	case "GT":
		d.Sense = rpm.Greater
	case "GE":
		d.Sense = rpm.Greater | rpm.Equal
	default:
		return p.fail("dependency %.80q: unknown flags %.20q", name, flags)
	}
	if d.Sense != 0 {
		if d.EVR, err = p.evr(); err != nil {
			return err
		}
	}
	if pre := p.attr("pre"); string(pre) == "1" || string(pre) == "TRUE" {
		d.Sense |= rpm.Prereq
	}
	p.deps = append(p.deps, d)
	return nil
}

// evr joins epoch, ver and rel of the open element.
func (p *primaryReader) evr() (string, error) {
	b := p.evrText[:0]
	for _, part := range [...]struct{ attr, before, after string }{{"epoch", "", ":"}, {"ver", "", ""}, {"rel", "-", ""}} {
		v, err := p.value(part.attr)
		if err != nil {
			return "", err
		}
		if len(v) == 0 || part.attr == "epoch" && string(v) == "0" {
			continue
		}
		b = append(b, part.before...)
		b = append(b, v...)
		b = append(b, part.after...)
	}
	p.evrText = b
	return p.keep(b, nil)
}
