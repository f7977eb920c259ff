package rpmmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"compose/internal/rpmmd"
)

func TestSplitter(t *testing.T) {
	for _, n := range []int{0, 1, 2, 50} {
		doc := filelists(n)
		want := paths(t, []byte(doc))
		for _, size := range []int{1, 10, 300, 1 << 20} {
			var got []string
			pieces := split(t, strings.NewReader(doc), size)
			for _, piece := range pieces {
				got = append(got, paths(t, piece)...)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d packages, size %d: %q", n, size, got)
			}
			if n == 50 && (size == 300) != (len(pieces) > 10 && len(pieces) < 40) {
				t.Errorf("size %d: %d pieces", size, len(pieces))
			}
		}
	}
	for _, doc := range []string{"", "<package ", "</package>", "<a><package ></package></package>", "<!-- <package --><x></x>"} {
		if got := bytes.Join(split(t, iotest.OneByteReader(strings.NewReader(doc)), 4), nil); !strings.HasPrefix(string(got), doc[:len(doc)/2]) {
			t.Errorf("%q became %q", doc, got)
		}
	}
	fault := errors.New("fault")
	s := rpmmd.NewSplitter(io.MultiReader(strings.NewReader(filelists(3)), iotest.ErrReader(fault)), 1<<20)
	if _, err := s.Next(); err != fault {
		t.Errorf("error %v", err)
	}
}

func filelists(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<!-- lists -->\n<filelists xmlns=\"x\" packages=\"%d\">\n", n)
	for i := range n {
		fmt.Fprintf(&b, "<package pkgid=\"%d\">\n  <file>/a/%d</file>\n  <file type=\"dir\">/b</file>\n</package>\n", i, i)
	}
	return b.String() + "</filelists>\n"
}

func split(t *testing.T, r io.Reader, size int) [][]byte {
	t.Helper()
	s := rpmmd.NewSplitter(r, size)
	var list [][]byte
	for {
		piece, err := s.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, piece)
	}
}

func paths(t *testing.T, doc []byte) []string {
	t.Helper()
	var list []string
	err := rpmmd.ReadFilelists(context.Background(), bytes.NewReader(doc), func(pkgid string, path []byte, _ rpmmd.FileKind) error {
		list = append(list, pkgid+string(path))
		return nil
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	return list
}
