package oci

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/klauspost/compress/zstd"

	"path/filepath"
)

var digestShape = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// maxDocument is the largest manifest or configuration that Check reads.
const maxDocument = 4 << 20

// Check reads a layout as programs do: every blob has the size and digest by
// which it is referred to, and the layers are what the configuration says.
func Check(dir string) error {
	l := &layout{dir: dir}
	if err := l.check(); err != nil {
		return fmt.Errorf("checking container image %s: %w", filepath.Base(dir), err)
	}
	return nil
}

func (l *layout) check() error {
	b, err := os.ReadFile(filepath.Join(l.dir, "oci-layout"))
	if err != nil {
		return err
	}
	var version struct{ ImageLayoutVersion string }
	if err := json.Unmarshal(b, &version); err != nil || version.ImageLayoutVersion != "1.0.0" {
		return fmt.Errorf("oci-layout: version %q: %w", version.ImageLayoutVersion, errors.Join(err, errors.New("not 1.0.0")))
	}
	if b, err = os.ReadFile(filepath.Join(l.dir, "index.json")); err != nil {
		return err
	}
	var idx index
	if err := json.Unmarshal(b, &idx); err != nil {
		return fmt.Errorf("index.json: %w", err)
	}
	if len(idx.Manifests) == 0 {
		return errors.New("index.json: no manifest")
	}
	for _, d := range idx.Manifests {
		if err := l.checkManifest(d); err != nil {
			return fmt.Errorf("manifest %s: %w", d.Digest, err)
		}
	}
	return nil
}

func (l *layout) checkManifest(d descriptor) error {
	var m manifest
	var cfg imageConfig
	if err := l.read(d, &m); err != nil {
		return err
	}
	if err := l.read(m.Config, &cfg); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if len(cfg.RootFS.DiffIDs) != len(m.Layers) {
		return fmt.Errorf("%d layers, and the configuration has %d", len(m.Layers), len(cfg.RootFS.DiffIDs))
	}
	for i, layer := range m.Layers {
		if err := l.checkLayer(layer, cfg.RootFS.DiffIDs[i]); err != nil {
			return fmt.Errorf("layer %s: %w", layer.Digest, err)
		}
	}
	return nil
}

// read reads a blob of JSON.
func (l *layout) read(d descriptor, to any) error {
	if !digestShape.MatchString(d.Digest) || d.Size > maxDocument {
		return fmt.Errorf("digest %q, %d bytes", d.Digest, d.Size)
	}
	b, err := os.ReadFile(l.path(d.Digest))
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(b)); got != d.Digest || int64(len(b)) != d.Size {
		return fmt.Errorf("it has %d bytes and digest %s, not %d and %s", len(b), got, d.Size, d.Digest)
	}
	return json.Unmarshal(b, to)
}

func (l *layout) checkLayer(d descriptor, diff string) error {
	if !digestShape.MatchString(d.Digest) {
		return errors.New("no digest")
	}
	f, err := os.Open(l.path(d.Digest))
	if err != nil {
		return err
	}
	defer f.Close()
	packed := &summed{w: io.Discard, h: sha256.New()}
	plain := &summed{w: io.Discard, h: sha256.New()}
	in := io.TeeReader(f, packed)
	var r io.Reader
	switch strings.TrimPrefix(d.MediaType, mediaLayer) {
	case "+gzip":
		if r, err = gzip.NewReader(in); err != nil {
			return err
		}
	case "+zstd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer z.Close()
		r = z
	default:
		return fmt.Errorf("media type %q", d.MediaType)
	}
	if _, err := io.Copy(plain, r); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	if packed.digest() != d.Digest || packed.n != d.Size {
		return fmt.Errorf("it has %d bytes and digest %s, not %d", packed.n, packed.digest(), d.Size)
	}
	if plain.digest() != diff {
		return fmt.Errorf("its content has digest %s, and the configuration says %s", plain.digest(), diff)
	}
	return nil
}
