package productmd

import (
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object; it is written with its keys sorted.
type object map[string]any

// dump gives the bytes that Python's json.dumps(indent=4, sort_keys=True)
// gives: ASCII only, no newline at the end. Values are object, []object,
// []string, string, int, int64, bool or nil.
func dump(v any) []byte { return appendValue(nil, v, 0) }

func appendValue(dst []byte, v any, depth int) []byte {
	switch v := v.(type) {
	case object:
		return appendObject(dst, v, depth)
	case []object:
		return appendList(dst, v, depth)
	case []string:
		return appendList(dst, v, depth)
	case string:
		return appendString(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case bool:
		return strconv.AppendBool(dst, v)
	}
	return append(dst, "null"...)
}

func appendObject(dst []byte, o object, depth int) []byte {
	if len(o) == 0 {
		return append(dst, "{}"...)
	}
	dst = append(dst, '{')
	for i, key := range sortedKeys(o) {
		dst = appendKey(dst, key, depth+1, i)
		dst = appendValue(dst, o[key], depth+1)
	}
	return append(appendIndent(dst, depth), '}')
}

func appendList[V any](dst []byte, list []V, depth int) []byte {
	if len(list) == 0 {
		return append(dst, "[]"...)
	}
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(appendIndent(dst, depth+1), v, depth+1)
	}
	return append(appendIndent(dst, depth), ']')
}

// appendKey begins the member number i (from 0) of an object whose members are at depth.
func appendKey(dst []byte, key string, depth, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	dst = appendString(appendIndent(dst, depth), key)
	return append(dst, ": "...)
}

const spaces = "\n                                                "

func appendIndent(dst []byte, depth int) []byte {
	return append(dst, spaces[:1+4*depth]...)
}

const hexDigits = "0123456789abcdef"

// appendString quotes s as Python does with ensure_ascii.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < 0x7f {
			if c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		dst = appendEscape(dst, r)
	}
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '\b':
		return append(dst, `\b`...)
	case '\t':
		return append(dst, `\t`...)
	case '\n':
		return append(dst, `\n`...)
	case '\f':
		return append(dst, `\f`...)
	case '\r':
		return append(dst, `\r`...)
	}
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendHex(appendHex(dst, high), low)
	}
	return appendHex(dst, r)
}

func appendHex(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

func sortedKeys[V any, M ~map[string]V](m M) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
