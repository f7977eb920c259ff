package fetch

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// JoinURL gives the address of a relative path below a base address. The
// path is a file name as metadata spells it: percent escapes stay what they
// are, all other characters that a URL path cannot hold ("?" and "#" too) are
// escaped. A query of the base stays at the end.
func JoinURL(base, rel string) (string, error) {
	u, err := parseURL(base)
	if err != nil {
		return "", err
	}
	if err := join(u, rel); err != nil {
		return "", err
	}
	return u.String(), nil
}

func join(u *url.URL, rel string) error {
	raw := strings.TrimRight(u.EscapedPath(), "/") + "/" + escapePath(rel)
	path, err := url.PathUnescape(raw)
	if err != nil {
		return fmt.Errorf("path %q: %w", rel, err)
	}
	u.Path, u.RawPath = path, raw
	return nil
}

// parseURL accepts absolute http, https and file addresses. Its errors do
// not show the address, which may hold credentials.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("address %s: not a URL", Redact(s))
	}
	switch {
	case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost") && strings.HasPrefix(u.Path, "/"):
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
	default:
		return nil, fmt.Errorf("address %s: not an absolute http, https or file URL", Redact(s))
	}
	return u, nil
}

func escapePath(s string) string {
	const keep = "-._~!$&'()*+,;=:@/"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(keep, c) >= 0,
			c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// LocalPath gives the path of a file URL.
func LocalPath(address string) (string, bool) {
	u, err := parseURL(address)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	return u.Path, true
}

// The parts of an address that may hold a secret: all before an "@", and the
// values of tell-tale query keys.
var (
	userinfo = regexp.MustCompile(`(://)[^/\s"?#]*@`)
	secret   = regexp.MustCompile(`(?i)([?&;][^=&\s"]*(?:token|key|secret|pass|pwd|auth|sig|credential|session)[^=&\s"]*=)[^&;\s"]*`)
)

// Redact takes credentials out of a text with addresses.
func Redact(s string) string {
	return secret.ReplaceAllString(userinfo.ReplaceAllString(s, "$1"), "${1}…")
}
