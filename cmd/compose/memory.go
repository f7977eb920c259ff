package main

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow further between collections than Go's
	// default: what a compose keeps (package records) is small beside what
	// passes through (headers, metadata).
	gcPercent = 300
	// memoryLimit is where the collector works harder instead of growing on.
	memoryLimit = 850 << 20
)

// tuneMemory trades memory for speed up to a limit, unless the user has set
// Go's own variables.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// The settings for a command that passes packages on one by one and keeps a
// few hundred bytes of each.
const (
	streamPercent = 80
	streamBase    = 45 << 20
	streamPackage = 400
	// updatePackage is streamPackage where most packages are known already,
	// and createrepo_c would have the old metadata in memory.
	updatePackage = 2000
)

// tuneForStream is tuneMemory for such a command, of so many packages.
func tuneForStream(packages int) { tuneForPackages(packages, streamPackage) }

// tuneForUpdate is tuneForStream where most packages are known.
func tuneForUpdate(packages int) { tuneForPackages(packages, updatePackage) }

func tuneForPackages(packages int, each int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(streamPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(streamBase + each*int64(packages))
	}
}
