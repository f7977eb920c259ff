package config

import (
	"slices"
	"strings"
	"time"
)

// MayFail says whether a deliverable of a tree may fail. The name is that of
// an image, "" where a tree has only one of the kind.
func (c *Config) MayFail(tree Tree, kind, name string) bool {
	return slices.ContainsFunc(c.Failable, func(f Failable) bool {
		return f.Match(tree.Variant, tree.Arch) && (slices.Contains(f.Deliverables, kind) || slices.Contains(f.Deliverables, "*")) &&
			(len(f.Names) == 0 || slices.ContainsFunc(f.Names, func(pattern string) bool { return glob(pattern, name) }))
	})
}

// StepRule is what the blocks that match a step say, joined.
type StepRule struct {
	Timeout time.Duration // 0: none
	Memory  int64         // bytes; 0: not said
	CPU     int           // 0: not said
}

// StepRuleFor joins the blocks that match the name of a step.
func (c *Config) StepRuleFor(name string) StepRule {
	var r StepRule
	for _, b := range c.Steps {
		if !b.matches(name) {
			continue
		}
		if b.Timeout != "" {
			r.Timeout = Duration(b.Timeout)
		}
		if b.Memory != "" {
			r.Memory, _ = ParseSize(b.Memory)
		}
		if b.CPU != nil {
			r.CPU = *b.CPU
		}
	}
	return r
}

// matches compares names; a star stands for slashes too.
func (s Step) matches(name string) bool {
	colons := strings.NewReplacer("/", ":")
	return glob(colons.Replace(s.Name), colons.Replace(name))
}

// StepsWithout gives the place and the name of each block that matches none of
// some steps.
func (c *Config) StepsWithout(names []string) []Pattern {
	var out []Pattern
next:
	for i, b := range c.Steps {
		for _, name := range names {
			if b.matches(name) {
				continue next
			}
		}
		out = append(out, Pattern{Text: b.Name, Place: c.Place(index("step", i))})
	}
	return out
}
