package config

import (
	"strings"
	"testing"
)

// What cannot work is refused, all at once; what is secret is not shown.
func TestNotify(t *testing.T) {
	text := `
notification_script = ["hook", "/usr/bin/hook", "./hook"]
notification_timeout = "1 minute"
[[webhook]]
url = "ftp://example.com/"
secret_env = "A B"
[[webhook]]
url = "https://example.com/?token=hidden"
secret_env = "A"
secret_file = "missing"
retries = 11
messages = ["phase-begin"]
[[webhook]]
[[webhook]]
url = "https://example.com/"
url_env = "A"
`
	_, err := load("c.toml", text, nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`notification_script: "./hook" is a relative path`, `notification_timeout: "1 minute" is not a length of time`,
		"webhook.url: is not an http or https address", `webhook.secret_env: "A B" must be the name`,
		"webhook.secret_file: does not go with secret_env", "webhook.retries: must be 0 to 10", "webhook: needs url or url_env", "webhook.url_env: does not go with url", `webhook.messages: "phase-begin" must be`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint %q in\n%v", want, err)
		}
	}
	c := &Config{Webhooks: []Webhook{{URL: "https://u:hidden@example.com/x?token=hidden"}}}
	if out := string(c.Effective()); strings.Contains(out, "hidden") {
		t.Errorf("a secret is shown:\n%s", out)
	}
}
