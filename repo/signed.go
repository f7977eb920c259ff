package repo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"compose/internal/rpmmd"
)

// Signature is what lies beside a signed repomd.xml: repomd.xml.asc, and
// repomd.xml.key unless it is empty.
type Signature struct{ Asc, Key []byte }

// Sign makes the signature of repomd. old, unless nil, is one that is there
// for the same repomd: when it will do, it is given back.
type Sign func(ctx context.Context, repomd, old []byte) (Signature, error)

const (
	ascName = "repomd.xml.asc"
	keyName = "repomd.xml.key"
)

// writeRepomd writes repomd.xml, and its signature where one is wanted.
func (opt *Options) writeRepomd(ctx context.Context, dir string, xml []byte) error {
	if err := opt.writeTimed(filepath.Join(dir, "repomd.xml"), xml); err != nil || opt.Sign == nil {
		return err
	}
	sig, err := opt.Sign(ctx, xml, nil)
	if err != nil {
		return fmt.Errorf("signing repomd.xml: %w", err)
	}
	if len(sig.Key) > 0 {
		if err := opt.writeTimed(filepath.Join(dir, keyName), sig.Key); err != nil {
			return err
		}
	}
	return opt.writeTimed(filepath.Join(dir, ascName), sig.Asc)
}

func (opt *Options) writeTimed(path string, data []byte) error {
	if err := writeNew(path, data); err != nil {
		return err
	}
	return opt.setTime(path)
}

// signed says whether the signature of a repomd.xml that stays will do.
func (opt *Options) signed(ctx context.Context, xml []byte) (bool, error) {
	if opt.Sign == nil {
		return true, nil
	}
	asc, err := readBounded(filepath.Join(opt.old, ascName))
	if err != nil || len(asc) == 0 {
		return false, nil
	}
	sig, err := opt.Sign(ctx, xml, asc)
	if err != nil {
		return false, fmt.Errorf("signing repomd.xml: %w", err)
	}
	key, _ := readBounded(filepath.Join(opt.old, keyName))
	return bytes.Equal(sig.Asc, asc) && (len(sig.Key) == 0 || bytes.Equal(sig.Key, key)), nil
}

// readBounded reads a file beside repomd.xml.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(rpmmd.Bounded(f, maxOldRepomd))
}
