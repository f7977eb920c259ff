package rpm_test

import (
	"math"
	"testing"

	"compose/internal/rpm"
)

func TestVercmp(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"1.0", "1.0", 0}, {"1.0", "2.0", -1}, {"2.0.1", "2.0.1a", -1}, {"5.5p1", "5.5p10", -1},
		{"10xyz", "10.1xyz", -1}, {"xyz10", "xyz10.1", -1}, {"xyz.4", "8", -1}, {"xyz.4", "xyz.4", 0},
		{"5.5p2", "5.6p1", -1}, {"6.0.rc1", "6.0", 1}, {"10b2", "10a1", 1}, {"1.0aa", "1.0a", 1},
		{"10.0001", "10.1", 0}, {"10.0001", "10.0039", -1}, {"4.999.9", "5.0", -1}, {"20101121", "20101122", -1},
		{"2_0", "2.0", 0}, {"a", "a+", 0}, {"a+", "a_", 0}, {"+", "_", 0}, {"1.", "1", 0}, {"1", "a", 1},
		{"0", "", 1}, {".", "", 0}, {"00", "0", 0}, {"1.0~rc1", "1.0", -1}, {"1.0~rc1", "1.0~rc2", -1},
		{"1.0~rc1~git123", "1.0~rc1", -1}, {"~", "", -1}, {"~~", "~", -1}, {"~", "^", -1},
		{"1.0^", "1.0", 1}, {"1.0^git1", "1.0^git2", -1}, {"1.0^git1", "1.01", -1}, {"1.0^20160101", "1.0.1", -1},
		{"1.0^20160101^git1", "1.0^20160102", -1}, {"1.0~rc1^git1", "1.0~rc1", 1}, {"1.0^git1~pre", "1.0^git1", -1},
		{"1.0.^git1", "1.0^git1", 0}, {"99999999999999999999", "100000000000000000000", -1},
	} {
		if got := rpm.Vercmp(c.a, c.b); got != c.want {
			t.Errorf("Vercmp(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := rpm.Vercmp(c.b, c.a); got != -c.want {
			t.Errorf("Vercmp(%q, %q) = %d, want %d", c.b, c.a, got, -c.want)
		}
	}
}

func TestParseEVR(t *testing.T) {
	for s, want := range map[string]rpm.EVR{
		"":                 {},
		"1":                {Version: "1"},
		"1-2":              {Version: "1", Release: "2"},
		"3:1-2":            {Epoch: 3, Version: "1", Release: "2"},
		"0:1":              {Version: "1"},
		":1":               {Version: "1"},
		"1:2:3-4-5":        {Epoch: 1, Version: "2:3-4", Release: "5"},
		"a:1-2":            {Version: "a:1", Release: "2"},
		"12-3:4":           {Version: "12", Release: "3:4"},
		"4294967295:1":     {Epoch: math.MaxUint32, Version: "1"},
		"99999999999999:1": {Epoch: math.MaxUint32, Version: "1"},
	} {
		if got := rpm.ParseEVR(s); got != want {
			t.Errorf("ParseEVR(%q) = %+v, want %+v", s, got, want)
		}
	}
	for _, s := range []string{"1", "1-2", "3:1-2", "3:1"} {
		if got := rpm.ParseEVR(s).String(); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
}

func TestCompareEVR(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1", "1-5", 0}, {"1-4", "1-5", -1}, {"0:1", "1", 0}, {"1:1", "1", 1}, {"1:1", "2", 1}, {"00:1", "1-1", 0},
		{"2:1", "10:1", -1}, {"1~a", "1", -1}, {"1-1~a", "1-1", -1},
	} {
		if got := rpm.CompareEVR(c.a, c.b); got != c.want {
			t.Errorf("CompareEVR(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := rpm.CompareEVR(c.b, c.a); got != -c.want {
			t.Errorf("CompareEVR(%q, %q) = %d, want %d", c.b, c.a, got, -c.want)
		}
	}
	old, next := rpm.EVR{Epoch: 1, Version: "1"}, rpm.EVR{Epoch: 1, Version: "1", Release: "1"}
	if old.Compare(next) != -1 || next.Compare(old) != 1 || old.Compare(old) != 0 || old.Compare(rpm.EVR{Version: "2"}) != 1 {
		t.Error("EVR.Compare")
	}
}

// TestNoAllocations: these run once per pair of packages and dependencies.
func TestNoAllocations(t *testing.T) {
	p := rpm.Dep{Name: "a", Sense: rpm.Equal, EVR: "1:1.2.3~rc1-4.fc41"}
	r := rpm.Dep{Name: "a", Sense: rpm.Greater | rpm.Equal, EVR: "1:1.2.3-4"}
	for what, fn := range map[string]func(){
		"Vercmp":     func() { rpm.Vercmp("1.2.3~rc1", "1.2.3^git") },
		"CompareEVR": func() { rpm.CompareEVR(p.EVR, r.EVR) },
		"Satisfies":  func() { rpm.Satisfies(p, r) },
		"ParseEVR":   func() { _ = rpm.ParseEVR(p.EVR) },
	} {
		if n := testing.AllocsPerRun(100, fn); n != 0 {
			t.Errorf("%s allocates %v times", what, n)
		}
	}
}

func FuzzEVR(f *testing.F) {
	f.Add("1:1.0~rc1-2", "1.0^git-3")
	f.Fuzz(func(t *testing.T, a, b string) {
		if rpm.Vercmp(a, b) != -rpm.Vercmp(b, a) || rpm.CompareEVR(a, b) != -rpm.CompareEVR(b, a) {
			t.Errorf("%q and %q compare differently the other way round", a, b)
		}
		e := rpm.ParseEVR(a)
		if again := rpm.ParseEVR(e.String()); e.Epoch != 0 && e.Release != "" && again != e {
			t.Errorf("%q: %+v, then %+v", a, e, again)
		}
	})
}

func BenchmarkVercmp(b *testing.B) {
	for b.Loop() {
		rpm.Vercmp("1.2.3~rc1.20240101git", "1.2.3~rc1.20240102git")
	}
}
