package trace

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings say where spans go. They are made by FromEnv.
type Settings struct {
	endpoint   string
	headers    map[string]string
	timeout    time.Duration
	service    string
	attributes map[string]string
	// parent of the run, from TRACEPARENT
	traceID, parentID, traceState string
}

// defaultTimeout is that of the specification.
const defaultTimeout = 10 * time.Second

// traceparent is the header of W3C Trace Context.
var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)

// FromEnv reads the standard variables: OTEL_EXPORTER_OTLP_ENDPOINT,
// _HEADERS, _TIMEOUT and _PROTOCOL with their _TRACES_ forms, OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES, OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER,
// TRACEPARENT and TRACESTATE. It reports false when no spans are wanted. An
// error says that they are, and cannot be sent so.
func FromEnv(getenv func(string) string) (Settings, bool, error) {
	either := func(name string) string {
		return cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_"+name), getenv("OTEL_EXPORTER_OTLP_"+name))
	}
	if either("ENDPOINT") == "" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return Settings{}, false, nil
	}
	s := Settings{timeout: defaultTimeout, service: cmp.Or(getenv("OTEL_SERVICE_NAME"), "compose")}
	s.endpoint = getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if s.endpoint == "" {
		s.endpoint = strings.TrimSuffix(getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "/") + "/v1/traces"
	}
	if u, err := url.Parse(s.endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return s, false, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https address")
	}
	if p := either("PROTOCOL"); p == "grpc" {
		return s, false, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not spoken here; http/json is, usually on port 4318")
	}
	if ms := either("TIMEOUT"); ms != "" {
		n, err := strconv.Atoi(ms)
		if err != nil || n <= 0 {
			return s, false, fmt.Errorf("OTEL_EXPORTER_OTLP_TIMEOUT: want a number of milliseconds")
		}
		s.timeout = time.Duration(n) * time.Millisecond
	}
	s.headers = pairs(either("HEADERS"))
	s.attributes = pairs(getenv("OTEL_RESOURCE_ATTRIBUTES"))
	if m := traceparent.FindStringSubmatch(getenv("TRACEPARENT")); m != nil && strings.Trim(m[1], "0") != "" && strings.Trim(m[2], "0") != "" {
		s.traceID, s.parentID, s.traceState = m[1], m[2], getenv("TRACESTATE")
	}
	return s, true, nil
}

// pairs reads "key=value,key=value", each percent-encoded.
func pairs(list string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		if v, err := url.PathUnescape(strings.TrimSpace(value)); err == nil {
			value = v
		}
		out[strings.TrimSpace(key)] = value
	}
	return out
}

// resource says who speaks.
func (s Settings) resource() []attribute {
	all := map[string]string{}
	maps.Copy(all, s.attributes)
	all["service.name"] = s.service
	out := sorted(all)
	return slices.Clip(out)
}

// shown is the endpoint without what may be secret.
func (s Settings) shown() string {
	u, err := url.Parse(s.endpoint)
	if err != nil {
		return "the collector"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
