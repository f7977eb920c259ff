package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"compose/phases/event"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// story writes facts about a made-up run.
type story struct{ facts []event.Event }

func (s *story) say(at time.Duration, e event.Event) {
	e.Seq, e.Time = int64(len(s.facts)+1), began.Add(at)
	s.facts = append(s.facts, e)
}

func (s *story) step(name, pool string, from, to time.Duration, end event.Event) {
	s.say(from, event.Event{Kind: event.Started, Step: name, Pool: pool, Waited: from / 10})
	end.Kind, end.Step, end.Waited, end.Ran = event.Ended, name, from/10, to-from
	s.say(to, end)
}

// small is a run in which everything happens that can happen.
func small() []event.Event {
	var s story
	s.say(0, event.Event{Kind: event.RunStarted, Run: &event.Run{ID: "DP-1.0-20260102.n.0", Dir: "/srv/composes/DP-1.0-20260102.n.0", Version: "v1.2.3", Pools: map[string]int{"cpu": 2, "net": 1}}})
	for _, p := range []struct{ name, pool string }{
		{"pkgset/base", "net"}, {"gather/Server.x86_64", "cpu"}, {"gather/Server.aarch64", "cpu"},
		{"createrepo/Server.x86_64", "cpu"}, {"createiso/Server.x86_64", "cpu"}, {"repoclosure/Server.x86_64", "cpu"}, {"image_checksum/Server", "net"},
	} {
		s.say(0, event.Event{Kind: event.Planned, Step: p.name, Pool: p.pool})
	}
	const sec = time.Second
	s.step("pkgset/base", "net", 0, 4*sec, event.Event{State: event.OK, Done: 23400, Total: 23400, Unit: "packages"})
	s.step("gather/Server.x86_64", "cpu", 4*sec, 7*sec, event.Event{State: event.Reused, Text: "DP-1.0-20260101.n.0"})
	s.say(7*sec, event.Event{Kind: event.Note, Level: event.Warning, Step: "createrepo/Server.x86_64", Text: "<script>alert(1)</script>: a \x1b[31mred\u202e name"})
	s.say(7*sec, event.Event{Kind: event.Note, Text: "nothing special"})
	s.step("createrepo/Server.x86_64", "cpu", 7*sec, 12*sec, event.Event{State: event.OK, Done: 3 << 20, Total: 3 << 20, Unit: "bytes"})
	s.step("gather/Server.aarch64", "cpu", 4*sec, 12500*time.Millisecond, event.Event{State: event.Failed, Error: "bash needs libtinfo.so.6()(64bit): no candidate left\n    ncurses-libs-6.4-8.aarch64: excluded by filter_packages \"ncurses*\""})
	s.step("createiso/Server.x86_64", "cpu", 12*sec, 12600*time.Millisecond, event.Event{State: event.Canceled, Error: "context canceled"})
	s.step("repoclosure/Server.x86_64", "cpu", 12*sec, 12200*time.Millisecond, event.Event{State: event.OptionalFailed, Error: "broken"})
	s.say(12500*time.Millisecond, event.Event{Kind: event.Ended, Step: "image_checksum/Server", State: event.NotRun, Text: "gather/Server.aarch64 failed"})
	s.say(13*sec, event.Event{Kind: event.RunEnded, Ran: 13 * sec, Run: &event.Run{ID: "DP-1.0-20260102.n.0", Status: "DOOMED", Critical: []string{"pkgset/base", "gather/Server.aarch64"}}})
	return s.facts
}

// large is a run of n steps.
func large(n int) []event.Event {
	var s story
	r := rand.New(rand.NewPCG(1, 2))
	s.say(0, event.Event{Kind: event.RunStarted, Run: &event.Run{ID: "Big-1-20260102.0", Dir: "/srv/Big", Pools: map[string]int{"cpu": 4, "disk": 2}}})
	phases := []string{"gather", "link", "createrepo", "repoclosure", "createiso", "image_checksum"}
	free := map[string][]time.Duration{"cpu": make([]time.Duration, 4), "disk": make([]time.Duration, 2)}
	var last []string
	for i := range n {
		name := fmt.Sprintf("%s/Variant%d.x86_64", phases[i*len(phases)/n], i)
		pool := []string{"cpu", "cpu", "disk"}[i%3]
		s.say(0, event.Event{Kind: event.Planned, Step: name, Pool: pool})
		k := 0
		for j, f := range free[pool] {
			if f < free[pool][k] {
				k = j
			}
		}
		from := free[pool][k]
		to := from + time.Duration(r.ExpFloat64()*float64(900*time.Millisecond))
		if r.IntN(40) == 0 {
			to += 20 * time.Second
		}
		free[pool][k] = to + 5*time.Millisecond
		s.step(name, pool, from, to, event.Event{State: event.OK, Done: int64(i), Total: int64(i), Unit: "packages"})
		if i%(n/10) == 0 {
			last = append(last, name)
		}
	}
	s.say(free["cpu"][0]+time.Second, event.Event{Kind: event.RunEnded, Run: &event.Run{Status: "FINISHED", Critical: last}})
	return s.facts
}

func logOf(step string) string { return "x86_64/" + strings.ReplaceAll(step, "/", "-") + ".log" }

func render(t testing.TB, d Data) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func smallData() Data {
	return Data{Run: Digest(small()), Log: logOf, Trees: []TreeCount{
		{"Server.x86_64", 12345, 3001, 4000, 9 << 30}, {"Server.src", 0, 3001, 0, 700 << 20},
	}}
}

func TestDigest(t *testing.T) {
	r := Digest(small())
	if len(r.Steps) != 7 || r.Status != "DOOMED" || r.Took() != 13*time.Second || len(r.Warnings) != 1 || len(r.Notes) != 1 {
		t.Errorf("digest %+v", r)
	}
	if r.Count(event.OK, event.Reused) != 3 || r.Count(event.NotRun) != 1 {
		t.Error("wrong counts")
	}
	if s := r.Slowest(1)[0]; s.Name != "gather/Server.aarch64" || !s.Critical || s.Ran() != 8500*time.Millisecond {
		t.Errorf("slowest %+v", s)
	}
	var names []string
	for _, s := range r.In(event.Failed, event.OptionalFailed) {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "repoclosure/Server.x86_64 gather/Server.aarch64" {
		t.Errorf("failures in the order in which they happened: %s", got)
	}
}

func TestPage(t *testing.T) {
	page := render(t, smallData())
	for _, want := range []string{
		"<title>DP-1.0-20260102.n.0 DOOMED</title>",
		`<span class="badge bad">DOOMED</span>`,
		"excluded by filter_packages &#34;ncurses*&#34;",
		`href="x86_64/gather-Server.aarch64.log"`,
		`&lt;script&gt;alert(1)&lt;/script&gt;: a \x1b[31mred\u202e name`,
		"23,400 packages", "12,345", "9.0 GiB", "DP-1.0-20260101.n.0",
		`class="b failed critical"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, not := range []string{"<script", "\x1b", "\u202e", "ZgotmplZ", "http://", "https://", "<no value>", "%!"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
}

// The drawing is well-formed and nothing in it lies outside of it.
func TestDrawing(t *testing.T) {
	page := render(t, Data{Run: Digest(large(3000)), Log: logOf})
	drawing := page[strings.Index(page, "<svg class=\"time\""):]
	drawing = drawing[:strings.Index(drawing, "\n</svg></div>")+len("\n</svg>")]
	d := xml.NewDecoder(strings.NewReader(drawing))
	bars := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := tok.(xml.StartElement)
		if ok && e.Name.Local == "svg" && len(e.Attr) == 5 { // class x y width height
			bars++
			x, w := number(t, e.Attr[1].Value), number(t, e.Attr[3].Value)
			if x < 0 || w <= 0 || x+w > 100.1 {
				t.Fatalf("a bar from %v %% on, %v %% wide", x, w)
			}
		}
	}
	if bars < 3000 {
		t.Errorf("%d bars", bars)
	}
	if len(page) > 4<<20 {
		t.Errorf("%d bytes for 3,000 steps", len(page))
	}
}

// number reads a percentage.
func number(t *testing.T, s string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Steps that run at once never share a lane.
func TestPlaces(t *testing.T) {
	run := Digest(large(500))
	for _, pool := range []string{"cpu", "disk"} {
		var steps []*Step
		for _, s := range run.Steps {
			if s.Pool == pool {
				steps = append(steps, s)
			}
		}
		lanes := places(steps)
		if len(lanes) > run.Pools[pool] {
			t.Errorf("%d lanes for %d places", len(lanes), run.Pools[pool])
		}
		for _, lane := range lanes {
			for i := 1; i < len(lane); i++ {
				if lane[i].Started.Before(lane[i-1].Ended) {
					t.Fatalf("%s and %s overlap", lane[i-1].Name, lane[i].Name)
				}
			}
		}
	}
}

// A page can be made of a run that never got anywhere.
func TestEmpty(t *testing.T) {
	render(t, Data{Run: &Run{}})
	render(t, Data{Run: Digest(small()[:3])})
	var s story
	s.say(0, event.Event{Kind: event.RunStarted, Run: &event.Run{ID: "x"}})
	s.say(0, event.Event{Kind: event.RunEnded, Run: &event.Run{Status: "TERMINATED"}})
	render(t, Data{Run: Digest(s.facts)})
}

func TestManyWarnings(t *testing.T) {
	run := &Run{}
	for i := range 5000 {
		run.Handle(event.Event{Kind: event.Note, Level: event.Warning, Step: "a", Text: fmt.Sprint("w", i)})
	}
	if page := render(t, Data{Run: run}); !strings.Contains(page, "and 4,000 more") || strings.Contains(page, "w4999") {
		t.Error("the table of warnings is not bounded")
	}
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Duration(0), "0s"}, {Duration(85 * time.Millisecond), "85ms"}, {Duration(996 * time.Millisecond), "1.0s"},
		{Duration(3210 * time.Millisecond), "3.2s"}, {Duration(59960 * time.Millisecond), "1m00s"},
		{Duration(245 * time.Second), "4m05s"}, {Duration(3599900 * time.Millisecond), "1h00m"}, {Duration(7380 * time.Second), "2h03m"},
		{Duration(-time.Second), "0s"}, {Duration(math.MinInt64), "0s"},
		{Bytes(512), "512 B"}, {Bytes(3565158), "3.4 MiB"}, {Bytes(1 << 20), "1.0 MiB"}, {Bytes(1<<20 - 1), "1.0 MiB"}, {Bytes(23 << 40), "23 TiB"},
		{Number(999), "999"}, {Number(1000), "1,000"}, {Number(-1234567), "-1,234,567"},
		{Amount(0, 0, "x"), ""}, {Amount(5, 0, "files"), "5 files"}, {Amount(5, 10, "files"), "5/10 files"}, {Amount(10, 10, "files"), "10 files"},
		{Amount(1<<20, 2<<20, "bytes"), "1.0 MiB/2.0 MiB"}, {Amount(1<<20, 0, "bytes"), "1.0 MiB"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// With COMPOSE_REPORT=DIR the pages are left there, to be looked at.
func TestLook(t *testing.T) {
	dir := os.Getenv("COMPOSE_REPORT")
	if dir == "" {
		t.Skip("COMPOSE_REPORT names no folder")
	}
	for name, data := range map[string]Data{"small": smallData(), "large": {Run: Digest(large(3000)), Log: logOf}} {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(render(t, data)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkPage3000(b *testing.B) {
	d := Data{Run: Digest(large(3000)), Log: logOf}
	for b.Loop() {
		if err := Write(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}
