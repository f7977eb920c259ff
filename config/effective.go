package config

import (
	"bytes"
	"net/url"
	"slices"

	"github.com/BurntSushi/toml"
)

// Effective gives the configuration with overrides and defaults as TOML,
// always the same bytes for the same configuration. Paths are absolute, so
// that it means the same in another folder; variants from a file are written
// out; passwords in addresses are replaced by xxxxx.
func (c *Config) Effective() []byte {
	shown := *c
	shown.Pkgsets, shown.VariantsFile = nil, Path{}
	for _, s := range c.Pkgsets {
		s.URL, s.Mirrorlist, s.Metalink = redactAll(s.URL), redact(s.Mirrorlist), redact(s.Metalink)
		shown.Pkgsets = append(shown.Pkgsets, s)
	}
	shown.Gather.Trees = slices.Clone(c.Gather.Trees)
	for i, t := range shown.Gather.Trees {
		shown.Gather.Trees[i].Lookaside = redactAll(t.Lookaside)
	}
	shown.Webhooks = slices.Clone(c.Webhooks)
	for i, w := range shown.Webhooks {
		shown.Webhooks[i].URL = redactQuery(w.URL)
	}
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	if err := enc.Encode(shown); err != nil {
		panic("config: writing what was loaded: " + err.Error())
	}
	return b.Bytes()
}

func redactAll(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		out = append(out, redact(a))
	}
	return out
}

// redact takes the password out of an address and leaves it alone otherwise.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	return u.Redacted()
}

// redactQuery takes the query out, too: addresses of web services often have
// a token there.
func redactQuery(address string) string {
	u, err := url.Parse(redact(address))
	if err != nil || u.RawQuery == "" {
		return redact(address)
	}
	u.RawQuery = "xxxxx"
	return u.String()
}
