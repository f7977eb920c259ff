package notice

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
)

// Webhook is an address to which each message is posted, as a JSON object
// with the fields that scripts get and the name as "message". The header
// X-Compose-Message repeats the name; X-Compose-Signature-256 is "sha256="
// and the HMAC of the body in hexadecimal digits, where there is a secret.
type Webhook struct {
	URL string
	// Messages are the names of those that are posted; none means all.
	Messages []string
	// Secret is the key of the signature.
	Secret []byte
	// Retries is how often a post that failed is tried again: where no answer
	// came, or one of 408, 429 and 5xx.
	Retries int
	// Agent is the User-Agent.
	Agent string
	// Pause is the time before the first retry, twice as long before each
	// further one; 0 is a second.
	Pause time.Duration
}

// maxPause is the longest time between two tries.
const maxPause = 30 * time.Second

// String is the address without user, query and fragment, which may be secret.
func (w *Webhook) String() string { return publicURL(w.URL) }

func publicURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a web service"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Wants says whether messages of this name are posted.
func (w *Webhook) Wants(name string) bool {
	return len(w.Messages) == 0 || slices.Contains(w.Messages, name)
}

// Send posts a message.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	fields := maps.Clone(m.Fields)
	fields["message"] = m.Name
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	pause := w.Pause
	if pause <= 0 {
		pause = time.Second
	}
	for try := 0; ; try++ {
		err := w.post(ctx, m.Name, body)
		var worth *retryError
		if err == nil || try >= w.Retries || !errors.As(err, &worth) {
			return err
		}
		timer := time.NewTimer(min(max(pause<<try, worth.after), maxPause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), err)
		}
	}
}

// retryError is a failure that may be over soon.
type retryError struct {
	error
	after time.Duration // as the server asks for
}

func (e *retryError) Unwrap() error { return e.error }

// post tries once.
func (w *Webhook) post(ctx context.Context, name string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address is not one")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", w.Agent)
	req.Header.Set("X-Compose-Message", name)
	if len(w.Secret) > 0 {
		req.Header.Set("X-Compose-Signature-256", "sha256="+Signature(w.Secret, body))
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return &retryError{error: withoutURL(ctx, err)}
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // lets the connection be used again
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &retryError{fmt.Errorf("the server answers %s", resp.Status), time.Duration(seconds) * time.Second}
	default:
		return fmt.Errorf("the server answers %s", resp.Status)
	}
}

// withoutURL takes the address out of an error of net/http, which may be
// secret in part, and names what ended the context.
func withoutURL(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Signature is the HMAC-SHA256 of a body, in hexadecimal digits.
func Signature(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
