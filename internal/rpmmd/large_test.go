package rpmmd

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// again gives a text so many times.
type again struct {
	text string
	n    int
	rest string
}

func (a *again) Read(b []byte) (int, error) {
	if a.rest == "" {
		if a.n == 0 {
			return 0, io.EOF
		}
		a.n--
		a.rest = a.text
	}
	n := copy(b, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Metadata of 120 MB is read in a few MB of memory, whichever file it is.
func TestLargeMetadata(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 600 MB")
	}
	id := strings.Repeat("a", 64)
	entry := strings.Repeat(`<rpm:entry name="libsomething.so.1(SOMETHING_1.0)(64bit)" flags="EQ" epoch="0" ver="1.0" rel="1"/>`, 30)
	primary := `<package type="rpm"><name>a</name><arch>x86_64</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256" pkgid="YES">` + id +
		`</checksum><summary>s</summary><description>` + strings.Repeat("many words ", 50) + `</description><packager/><url/><time file="1" build="1"/>` +
		`<size package="1" installed="1" archive="1"/><location href="a-1-1.x86_64.rpm"/><format><rpm:sourcerpm>a-1-1.src.rpm</rpm:sourcerpm>` +
		`<rpm:header-range start="1" end="2"/><rpm:provides>` + entry + `</rpm:provides></format></package>`
	files := fmt.Sprintf(`<package pkgid="%s" name="a" arch="x86_64"><version epoch="0" ver="1" rel="1"/>%s</package>`, id,
		strings.Repeat("<file>/usr/share/doc/a/some/file/or/other.html</file>\n", 200))
	other := fmt.Sprintf(`<package pkgid="%s" name="a" arch="x86_64"><version epoch="0" ver="1" rel="1"/>%s</package>`, id,
		strings.Repeat(`<changelog author="A &lt;a@b&gt; - 1-1" date="1700000000">- something changed</changelog>`, 10))
	const size, limit = 120 << 20, 24 << 20
	for root, read := range readers() {
		text, ok := map[string]string{"metadata": primary, "filelists": files, "otherdata": other}[strings.TrimSpace(root)]
		if !ok {
			continue
		}
		in := io.MultiReader(strings.NewReader("<"+strings.TrimSpace(root)+` xmlns:rpm="http://linux.duke.edu/metadata/rpm">`),
			&again{text: text, n: size / len(text)}, strings.NewReader("</"+strings.TrimSpace(root)+">"))
		var err error
		if grown := peak(func() { err = read(in) }); err != nil || grown > limit {
			t.Errorf("%s: %v, %d MiB more memory", root, err, grown>>20)
		} else {
			t.Logf("%s: %d MiB more memory", root, grown>>20)
		}
	}
}
