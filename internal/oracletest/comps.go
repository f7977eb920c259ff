package oracletest

import (
	"encoding/xml"
	"path"
	"strings"
)

// Comps is the part of a comps file that chooses packages.
type Comps struct {
	Groups []struct {
		ID       string `xml:"id"`
		Packages []struct {
			Name     string `xml:",chardata"`
			Type     string `xml:"type,attr"`
			Requires string `xml:"requires,attr"`
		} `xml:"packagelist>packagereq"`
	} `xml:"group"`
	Langpacks []struct {
		Name    string `xml:"name,attr"`
		Install string `xml:"install,attr"`
	} `xml:"langpacks>match"`
}

// Use is what the groups of a variant ask for.
type Use struct {
	Packages     []string
	Conditionals [][2]string // package, and the name that it depends on
}

func parseComps(text []byte) (*Comps, error) {
	c := &Comps{}
	if err := xml.Unmarshal(text, c); err != nil {
		return nil, err
	}
	for i := range c.Groups {
		g := &c.Groups[i]
		for j := range g.Packages {
			g.Packages[j].Name = strings.TrimSpace(g.Packages[j].Name)
		}
	}
	return c, nil
}

// Use gives what the groups ask for that the variant names, of a comps file
// already filtered for it. A plain variant that names none takes all.
func (c *Comps) Use(v *Variant) Use {
	var u Use
	for _, g := range c.Groups {
		if !v.names(g.ID) {
			continue
		}
		for _, p := range g.Packages {
			if p.Type == "conditional" {
				u.Conditionals = append(u.Conditionals, [2]string{p.Name, p.Requires})
			} else {
				u.Packages = append(u.Packages, p.Name)
			}
		}
	}
	return u
}

func (v *Variant) names(group string) bool {
	if len(v.Groups) == 0 && v.Type == "variant" {
		return true
	}
	for _, g := range v.Groups {
		if ok, _ := path.Match(g.Name, group); g.Name == group || g.Glob && ok {
			return true
		}
	}
	return false
}
