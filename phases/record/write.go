package record

import (
	"bytes"
	"encoding/json"
	"strconv"

	"compose/gather"
	"compose/internal/rpm"
)

// Records of large trees are tens of megabytes, so they are written by hand;
// the types that they are read into say what is in them.

// lineSize is about what a package takes in a record.
const lineSize = 256

// Gathered writes down the result for one tree. own says whether a package is
// one of the compose's; all others are copies in lookasides.
func Gathered(res *gather.Result, own func(*rpm.Package) bool) []byte {
	w := &lines{b: make([]byte, 0, lineSize*(len(res.Packages)+len(res.Hidden)+len(res.Missing)))}
	for i := range res.Packages {
		w.pick(&res.Packages[i], own)
	}
	for i := range res.Hidden {
		w.open()
		w.nevra("hidden", res.Hidden[i].Pkg)
		w.cause(&res.Hidden[i])
		w.end()
	}
	for i := range res.Missing {
		w.missing(&res.Missing[i])
	}
	for _, u := range res.Unmatched {
		w.open()
		w.text("unmatched", u.Use)
		w.pattern(u.Pattern)
		w.end()
	}
	return w.b
}

// lines is one JSON object a line in the making.
type lines struct {
	b     []byte
	first bool // no key of the object is written yet
}

func (w *lines) open() {
	w.b = append(w.b, '{')
	w.first = true
}

func (w *lines) close() {
	w.b = append(w.b, '}')
	w.first = false
}

// end ends a line.
func (w *lines) end() {
	w.close()
	w.b = append(w.b, '\n')
}

func (w *lines) key(key string) {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	w.b = append(append(append(w.b, '"'), key...), `":`...)
}

func (w *lines) text(key, value string) {
	w.key(key)
	w.b = appendString(w.b, value)
}

// some writes a text unless it is empty.
func (w *lines) some(key, value string) {
	if value != "" {
		w.text(key, value)
	}
}

func (w *lines) texts(key string, list []string) {
	if len(list) == 0 {
		return
	}
	w.key(key)
	for i, s := range list {
		w.b = append(w.b, "[,"[min(i, 1)])
		w.b = appendString(w.b, s)
	}
	w.b = append(w.b, ']')
}

// flag writes a key that is there only when it is true.
func (w *lines) flag(key string) {
	w.key(key)
	w.b = append(w.b, "true"...)
}

// nevra writes the full name of a package.
func (w *lines) nevra(key string, p *rpm.Package) {
	w.key(key)
	from := len(w.b)
	w.b = append(append(append(w.b, '"'), p.Name...), '-')
	w.b = append(strconv.AppendUint(w.b, uint64(p.Epoch), 10), ':')
	w.b = append(append(append(w.b, p.Version...), '-'), p.Release...)
	w.b = append(append(append(w.b, '.'), p.Arch...), '"')
	if !isPlain(w.b[from+1 : len(w.b)-1]) {
		w.b = appendString(w.b[:from], p.NEVRA())
	}
}

func (w *lines) pick(pk *gather.Picked, own func(*rpm.Package) bool) {
	w.open()
	w.nevra("package", pk.Pkg)
	w.text("kind", kinds.of(int(pk.Kind)))
	w.texts("flags", pk.Flags)
	if !own(pk.Pkg) {
		w.text("copy", aside)
	}
	w.text("reason", reasons.of(int(pk.Why.Kind)))
	if pk.Why.By != nil {
		w.nevra("by", pk.Why.By)
	}
	if pk.Why.Dep.Name != "" {
		w.text("dep", pk.Why.Dep.String())
	}
	w.pattern(pk.Why.Pattern)
	w.rejections("over", pk.Why.Over)
	w.end()
}

func (w *lines) missing(m *gather.Missing) {
	w.open()
	w.nevra("missing", m.Pkg)
	w.text("dep", m.Requires.String())
	lacks := make([]string, len(m.Lacks))
	for i, d := range m.Lacks {
		lacks[i] = d.String()
	}
	w.texts("lacks", lacks)
	w.rejections("rejected", m.Rejected)
	w.end()
}

func (w *lines) rejections(key string, list []gather.Rejected) {
	if len(list) == 0 {
		return
	}
	w.key(key)
	for i := range list {
		w.b = append(w.b, "[,"[min(i, 1)])
		w.open()
		w.nevra("package", list[i].Pkg)
		w.cause(&list[i])
		w.close()
	}
	w.b = append(w.b, ']')
}

// cause writes why a package was not taken.
func (w *lines) cause(r *gather.Rejected) {
	w.text("cause", causes.of(int(r.Cause)))
	if r.Than != nil {
		w.nevra("than", r.Than)
	}
	w.pattern(r.Filter)
}

func (w *lines) pattern(p gather.Pattern) {
	w.some("pattern", p.Text)
	w.some("pattern_arch", p.Arch)
	w.some("origin", p.Origin)
}

// isPlain says whether JSON has a text as it is.
func isPlain[T string | []byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			return false
		}
	}
	return true
}

func appendString(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string into memory
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
}
