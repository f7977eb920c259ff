package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"compose/phases/event"
)

// collector is a receiver of OTLP/HTTP JSON.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	spans  map[string]map[string]any // by name
	posts  int
	header http.Header
	answer int
}

func newCollector(t *testing.T) *collector {
	c := &collector{spans: map[string]map[string]any{}, answer: 200}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.posts++
		c.header = r.Header
		body, _ := io.ReadAll(r.Body)
		var in struct {
			ResourceSpans []struct {
				Resource   struct{ Attributes []any }
				ScopeSpans []struct{ Spans []map[string]any }
			}
		}
		if err := json.Unmarshal(body, &in); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v in %s", r.URL.Path, err, body)
		}
		for _, rs := range in.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					c.spans[s["name"].(string)] = s
				}
			}
		}
		w.WriteHeader(c.answer)
	}))
	t.Cleanup(c.Close)
	return c
}

// attributes of a span as one text.
func attributes(s map[string]any) string {
	var out []string
	list, _ := s["attributes"].([]any)
	for _, a := range list {
		m := a.(map[string]any)
		for _, v := range m["value"].(map[string]any) {
			out = append(out, fmt.Sprintf("%v=%v", m["key"], v))
		}
	}
	return strings.Join(out, " ")
}

const (
	parentTrace = "0af7651916cd43dd8448eb211c80319c"
	parentSpan  = "b7ad6b7169203331"
)

func TestSpans(t *testing.T) {
	c := newCollector(t)
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL + "/", "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b,x=y",
		"TRACEPARENT": "00-" + parentTrace + "-" + parentSpan + "-01",
	}
	s, on, err := FromEnv(func(name string) string { return env[name] })
	if !on || err != nil {
		t.Fatal(on, err)
	}
	stream := event.New(nil)
	stream.Start(event.Run{ID: "DP-1"})
	r := Start(s, map[string]string{"compose.id": "DP-1"}, func(text string) { t.Error(text) })
	stream.Subscribe(r)
	play(stream)
	r.Close()
	run := c.spans["compose"]
	if run["traceId"] != parentTrace || run["parentSpanId"] != parentSpan || attributes(run) != "compose.id=DP-1 compose.status=DOOMED" {
		t.Errorf("run: %v", run)
	}
	for name, want := range map[string]string{
		"createrepo/A.x86_64": "compose.phase=createrepo compose.tree=A.x86_64 compose.pool=cpu compose.waited=1.5 compose.state=ok compose.reused=false compose.done=7 compose.unit=packages",
		"gather/A.x86_64":     "compose.phase=gather compose.tree=A.x86_64 compose.pool= compose.waited=0 compose.state=reused compose.reused=true compose.reused_from=DP-0",
		"link/A.x86_64":       "compose.phase=link compose.tree=A.x86_64 compose.pool= compose.waited=0 compose.state=failed compose.reused=false error.message=no room",
	} {
		s := c.spans[name]
		if s == nil {
			t.Errorf("no span of %s", name)
			continue
		}
		if got := attributes(s); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
		if s["traceId"] != parentTrace || s["parentSpanId"] != run["spanId"] || s["endTimeUnixNano"].(string) < s["startTimeUnixNano"].(string) {
			t.Errorf("%s: %v", name, s)
		}
	}
	if len(c.spans) != 4 || c.header.Get("Api-Key") != "a b" {
		t.Errorf("%d spans, headers %v", len(c.spans), c.header)
	}
	if st, _ := json.Marshal(c.spans["link/A.x86_64"]["status"]); string(st) != `{"code":2,"message":"no room"}` {
		t.Errorf("status %s", st)
	}
}

// play is a run.
func play(stream *event.Stream) {
	stream.Emit(event.Event{Kind: event.Planned, Step: "createrepo/A.x86_64", Pool: "cpu"})
	stream.Emit(event.Event{Kind: event.Started, Step: "createrepo/A.x86_64", Waited: 1500 * time.Millisecond})
	stream.Scope("createrepo/A.x86_64").Warn("look")
	stream.Emit(event.Event{Kind: event.Ended, Step: "createrepo/A.x86_64", State: event.OK, Done: 7, Unit: "packages"})
	stream.Emit(event.Event{Kind: event.Started, Step: "gather/A.x86_64"})
	stream.Emit(event.Event{Kind: event.Ended, Step: "gather/A.x86_64", State: event.Reused, Text: "DP-0"})
	stream.Emit(event.Event{Kind: event.Started, Step: "link/A.x86_64"})
	stream.Emit(event.Event{Kind: event.Ended, Step: "link/A.x86_64", State: event.Failed, Error: "no room"})
	stream.Emit(event.Event{Kind: event.Ended, Step: "treeinfo/A.x86_64", State: event.NotRun})
	stream.End(event.Run{Status: "DOOMED"})
}

// A collector that refuses, hangs or is not there is told of once, and takes
// little time.
func TestBrokenCollector(t *testing.T) {
	refuses, hangs := newCollector(t), newCollector(t)
	refuses.answer = 401
	stop := make(chan struct{})
	hangs.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop })
	defer close(stop)
	for _, c := range []struct{ url, want string }{
		{refuses.URL, "401"}, {hangs.URL, "not done after"}, {"http://127.0.0.1:1", "refused"},
	} {
		env := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.url, "OTEL_EXPORTER_OTLP_TIMEOUT": "300"}
		s, _, err := FromEnv(func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		var told []error
		stream := event.New(nil)
		r := Start(s, nil, func(text string) { told = append(told, errors.New(text)) })
		stream.Subscribe(r)
		for range 3 * batch {
			play(stream)
		}
		start := time.Now()
		r.Close()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %s", c.want, took)
		}
		if len(told) != 1 || !strings.Contains(told[0].Error(), c.want) {
			t.Errorf("told %v, want %s", told, c.want)
		}
	}
}

func TestFromEnv(t *testing.T) {
	for _, c := range []struct {
		env  string
		on   bool
		fail string
	}{
		{"", false, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://h:4318", true, ""},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://h/x", true, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://h OTEL_SDK_DISABLED=true", false, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://h OTEL_TRACES_EXPORTER=none", false, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=h:4317", false, "not an http"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://h OTEL_EXPORTER_OTLP_PROTOCOL=grpc", false, "grpc"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://h OTEL_EXPORTER_OTLP_TIMEOUT=soon", false, "milliseconds"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://h TRACEPARENT=nonsense", true, ""},
	} {
		env := map[string]string{}
		for _, v := range strings.Fields(c.env) {
			k, v, _ := strings.Cut(v, "=")
			env[k] = v
		}
		s, on, err := FromEnv(func(name string) string { return env[name] })
		if on != c.on || (c.fail == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fail) || s.parentID != "" {
			t.Errorf("%s: %v, %v", c.env, on, err)
		}
	}
}
