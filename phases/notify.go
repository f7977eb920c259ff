package phases

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"compose/config"
	"compose/phases/event"
	"compose/phases/notice"
	"compose/phases/overview"
	"compose/phases/trace"
)

// notices are the messages of one run to those who want to know.
type notices struct {
	*notice.Notifier
	events *event.Stream
	trace  *trace.Recorder // nil: no spans are wanted
	far    *overview.Writer

	mu    sync.Mutex
	ended bool // the stream has said its last fact
	late  []string
}

// receivers gives who is told how a compose fares. A secret that is not
// there is an error: who checks signatures would drop every message.
func receivers(cfg *config.Config, o RunOptions) ([]notice.Receiver, error) {
	var out []notice.Receiver
	for _, s := range slices.Concat(o.Notify, cfg.NotificationScripts) {
		out = append(out, &notice.Script{Program: s})
	}
	var errs []error
	for _, w := range cfg.Webhooks {
		secret, err := secretOf(w)
		address, err2 := addressOf(w)
		errs = append(errs, err, err2)
		out = append(out, &notice.Webhook{
			URL: address, Messages: w.Messages, Secret: secret, Retries: w.Retries, Agent: "compose/" + o.Version,
		})
	}
	return out, errors.Join(errs...)
}

// addressOf gives the address of a web service.
func addressOf(w config.Webhook) (string, error) {
	if w.URLEnv == "" {
		return w.URL, nil
	}
	address := os.Getenv(w.URLEnv)
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		return "", fmt.Errorf("webhook: the environment variable %s (url_env) is no http or https address", w.URLEnv)
	}
	return address, nil
}

func secretOf(w config.Webhook) ([]byte, error) {
	switch {
	case w.SecretEnv != "":
		if s := os.Getenv(w.SecretEnv); s != "" {
			return []byte(s), nil
		}
		return nil, fmt.Errorf("webhook: the environment variable %s (secret_env) is empty", w.SecretEnv)
	case w.SecretFile.IsSet():
		data, err := os.ReadFile(w.SecretFile.Abs)
		if err != nil {
			return nil, fmt.Errorf("webhook: reading secret_file: %w", err)
		}
		if data = bytes.TrimRight(data, " \t\r\n"); len(data) == 0 {
			return nil, fmt.Errorf("webhook: %s (secret_file) is empty", w.SecretFile.Text)
		}
		return data, nil
	}
	return nil, nil
}

// startNotices tells the receivers of the run from now on.
func startNotices(cfg *config.Config, o RunOptions, to []notice.Receiver) *notices {
	n := &notices{events: o.Events}
	for _, r := range to {
		if s, ok := r.(*notice.Script); ok {
			s.Dir = here() // as with Pungi
			s.Logs = filepath.Join(o.Layout.Logs(""), "notifications")
		}
	}
	timeout, err := time.ParseDuration(cfg.NotificationTimeout)
	if err != nil { // config.Load refuses it
		timeout = 0
	}
	n.Notifier = notice.New(notice.Options{
		Receivers: to, Common: commonFields(cfg, o), Timeout: timeout, Warn: n.warn,
	})
	o.Events.Subscribe(notice.FromEvents(n.Notifier))
	n.status(Started)
	n.startTrace(cfg, o)
	n.far = overview.StartProgress(o.Layout.Progress(), writeFile)
	o.Events.Subscribe(n.far)
	return n
}

// startTrace sends the steps as spans where the environment asks for it.
func (n *notices) startTrace(cfg *config.Config, o RunOptions) {
	s, wanted, err := trace.FromEnv(os.Getenv)
	if err != nil {
		n.warn("no traces are sent: " + err.Error())
		return
	}
	if !wanted {
		return
	}
	n.trace = trace.Start(s, map[string]string{
		"compose.id": o.Identity.ID, "compose.type": o.Identity.Type, "compose.label": o.Identity.Label,
		"compose.release": cfg.Release.Short + "-" + cfg.Release.Version, "compose.program": o.Version,
	}, n.warn)
	o.Events.Subscribe(n.trace)
}

// status says that STATUS has a new word.
func (n *notices) status(s Status) { n.Say(notice.StatusChange, map[string]any{"status": string(s)}) }

// warn makes a warning of the run, as long as it goes on.
func (n *notices) warn(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended {
		n.late = append(n.late, text)
		return
	}
	n.events.Scope("").Warn("%s", text)
}

// quiet keeps warnings for finish: the stream is about to say its last fact.
func (n *notices) quiet() {
	n.far.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended = true
}

// finish says how the compose ended, delivers all, and gives what could not
// be since quiet.
func (n *notices) finish(s Status) []string {
	n.status(s)
	n.Close()
	if n.trace != nil {
		n.trace.Close()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.late
}

// commonFields are those that every message has (Pungi's notifier.py).
func commonFields(cfg *config.Config, o RunOptions) map[string]any {
	id, b := o.Identity, cfg.BaseProduct
	fields := map[string]any{
		"compose_id": id.ID, "compose_date": id.Date, "compose_type": id.Type, "compose_respin": id.Respin,
		"compose_label": nil, "compose_path": o.Layout.Top,
		"location":      translatePath(cfg, o.Layout.Compose()),
		"release_short": cfg.Release.Short, "release_name": cfg.Release.Name, "release_version": cfg.Release.Version,
		"release_type": strings.ToLower(cfg.Release.Type), "release_is_layered": cfg.IsLayered(),
	}
	if id.Label != "" {
		fields["compose_label"] = id.Label
	}
	if cfg.IsLayered() {
		fields["base_product_name"], fields["base_product_short"] = b.Name, b.Short
		fields["base_product_version"], fields["base_product_type"] = b.Version, strings.ToLower(b.Type)
	}
	return fields
}

// translatePath gives a path as others find it.
func translatePath(cfg *config.Config, path string) string {
	for _, t := range cfg.TranslatePaths {
		if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(filepath.Clean(t.From), "/")); ok && (rest == "" || rest[0] == '/') {
			return strings.TrimSuffix(t.To, "/") + rest
		}
	}
	return path
}

// TellFailToStart tells the scripts that a compose could not be begun, and
// why. What they do wrong is nothing compared with that, and is left alone.
func TellFailToStart(scripts, command []string, o RunOptions, cause error) {
	for _, s := range scripts {
		fields := map[string]any{
			"command": strings.Join(command, " "), "target_dir": o.Target, "config": o.ConfigFile, "detail": cause.Error(),
		}
		n := notice.New(notice.Options{Receivers: []notice.Receiver{&notice.Script{Program: s, Dir: here()}}})
		n.Say(notice.FailToStart, fields)
		n.Close()
	}
}

// here is the working folder.
func here() string {
	dir, err := os.Getwd()
	if err != nil { // it was removed
		return "/"
	}
	return dir
}
