// Command mkrpms writes the packages of a text description (see package
// rpmtest), or of a universe in JSON lines, as RPM files:
//
//	mkrpms FILE DIR
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"compose/internal/rpmtest"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: mkrpms FILE DIR")
		os.Exit(2)
	}
	n, err := run(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "mkrpms:", err)
		os.Exit(1)
	}
	fmt.Printf("%d packages in %s\n", n, os.Args[2])
}

func run(file, dir string) (int, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var pkgs []rpmtest.Package
	if strings.HasSuffix(file, ".jsonl") {
		pkgs, err = rpmtest.FromJSONL(f)
	} else {
		pkgs, err = rpmtest.Parse(f, filepath.Base(file))
	}
	if err != nil {
		return 0, err
	}
	_, err = rpmtest.Write(dir, pkgs)
	return len(pkgs), err
}
