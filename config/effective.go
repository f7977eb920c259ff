package config

import (
	"bytes"
	"net/url"

	"github.com/BurntSushi/toml"
)

// Effective gives the configuration with overrides and defaults as TOML,
// always the same bytes for the same configuration. Paths are absolute, so
// that it means the same in another folder; passwords in addresses are
// replaced by xxxxx.
func (c *Config) Effective() []byte {
	shown := *c
	shown.Pkgsets = nil
	for _, s := range c.Pkgsets {
		urls := Strings(nil)
		for _, u := range s.URL {
			urls = append(urls, redact(u))
		}
		s.URL, s.Mirrorlist, s.Metalink = urls, redact(s.Mirrorlist), redact(s.Metalink)
		shown.Pkgsets = append(shown.Pkgsets, s)
	}
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	if err := enc.Encode(shown); err != nil {
		panic("config: writing what was loaded: " + err.Error())
	}
	return b.Bytes()
}

// redact takes the password out of an address and leaves it alone otherwise.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	return u.Redacted()
}
