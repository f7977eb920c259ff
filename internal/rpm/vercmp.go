package rpm

// Vercmp compares two versions or two releases as rpm's rpmvercmp does:
// runs of digits as numbers, runs of letters as bytes, everything else only
// separates; "~" sorts before the end of the string, "^" after it but before
// any further segment. It returns -1, 0 or +1 and allocates nothing.
func Vercmp(a, b string) int {
	if a == b {
		return 0
	}
	for len(a) > 0 || len(b) > 0 {
		a, b = skipSeparators(a), skipSeparators(b)
		r, more := cmpMark(a, b)
		if r != 0 {
			return r
		}
		if more {
			a, b = a[1:], b[1:]
			continue
		}
		if a == "" || b == "" {
			break
		}
		sa, sb := segment(a, a[0]), segment(b, a[0])
		if r := cmpSegment(sa, sb); r != 0 {
			return r
		}
		a, b = a[len(sa):], b[len(sb):]
	}
	switch {
	case a != "":
		return 1
	case b != "":
		return -1
	}
	return 0
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isAlpha(c byte) bool { return (c|0x20)-'a' <= 25 }

// skipSeparators drops the bytes that mean nothing to the comparison.
func skipSeparators(s string) string {
	i := 0
	for i < len(s) && !isDigit(s[i]) && !isAlpha(s[i]) && s[i] != '~' && s[i] != '^' {
		i++
	}
	return s[i:]
}

// cmpMark compares what "~" and "^" at the front decide; more says that both
// sides begin with the same mark and go on after it.
func cmpMark(a, b string) (r int, more bool) {
	ca, cb := first(a), first(b)
	switch {
	case ca == '~' && cb == '~', ca == '^' && cb == '^':
		return 0, true
	case cb == '~':
		return 1, false
	case ca == '~':
		return -1, false
	case ca == '^' || cb == '^':
		return cmpCaret(ca, cb), false
	}
	return 0, false
}

// cmpCaret: one side, not both, begins with "^"; 0 is the end of the string.
func cmpCaret(ca, cb byte) int {
	switch {
	case ca == 0:
		return -1
	case cb == 0:
		return 1
	case cb == '^':
		return 1
	}
	return -1
}

// first gives the first byte of s, 0 at its end.
func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

// segment gives the run of digits at the front of s when like is a digit,
// else the run of letters; it may be empty.
func segment(s string, like byte) string {
	is := isAlpha
	if isDigit(like) {
		is = isDigit
	}
	i := 0
	for i < len(s) && is(s[i]) {
		i++
	}
	return s[:i]
}

// cmpSegment compares two runs of the kind that a begins with. A missing run
// in b means that the kinds differ: numbers are newer than letters.
func cmpSegment(a, b string) int {
	num := isDigit(a[0])
	if b == "" {
		if num {
			return 1
		}
		return -1
	}
	if num {
		a, b = trimZeros(a), trimZeros(b)
		if len(a) != len(b) {
			return sign(len(a) - len(b))
		}
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func trimZeros(s string) string {
	i := 0
	for i < len(s) && s[i] == '0' {
		i++
	}
	return s[i:]
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
