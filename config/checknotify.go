package config

import (
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// checkNotify looks at those who are told how the compose fares.
func (d *decoder) checkNotify(c *Config) {
	for i, w := range c.Webhooks {
		at := index("webhook", i)
		switch {
		case w.URL != "" && w.URLEnv != "":
			d.complain(at+".url_env", "does not go with url", "there is one address")
		case w.URL == "" && w.URLEnv == "" && d.sound(at):
			d.complain(at, "needs url or url_env", "")
		}
		if w.SecretEnv != "" && w.SecretFile.IsSet() {
			d.complain(at+".secret_file", "does not go with secret_env", "there is one secret")
		}
		d.checkPath(at+".secret_file", w.SecretFile, "a file")
		if w.Retries < 0 || w.Retries > maxRetries {
			d.complain(at+".retries", "must be 0 to 10", "")
		}
	}
}

const maxRetries = 10

// checkProgram wants a program that is found from everywhere.
func checkProgram(s string) (text, hint string) {
	if strings.Contains(s, "/") && !filepath.IsAbs(s) {
		return quote(s) + " is a relative path", "an absolute path, or a name that is looked up in PATH"
	}
	return "", ""
}

// checkDuration wants a time above 0.
func checkDuration(s string) (text, hint string) {
	if d, err := time.ParseDuration(s); err != nil || d <= 0 {
		return quote(s) + " is not a length of time", "such as 30s, 5m or 1h30m"
	}
	return "", ""
}

// checkHookURL wants an address that can be posted to.
func checkHookURL(s string) (text, hint string) {
	u, err := url.Parse(s)
	switch {
	case err != nil || strings.Contains(s, " "):
		return "is not an address", ""
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "is not an http or https address", `it begins with "https://HOST/"`
	}
	return "", ""
}
