package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"compose/phases/event"
)

// The JSON form of OTLP: numbers of 64 bits are strings, ids are hexadecimal.
type (
	span struct {
		TraceID    string      `json:"traceId"`
		SpanID     string      `json:"spanId"`
		ParentID   string      `json:"parentSpanId,omitempty"`
		State      string      `json:"traceState,omitempty"`
		Name       string      `json:"name"`
		Kind       int         `json:"kind"`
		Start      string      `json:"startTimeUnixNano"`
		End        string      `json:"endTimeUnixNano"`
		Attributes []attribute `json:"attributes,omitempty"`
		Events     []spanEvent `json:"events,omitempty"`
		Status     *status     `json:"status,omitempty"`
	}
	spanEvent struct {
		Time       string      `json:"timeUnixNano"`
		Name       string      `json:"name"`
		Attributes []attribute `json:"attributes,omitempty"`
	}
	status struct {
		Message string `json:"message,omitempty"`
		Code    int    `json:"code"`
	}
	attribute struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
	request struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []attribute `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
)

const (
	kindInternal = 1
	statusError  = 2
)

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func text(key, value string) attribute {
	return attribute{key, map[string]any{"stringValue": value}}
}

func integer(key string, value int64) attribute {
	return attribute{key, map[string]any{"intValue": strconv.FormatInt(value, 10)}}
}

func float(key string, value float64) attribute {
	return attribute{key, map[string]any{"doubleValue": value}}
}

// reused says whether a step took its result over.
func reused(s event.State) attribute {
	return attribute{"compose.reused", map[string]any{"boolValue": s == event.Reused}}
}

// sorted gives attributes in the order of their names.
func sorted(m map[string]string) []attribute {
	var out []attribute
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, text(k, m[k]))
	}
	return out
}

// tries is how often a batch is sent at most; retryAfter is the time between.
const (
	tries      = 3
	retryAfter = 500 * time.Millisecond
)

// send delivers spans, in the time of the settings.
func (s Settings) send(res []attribute, spans []span) error {
	body, err := json.Marshal(request{[]resourceSpans{{resource{res}, []scopeSpans{{scope{"compose"}, spans}}}}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), s.timeout, fmt.Errorf("not done after %s", s.timeout))
	defer cancel()
	for try := 1; ; try++ {
		again, err := s.post(ctx, body)
		if err == nil || !again || try == tries || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return err
		}
	}
}

// post tries once, and says whether trying again may help.
func (s Settings) post(ctx context.Context, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the endpoint is not an address")
	}
	for k, v := range s.headers {
		req.Header.Set(k, v)
	}
	req.Header.Set("Content-Type", "application/json")
	// A redirect would hand the headers, which have keys, to somebody else.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		var u *url.Error
		if errors.As(err, &u) { // without the address, which may be secret in part
			err = u.Err
		}
		return true, err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	switch resp.StatusCode {
	case 200, 202:
		return false, nil
	case 429, 502, 503, 504:
		return true, fmt.Errorf("the collector answers %s", resp.Status)
	}
	return false, fmt.Errorf("the collector answers %s", resp.Status)
}
