package productmd

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// oracle gives the files of that name of all cases, with values in place of
// the placeholders.
func oracle(t *testing.T, name string) map[string]string {
	t.Helper()
	dir := rpmtest.Shared(t, "oracle/open")
	files, err := filepath.Glob(filepath.Join(dir, "*", "expected", name+"*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	out := map[string]string{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var r io.Reader = f
		if strings.HasSuffix(file, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		b, err := io.ReadAll(r)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		place := strings.NewReplacer("@ID@", "Oracle-7.2-20240229.t.0", "@DATE@", "20240229", "@TAIL@", "20240229.t.0")
		out[filepath.Base(filepath.Dir(filepath.Dir(file)))] = place.Replace(string(b))
	}
	return out
}

// TestComposeInfoOfPungi reads what Pungi wrote and writes the same bytes.
func TestComposeInfoOfPungi(t *testing.T) {
	for name, want := range oracle(t, "composeinfo.json") {
		c, err := LoadComposeInfo(strings.NewReader(want))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := c.JSON()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestRPMsOfPungi(t *testing.T) {
	for name, want := range oracle(t, "rpms.json") {
		r, err := LoadRPMs(strings.NewReader(want))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := r.JSON()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v", name, err)
		}
		again := &RPMs{Compose: r.Compose}
		r.Each(func(e RPMEntry) bool {
			err = again.Add(e)
			return err == nil
		})
		got, err2 := again.JSON()
		if err != nil || err2 != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s: through Each and Add: %v, %v", name, err, err2)
		}
	}
}
