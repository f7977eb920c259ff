package rpmmd

import "fmt"

// Tags describe a repository in its repomd.xml: createrepo_c's --content,
// --repo and --distro.
type Tags struct {
	Content, Repo []string
	Distro        []DistroTag
}

// DistroTag names a distribution that a repository belongs to.
type DistroTag struct {
	CPEID string // such as cpe:/o:fedoraproject:fedora:44; may be empty
	Text  string
}

// maxTags bounds what is read.
const maxTags = 10_000

func (t *Tags) appendXML(dst []byte) []byte {
	if len(t.Content)+len(t.Repo)+len(t.Distro) == 0 {
		return dst
	}
	dst = append(dst, "  <tags>\n"...)
	for _, text := range t.Content {
		dst = appendElement(dst, "    <content>", text, "</content>\n")
	}
	for _, text := range t.Repo {
		dst = appendElement(dst, "    <repo>", text, "</repo>\n")
	}
	for _, d := range t.Distro {
		dst = append(dst, "    <distro"...)
		if d.CPEID != "" {
			dst = append(appendAttr(append(dst, ` cpeid="`...), d.CPEID), '"')
		}
		dst = appendElement(dst, ">", d.Text, "</distro>\n")
	}
	return append(dst, "  </tags>\n"...)
}

// tags reads the tags of the open element.
func (s *scanner) tags(t *Tags) error {
	for {
		name, err := s.child()
		if err != nil || name == nil {
			return err
		}
		if len(t.Content)+len(t.Repo)+len(t.Distro) == maxTags {
			return s.fail("more than %d tags", maxTags)
		}
		if err := s.repomdTag(t, string(name)); err != nil {
			return fmt.Errorf("tags: %w", err)
		}
	}
}

func (s *scanner) repomdTag(t *Tags, name string) error {
	if name != "content" && name != "repo" && name != "distro" {
		return s.skip()
	}
	cpeid, err := s.value("cpeid")
	if err != nil {
		return err
	}
	id := string(cpeid)
	b, err := s.content()
	if err != nil {
		return err
	}
	switch text := string(b); name {
	case "content":
		t.Content = append(t.Content, text)
	case "repo":
		t.Repo = append(t.Repo, text)
	case "distro":
		t.Distro = append(t.Distro, DistroTag{id, text})
	}
	return nil
}
