package report

import (
	"strings"
	"testing"
)

// TestRootLine looks for the cause in logs as programs write them. The line
// to be found begins with ">".
func TestRootLine(t *testing.T) {
	for name, log := range map[string]string{
		"dracut": `
10:00:00.000 started buildinstall/Server.x86_64
10:00:01.000 lorax: running runtime-install.tmpl
             installing 0 errors, 0 warnings
>10:00:02.000 dracut-install: ERROR: installing '/usr/lib/modules/6.9/kernel/drivers/md/raid1.ko'
             dracut[F]: installkernel failed in module kernel-modules
             lorax failed: command failed with 1
10:00:03.000 ended failed after 3s: running lorax: exit status 1`,
		"traceback": `
10:00:00.000 started buildinstall/Server.x86_64
             Traceback (most recent call last):
               File "/usr/sbin/lorax", line 204, in main
                 lorax.run(dnfbase, error=1)
>             dnf.exceptions.Error: No match for argument: shim-x64
             cleaning up failed mounts`,
		"disk full": `
             error: could not write
>             xorriso : FAILURE : write error: No space left on device
             xorriso : FATAL : aborting`,
		"python exit": `
             Traceback (most recent call last):
               File "x.py", line 1
>             ModuleNotFoundError: No module named 'dnf'
             ended`,
		"missing package": `
10:00:01.000 Warning: failed to load filelists, ignoring
>10:00:01.000 Error: nothing provides libfoo.so.1 needed by bar
10:00:02.000 failed to build image`,
		"only a word": `
10:00:01.000 all fine
>10:00:02.000 the image could not be made`,
		"nothing": `
10:00:01.000 all fine
10:00:02.000 ended failed after 1s: exit status 1`,
	} {
		lines := strings.Split(strings.TrimPrefix(log, "\n"), "\n")
		want := -1
		for i, line := range lines {
			if rest, ok := strings.CutPrefix(line, ">"); ok {
				lines[i], want = rest, i
			}
		}
		if got := RootLine(lines); got != want {
			t.Errorf("%s: line %d, want %d", name, got, want)
			if got >= 0 {
				t.Log(lines[got])
			}
		}
	}
}

// TestWriteFailure writes a page, with hostile text in it.
func TestWriteFailure(t *testing.T) {
	run := &Run{ID: "DP-1.0-20260102.0", Dir: "/srv/DP-1.0-20260102.0", Status: "DOOMED"}
	trouble := Trouble{
		Steps: []StepTrouble{{Step: &Step{Name: "createiso/Server.x86_64", Error: "running xorriso: exit status 5\x1b[2J"}, Log: "/srv/x.log", Root: "xorriso : FAILURE", RootLine: 7, Tail: []string{"a", "b"}, Again: "compose run --resume /srv/x"}},
		Since: Since{Compose: "/srv/DP-1.0-20260101.0", Packages: []string{"~ bash.x86_64 1-1 -> 2-1"}},
	}
	var b strings.Builder
	if err := WriteFailure(&b, run, trouble); err != nil {
		t.Fatal(err)
	}
	want := `DOOMED DP-1.0-20260102.0 after 0s
/srv/DP-1.0-20260102.0

== createiso/Server.x86_64 failed after 0s

    running xorriso: exit status 5\x1b[2J

The cause, in line 7 of /srv/x.log:

    xorriso : FAILURE

The end of /srv/x.log:

    a
    b

This step alone, again:

    compose run --resume /srv/x

== Since /srv/DP-1.0-20260101.0, which finished

The configuration: no change is known.

The packages there are:

    ~ bash.x86_64 1-1 -> 2-1
`
	if b.String() != want {
		t.Errorf("the page is\n%s\nwant\n%s", b.String(), want)
	}
}
