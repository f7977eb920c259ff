package report

import (
	"regexp"
	"strings"
)

// causes are what the line looks like that says why a program failed, the
// surest first. Programs say much after it: that they failed, too.
var causes = []*regexp.Regexp{
	regexp.MustCompile(`(?i)no space left on device|disk quota exceeded|read-only file system|input/output error|cannot allocate memory|out of memory|oom-kill|\bkilled\b.*memory`),
	regexp.MustCompile(`(?i)\bpanic: |segmentation fault|core dumped|\bFATAL\b|^E: `),
	regexp.MustCompile(`(?i)command not found|no such file or directory|permission denied|not permitted|could not resolve|connection (refused|reset|timed out)|certificate|404 not found|nothing provides|no match for argument|unable to find a match|conflicts with|gpg check failed|checksum (does not match|mismatch)`),
	regexp.MustCompile(`(?i)\bdracut(\[[EF]\]|-install)?:? .*(error|fail|cannot|could not)|: FAILURE :|\berror\b ?:|\bERROR\b|\berr:|exception:|^\w*(Error|Exception): |syntax error`),
	regexp.MustCompile(`(?i)\b(error|failed|failure|cannot|could not|unable to|invalid|missing)\b`),
}

// harmless are lines that look like a cause and say the opposite.
var harmless = regexp.MustCompile(`(?i)\b(0|no) (error|failure)s?\b|error[s]?[ =:]+0\b|ignor(ed|ing)|not fatal|warning:|libgpg-error|perl-error`)

// RootLine finds, in the lines of a step's log, the one that says why the step
// failed, and gives its index; -1 when none does. Of the lines of the surest
// kind it is the first one, but the last line of a Python traceback, which
// names the exception, is surer than anything before.
func RootLine(lines []string) int {
	best, rank := -1, len(causes)
	for i, line := range lines {
		text := logPrefix.ReplaceAllString(line, "")
		if strings.HasPrefix(text, "ended ") || strings.HasPrefix(text, "started ") || harmless.MatchString(text) {
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(text), "Traceback (most recent call last)") {
			if end := traceback(lines, i); end > i {
				return end
			}
		}
		for r, cause := range causes[:rank] {
			if cause.MatchString(text) {
				best, rank = i, r
				break
			}
		}
	}
	return best
}

// logPrefix is the time at the beginning of an entry, and the indentation of
// further lines.
var logPrefix = regexp.MustCompile(`^(\d\d:\d\d:\d\d\.\d{3} | {13})`)

var exceptionLine = regexp.MustCompile(`^[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Fault|Failure|Warning)?(:|$)`)

// traceback gives the line with the exception of a traceback that begins at
// i, or i.
func traceback(lines []string, i int) int {
	for j := i + 1; j < len(lines); j++ {
		text := logPrefix.ReplaceAllString(lines[j], "")
		if strings.HasPrefix(text, " ") {
			continue
		}
		if exceptionLine.MatchString(text) {
			return j
		}
		return i
	}
	return i
}
