package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Error says why something could not be fetched. Its text shows no
// credentials.
type Error struct {
	What     string // address, or path below the mirrors, safe to show
	Attempts int    // requests made, at all mirrors
	// Failures are the last failures of each mirror that was tried, in order.
	Failures []Failure
}

// Failure is why one address did not serve.
type Failure struct {
	URL    string // safe to show
	Status int    // of the answer; 0 when there was none, or its content was refused
	Err    error
}

// Error reads "fetching ADDRESS: N attempts: cause".
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fetching %s: ", e.What)
	if e.Attempts > 1 {
		fmt.Fprintf(&b, "%d attempts: ", e.Attempts)
	}
	for i, f := range e.Failures {
		if i > 0 {
			b.WriteString("; ")
		}
		if len(e.Failures) > 1 {
			b.WriteString(f.URL + ": ")
		}
		b.WriteString(Redact(f.Err.Error()))
	}
	return b.String()
}

// Unwrap gives the failures' causes.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, f := range e.Failures {
		errs = append(errs, f.Err)
	}
	return errs
}

// NotFound says whether every mirror answered that there is no such file.
func (e *Error) NotFound() bool {
	for _, f := range e.Failures {
		if f.Status != http.StatusNotFound && f.Status != http.StatusGone {
			return false
		}
	}
	return len(e.Failures) > 0
}

// ErrNoRanges is the cause when a server cannot send a part of a file.
var ErrNoRanges = errors.New("the server does not send byte ranges")

// verdict is what the failure of one try means for the next.
type verdict int

const (
	again  verdict = iota // worth another try at the same address
	give                  // this address will not do
	giveUp                // no address will do: the fault is here
)

// failure is an error with its verdict.
type failure struct {
	err     error
	verdict verdict
	status  int
	after   time.Duration // how long the server asked to wait
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// permanent marks an error that another try at the same address would meet again.
func permanent(err error) error { return &failure{err: err, verdict: give} }

// local marks an error on this side, such as a full disk.
func local(err error) error { return &failure{err: err, verdict: giveUp} }

// judge finds the verdict of an error of any origin.
func judge(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	f = &failure{err: cause(err)}
	var (
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
		rec  tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		f.verdict = giveUp
	case errors.As(err, &dns) && dns.IsNotFound, errors.As(err, &cert), errors.As(err, &rec):
		f.verdict = give
	}
	return f
}

// cause takes off the layer in which net/http repeats the address.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// statusFailure judges an answer that is not the content.
func statusFailure(resp *http.Response) error {
	f := &failure{err: fmt.Errorf("the server says %q", resp.Status), status: resp.StatusCode, verdict: give}
	switch s := resp.StatusCode; {
	case s == http.StatusRequestTimeout, s == http.StatusTooManyRequests, s >= 500:
		f.verdict = again
		f.after = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	return f
}
