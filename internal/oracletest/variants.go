package oracletest

import (
	"encoding/xml"
	"slices"
	"strings"
)

// Variant is one element of variants.xml, without the parts that no package
// choice depends on.
type Variant struct {
	ID     string   `xml:"id,attr"`
	Type   string   `xml:"type,attr"` // variant, addon, layered-product, optional
	Empty  bool     `xml:"is_empty,attr"`
	Arches []string `xml:"arches>arch"`
	Groups []struct {
		Name string `xml:",chardata"`
		Glob bool   `xml:"glob,attr"`
	} `xml:"groups>group"`
	Children []*Variant `xml:"variants>variant"`
	Refs     []struct {
		ID string `xml:"id,attr"`
	} `xml:"variants>ref"`
	HasOptional bool `xml:"has_optional,attr"`

	UID    string   `xml:"-"`
	Parent *Variant `xml:"-"`
}

// parseVariants gives all variants in order, children behind their parent.
func parseVariants(text []byte) []*Variant {
	var top struct {
		Variants []*Variant `xml:"variant"`
	}
	if err := xml.Unmarshal(text, &top); err != nil {
		return nil
	}
	shared := map[string]*Variant{}
	for _, v := range top.Variants {
		if v.Type == "addon" || v.Type == "layered-product" {
			shared[v.ID] = v
		}
	}
	var all []*Variant
	for _, v := range top.Variants {
		if shared[v.ID] == v {
			continue
		}
		v.UID = v.ID
		all = append(all, v)
		if v.HasOptional && !slices.ContainsFunc(v.Children, func(c *Variant) bool { return c.Type == "optional" }) {
			v.Children = append(v.Children, &Variant{ID: "optional", Type: "optional", Arches: v.Arches})
		}
		for _, ref := range v.Refs {
			if s := shared[ref.ID]; s != nil {
				child := *s
				v.Children = append(v.Children, &child)
			}
		}
		for _, c := range v.Children {
			c.UID, c.Parent = v.ID+"-"+c.ID, v
			c.Arches = slices.DeleteFunc(slices.Clone(c.Arches), func(a string) bool { return !slices.Contains(v.Arches, a) })
			all = append(all, c)
		}
	}
	for _, v := range all {
		for i := range v.Groups {
			v.Groups[i].Name = strings.TrimSpace(v.Groups[i].Name)
		}
	}
	return all
}

// Relatives gives the variants whose input counts for this one too: the
// parent's for a child, for optional the siblings' as well.
func (v *Variant) Relatives(arch string) []*Variant {
	list := []*Variant{v}
	if v.Parent == nil {
		return list
	}
	list = append(list, v.Parent)
	if v.Type == "optional" {
		for _, c := range v.Parent.Children {
			if c != v && c.Type != "optional" && slices.Contains(c.Arches, arch) {
				list = append(list, c)
			}
		}
	}
	return list
}
