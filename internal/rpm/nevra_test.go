package rpm_test

import (
	"errors"
	"testing"

	"compose/internal/rpm"
)

func TestParseNEVRA(t *testing.T) {
	for text, want := range map[string]rpm.Package{
		"bash-0:5.2-1.fc40.x86_64":      {Name: "bash", Version: "5.2", Release: "1.fc40", Arch: "x86_64"},
		"bash-5.2-1.fc40.x86_64":        {Name: "bash", Version: "5.2", Release: "1.fc40", Arch: "x86_64"},
		"bash-5.2-1.fc40.x86_64.rpm":    {Name: "bash", Version: "5.2", Release: "1.fc40", Arch: "x86_64"},
		"bind-libs-32:9.18-2.noarch":    {Name: "bind-libs", Epoch: 32, Version: "9.18", Release: "2", Arch: "noarch"},
		"a-1-2-4294967295:3~b^c-4.src":  {Name: "a-1-2", Epoch: 4294967295, Version: "3~b^c", Release: "4", Arch: "src"},
		"python3.12-libs-3.12.0-1.i686": {Name: "python3.12-libs", Version: "3.12.0", Release: "1", Arch: "i686"},
	} {
		got, err := rpm.ParseNEVRA(text)
		if err != nil || got.NEVRA() != want.NEVRA() || got.Name != want.Name || got.Release != want.Release || got.Arch != want.Arch {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "bash", "bash-1", "bash-1-1", "bash.x86_64", "-1-1.x86_64", "a--1.noarch", "a-1-.noarch", "a-1-1.", "a-x:1-1.noarch",
		"a-4294967296:1-1.noarch", "a-:1-1.noarch", "a-1:-1.noarch", "a-1-1:1.noarch", "a-1:2:3-1.noarch", "../a-1-1.noarch", "a-1-1\n.noarch", ".rpm",
	} {
		if got, err := rpm.ParseNEVRA(text); !errors.Is(err, rpm.ErrNEVRA) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func FuzzParseNEVRA(f *testing.F) {
	f.Add("bash-0:5.2-1.fc40.x86_64")
	f.Add("a-1-1.src.rpm")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := rpm.ParseNEVRA(text)
		if err != nil {
			return
		}
		for _, back := range []string{p.NEVRA(), p.String()} {
			q, err := rpm.ParseNEVRA(back)
			if err != nil || q.NEVRA() != p.NEVRA() || q.Name != p.Name || q.Arch != p.Arch {
				t.Errorf("%q: %q came back as %+v, %v", text, back, q, err)
			}
		}
	})
}
