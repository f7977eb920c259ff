package digest

import "testing"

func TestNew(t *testing.T) {
	for name, size := range map[string]int{"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64} {
		if h := New(name); h == nil || h.Size() != size {
			t.Errorf("%s: %v", name, h)
		}
	}
	if New("sha") != nil || New("") != nil {
		t.Error("unknown names are known")
	}
}
