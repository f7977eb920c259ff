package report

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"compose/phases/event"
)

// Data is what the page shows.
type Data struct {
	// Run is the Digest of the facts.
	Run *Run
	// Trees are the packages per tree, in the order in which to show them.
	Trees []TreeCount
	// Log gives the address of a step's log, relative to the page, "" for
	// none. It may be nil.
	Log func(step string) string
	// Trouble is what is known of failures; the zero value is nothing.
	Trouble Trouble
}

// TreeCount says how many packages a tree has, and their size in bytes.
type TreeCount struct {
	Tree                  string
	Binary, Source, Debug int
	Bytes                 int64
}

// Packages is the number of all packages of the tree.
func (t TreeCount) Packages() int { return t.Binary + t.Source + t.Debug }

// Write writes the page: one HTML file that needs no other and runs no code.
func Write(w io.Writer, d Data) error {
	return page.Execute(w, newView(d))
}

//go:embed page.html
var pageText string

// page is parsed once; executing a template does not change it.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"duration": Duration,
	"bytes":    Bytes,
	"number":   func(n int) string { return Number(int64(n)) },
	"clean":    event.Clean,
	"words":    func(s event.State) string { return strings.ReplaceAll(string(s), "-", " ") },
	"at":       func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
}).Parse(pageText))

// maxMessages bounds the table of warnings; the logs have them all.
const maxMessages = 1000

// view is what the template reads.
type view struct {
	*Run
	Took       time.Duration
	Counts     []count
	Timeline   timeline
	Failures   []failure
	Since      Since
	Errors     []string
	Slow       []row
	Chain      []row
	All        []row
	Phases     []phaseRow
	Trees      []TreeCount
	Total      TreeCount
	Messages   []Message
	MoreMsgs   int
	StatusTone string

	log   func(string) string
	began time.Time
}

// count is one line of the summary.
type count struct {
	State event.State
	N     int
}

// row is one step in a table.
type row struct {
	*Step
	Log string
	At  time.Duration // of its start, since the run began
	// Left and Share are place and width of the step's bar, in per cent.
	Left, Share float64
}

// failure is a step that failed, with what is known of that.
type failure struct {
	row
	Trouble StepTrouble
}

// Amount is what the step did.
func (r row) Amount() string { return Amount(r.Done, r.Total, r.Unit) }

// phaseRow sums up the steps of one phase.
type phaseRow struct {
	Name         string
	Steps        int
	Work         time.Duration // sum of the times of its steps
	Waited       time.Duration // sum
	First, Last  time.Duration // first start and last end, since the run began
	Left, Across float64       // the same as place and width of a bar, in per cent
}

func newView(d Data) *view {
	began, end := span(d.Run)
	v := &view{
		Run: d.Run, Took: end.Sub(began), Timeline: newTimeline(d.Run),
		Trees: d.Trees, StatusTone: tone(d.Run.Status), log: d.Log, began: began,
	}
	for _, s := range []event.State{event.OK, event.Reused, event.Skipped, event.OptionalFailed, event.Failed, event.Canceled, event.NotRun} {
		if n := d.Run.Count(s); n > 0 {
			v.Counts = append(v.Counts, count{s, n})
		}
	}
	for _, r := range v.rows(append(d.Run.In(event.Failed), d.Run.In(event.OptionalFailed)...)) {
		v.Failures = append(v.Failures, failure{r, d.Trouble.of(r.Name)})
	}
	v.Since, v.Errors = d.Trouble.Since, d.Trouble.Errors
	v.Slow = ranked(v.rows(d.Run.Slowest(15)))
	v.Chain = v.rows(d.Run.Chain())
	v.All = v.rows(d.Run.Steps)
	v.Phases = v.phases()
	for _, t := range d.Trees {
		v.Total.Binary += t.Binary
		v.Total.Source += t.Source
		v.Total.Debug += t.Debug
		v.Total.Bytes += t.Bytes
	}
	v.Messages = d.Run.Warnings[:min(maxMessages, len(d.Run.Warnings))]
	v.MoreMsgs = len(d.Run.Warnings) - len(v.Messages)
	return v
}

// tone is the colour of a status.
func tone(status string) string {
	switch {
	case status == "FINISHED":
		return "good"
	case strings.HasPrefix(status, "FINISHED"):
		return "fair"
	case status == "DOOMED":
		return "bad"
	}
	return "plain"
}

func (v *view) rows(steps []*Step) []row {
	var out []row
	for _, s := range steps {
		r := row{Step: s}
		if !s.Started.IsZero() {
			r.At = s.Started.Sub(v.began)
			r.Left, r.Share = v.share(r.At), v.share(s.Ran())
			if v.log != nil {
				r.Log = v.log(s.Name)
			}
		}
		out = append(out, r)
	}
	return out
}

// ranked lets the bars of a list that is sorted by length start at the left,
// the first one filling its cell.
func ranked(rows []row) []row {
	for i := range rows {
		rows[i].Left, rows[i].Share = 0, 100*float64(rows[i].Ran())/float64(rows[0].Ran())
	}
	return rows
}

// LogOf is the address of a step's log, for the table of warnings.
func (v *view) LogOf(step string) string {
	if v.log == nil || step == "" {
		return ""
	}
	return v.log(step)
}

func (v *view) share(d time.Duration) float64 {
	return scale{v.began, max(v.Took, 1)}.percent(d)
}

// phases sums up per phase, in the order in which the phases began.
func (v *view) phases() []phaseRow {
	sums := map[string]*phaseRow{}
	for _, r := range v.All {
		if r.Started.IsZero() {
			continue
		}
		name := event.Phase(r.Name)
		p := sums[name]
		if p == nil {
			p = &phaseRow{Name: name, First: r.At}
			sums[name] = p
		}
		p.Steps++
		p.Work += r.Ran()
		p.Waited += r.Waited
		p.First = min(p.First, r.At)
		p.Last = max(p.Last, r.At+r.Ran())
	}
	var out []phaseRow
	for _, p := range sums {
		p.Left, p.Across = v.share(p.First), max(v.share(p.Last-p.First), 0.3)
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b phaseRow) int {
		return cmp.Or(cmp.Compare(a.First, b.First), strings.Compare(a.Name, b.Name))
	})
	return out
}
