package config

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Step says what steps of the plan may take. Of the blocks that match a step
// the last one that has a key counts.
type Step struct {
	// Name is a shell glob for the names of steps, as compose plan prints them:
	// "createiso/*", "*/Server.x86_64". It matches at least one.
	Name string `toml:"name" rule:"required,glob"`
	// Timeout is how long a step may run. After that its programs are ended
	// and it fails.
	Timeout string `toml:"timeout,omitempty" rule:"duration"`
	// Memory is how much memory a step takes, such as "3GiB"; together the
	// steps that run take no more than there is (compose run --memory). A step
	// that takes more than that runs while no other does that takes any.
	Memory string `toml:"memory,omitempty" rule:"size"`
	// CPU is how many of the places for steps that compute (compose run
	// --jobs) a step takes.
	CPU *int `toml:"cpu,omitempty"`
}

// Network says how patient a compose is with servers.
type Network struct {
	// Attempts is how often an address is tried. Only what may be better the
	// next time is tried again: lost connections, timeouts, and answers of
	// 408, 429 and 500 to 599.
	Attempts *int `toml:"attempts,omitempty"`
	// MaxWait is the longest pause between two attempts, also when a server
	// asks for more (Retry-After); without the key 30s.
	MaxWait string `toml:"max_wait,omitempty" rule:"duration"`
	// Stall is how long a server may send next to nothing; without the key 30s.
	Stall string `toml:"stall,omitempty" rule:"duration"`
	// PerHost is how many requests are under way at one host; without the key 8.
	PerHost *int `toml:"per_host,omitempty"`
}

var sizePattern = regexp.MustCompile(`^([0-9]{1,18}) ?([KMGTkmgt]?)(i?B)?$`)

// ParseSize reads a number of bytes with a unit: B, KiB, MiB, GiB or TiB, or
// K, M, G or T for the same.
func ParseSize(text string) (int64, bool) {
	m := sizePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	power := 0
	if m[2] != "" {
		power = 10 * (strings.Index("KMGT", strings.ToUpper(m[2])) + 1)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || n > math.MaxInt64>>power {
		return 0, false
	}
	return n << power, true
}

func checkSize(s string) (text, hint string) {
	if n, ok := ParseSize(s); !ok || n == 0 {
		return quote(s) + " is not a size", `such as "512MiB" or "4GiB"`
	}
	return "", ""
}

// checkSteps looks at numbers.
func (d *decoder) checkSteps(c *Config) {
	positive := func(key string, n *int, most int) {
		if n != nil && (*n < 1 || *n > most) {
			d.complain(key, "must be 1 to "+strconv.Itoa(most), "")
		}
	}
	for i, s := range c.Steps {
		at := index("step", i)
		positive(at+".cpu", s.CPU, 4096)
		if s.Timeout == "" && s.Memory == "" && s.CPU == nil && d.sound(at) {
			d.complain(at, "says nothing of the steps", "a block has timeout, memory or cpu")
		}
	}
	positive("network.attempts", c.Network.Attempts, 20)
	positive("network.per_host", c.Network.PerHost, 256)
}

// Duration reads the value of a key that has the form of a length of time; ""
// is 0.
func Duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0 // it is "": Load refuses what is not a length of time
	}
	return d
}
