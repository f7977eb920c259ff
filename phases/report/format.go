package report

import (
	"fmt"
	"strconv"
	"time"
)

// Duration renders a duration as people read it: 85ms, 3.2s, 4m05s, 2h03m.
func Duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "0s"
	case d < 995*time.Millisecond:
		return fmt.Sprintf("%dms", d.Round(time.Millisecond).Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	s := int64(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
}

// Bytes renders a size: 512 B, 3.4 MiB.
func Bytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		f /= 1024
		if f < 999.5 {
			if f < 9.95 {
				return fmt.Sprintf("%.1f %s", f, unit)
			}
			return fmt.Sprintf("%.0f %s", f, unit)
		}
	}
	return fmt.Sprintf("%.0f PiB", f/1024)
}

// Number renders a number with its thousands apart: 23 400 is "23,400".
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	neg := ""
	if s[0] == '-' {
		neg, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return neg + s
}

// Amount renders what a step has done: "1,200/23,400 packages", "3.4 MiB".
func Amount(done, total int64, unit string) string {
	if done == 0 && total == 0 {
		return ""
	}
	if unit == "bytes" {
		if total > 0 && total != done {
			return Bytes(done) + "/" + Bytes(total)
		}
		return Bytes(done)
	}
	s := Number(done)
	if total > 0 && total != done {
		s += "/" + Number(total)
	}
	if unit != "" {
		s += " " + unit
	}
	return s
}
