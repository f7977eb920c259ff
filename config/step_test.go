package config

import (
	"strings"
	"testing"
	"time"
)

func TestSteps(t *testing.T) {
	c := mustLoad(t, good+`[[step]]
name = "*"
timeout = "6h"
[[step]]
name = "createiso/*.x86_64"
timeout = "1h30m"
memory = "2 GiB"
cpu = 3
[[step]]
name = "nothing/*"
cpu = 1
[[failable]]
variant = "Server"
arch = "aarch64"
deliverables = ["iso", "live"]
names = ["KDE*"]
[[failable]]
variant = "Client"
deliverables = ["*"]
`)
	if got, want := c.StepRuleFor("createiso/Server.x86_64"), (StepRule{90 * time.Minute, 2 << 30, 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := c.StepRuleFor("createiso/Server.aarch64"), (StepRule{Timeout: 6 * time.Hour}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	left := c.StepsWithout([]string{"cache", "createiso/Server.x86_64"})
	if len(left) != 1 || left[0].Text != "nothing/*" || !strings.HasSuffix(left[0].Place, ".toml:38") {
		t.Errorf("%v", left)
	}
	for _, x := range []struct {
		tree       Tree
		kind, name string
		want       bool
	}{
		{Tree{"Server", "aarch64"}, "iso", "KDE", true},
		{Tree{"Server", "aarch64"}, "live", "KDE-Live", true},
		{Tree{"Server", "aarch64"}, "live", "Gnome", false},
		{Tree{"Server", "aarch64"}, "buildinstall", "", false},
		{Tree{"Server", "x86_64"}, "iso", "", false},
		{Tree{"Client", "x86_64"}, "buildinstall", "", true},
	} {
		if c.MayFail(x.tree, x.kind, x.name) != x.want {
			t.Errorf("%v: want %v", x, x.want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "17": 17, "17B": 17, "2KiB": 2 << 10, "2kB": 2 << 10, "3 MiB": 3 << 20, "4G": 4 << 30, "5TiB": 5 << 40} {
		if got, ok := ParseSize(text); !ok || got != want {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "G", "1.5G", "-1", "5i", "1 2", "9999999999999T", "1PiB", "0x10"} {
		if got, ok := ParseSize(text); ok {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestBadSteps(t *testing.T) {
	for text, want := range map[string]string{
		"[[step]]\nname = \"*\"\n":                                  "step: says nothing of the steps; a block has timeout, memory or cpu",
		"[[step]]\ntimeout = \"1h\"\n":                              "step.name: required key is missing",
		"[[step]]\nname = \"*\"\ntimeout = \"1 hour\"\n":            `step.timeout: "1 hour" is not a length of time; such as 30s, 5m or 1h30m`,
		"[[step]]\nname = \"*\"\nmemory = \"much\"\n":               `step.memory: "much" is not a size; such as "512MiB" or "4GiB"`,
		"[[step]]\nname = \"*\"\ncpu = 0\n":                         "step.cpu: must be 1 to 4096",
		"[network]\nattempts = 100\n":                               "network.attempts: must be 1 to 20",
		"[network]\nstall = \"0s\"\n":                               `network.stall: "0s" is not a length of time; such as 30s, 5m or 1h30m`,
		"[[failable]]\ndeliverables = [\"isos\"]\n":                 `did you mean "iso"?`,
		"[[failable]]\nvariant = \"Sever\"\ndeliverables = [\"*\"]": `failable.variant: "Sever" matches no variant; did you mean "Server"?`,
	} {
		_, said := loadText(t, t.TempDir(), good+text)
		if !strings.Contains(said, want) {
			t.Errorf("%s: %s, want %s", text, said, want)
		}
	}
}
