package config

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
)

const referenceHead = `# Configuration

<!-- Generated from the comments of package config by "go generate ./config". -->

A compose is described by one TOML file. It is read strictly: an unknown key, a wrong type, a reference to something that
is not there and a contradiction are errors, and all of them are reported at once, with file, line, key and what may be
meant. ` + "`compose check config.toml`" + ` does only this. ` + "`compose schema`" + ` prints a JSON Schema for editors.

**Paths** are relative to the folder of the file.

**Command line.** ` + "`--define key=value`" + ` sets a key over the file, any number of times. The key is dotted, with an index for a
list: ` + "`--define 'variant[0].arches=[\"x86_64\"]'`" + `. A package set or a variant can be named by its tag or id instead:
` + "`--define pkgset.base.path=/srv/rpms`" + `. The value is TOML; for a key that is a string the quotes may be left out.

**Selectors.** What differs per tree (a variant on an architecture) is said in a list of blocks, each with a selector:
` + "`variant`" + ` and ` + "`arch`" + ` are shell globs (` + "`*`, `?`, `[a-z]`" + `), and both must match. Source trees are matched only by
` + "`arch = \"src\"`" + `. All blocks that match apply, in order. A block that matches no tree is an error.

**Pungi** has other names for most keys; they are given in brackets.

`

// referenceOf makes docs/config.md.
func referenceOf(keys []documented) []byte {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	b.WriteString("## Top-level keys\n\nThey stand above the first `[table]`.\n\n")
	writeKeys(&b, keys)
	for _, k := range keys {
		writeTable(&b, k)
	}
	return b.Bytes()
}

// writeTable writes a section per table, tables in tables behind it.
func writeTable(b *bytes.Buffer, k documented) {
	if k.sub == nil {
		return
	}
	header := "[" + k.path + "]"
	if k.typ.Kind() == reflect.Slice {
		header = "[[" + k.path + "]]"
	}
	fmt.Fprintf(b, "\n## %s\n\n%s", header, k.doc)
	if k.pungi != "" {
		fmt.Fprintf(b, " (Pungi: %s)", k.pungi)
	}
	b.WriteString("\n\n")
	writeKeys(b, k.sub)
	for _, sub := range k.sub {
		writeTable(b, sub)
	}
}

// writeKeys writes one item per key that is no table.
func writeKeys(b *bytes.Buffer, keys []documented) {
	for _, k := range keys {
		if k.sub != nil {
			continue
		}
		fmt.Fprintf(b, "- **`%s`**: %s.\n  %s", k.path, strings.Join(k.facts(), ", "), strings.ReplaceAll(k.doc, "\n\n", "\n\n  "))
		if k.pungi != "" {
			fmt.Fprintf(b, " (Pungi: %s)", k.pungi)
		}
		b.WriteString("\n")
	}
}

// facts are type, values, and default of a key.
func (k documented) facts() []string {
	out := []string{strings.TrimPrefix(strings.ReplaceAll(wanted(k.typ), "or a ", "or "), "a ")}
	if k.typ == pathType {
		out[0] = "path"
	}
	if k.enum != nil {
		out[0] = "one of `" + strings.Join(k.enum, "`, `") + "`"
	}
	switch {
	case k.required:
		out = append(out, "required")
	case k.hasDef:
		out = append(out, "default `"+k.fallback+"`")
	}
	return out
}
