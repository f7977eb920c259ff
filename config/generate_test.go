package config

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the generated and golden files anew")

// TestGenerated keeps what is generated from the structs and their comments
// in step with them; go generate (or -update) writes it anew.
func TestGenerated(t *testing.T) {
	keys := documentedKeys(t)
	for name, want := range map[string][]byte{
		"schema.json":       schemaOf(t, keys),
		"../docs/config.md": referenceOf(keys),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, want) })
	}
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale: run go generate ./config and look at the difference", name)
	}
}
