// Package oci writes container images of one layer in the layout of the Open
// Container Initiative (image-spec 1.0), as a folder and as an archive of that
// (what podman and skopeo call oci-archive), and checks them. The same layer
// and options give the same bytes. It knows nothing of what is in the layer.
package oci

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Compression is that of the layer.
type Compression int

// Compressions.
const (
	Gzip Compression = iota // which every program reads
	Zstd
)

// Options say what an image is, beside its layer.
type Options struct {
	Arch    string // of packages: x86_64, aarch64, …
	Created time.Time
	Compression
	// Name is what programs list the image as: NAME or NAME:TAG.
	Name        string
	Env         []string // NAME=value
	Entrypoint  []string
	Cmd         []string
	WorkingDir  string
	User        string
	Labels      map[string]string
	Annotations map[string]string // of the manifest
	Comment     string            // of the history
}

// The media types of the specification.
const (
	mediaManifest = "application/vnd.oci.image.manifest.v1+json"
	mediaIndex    = "application/vnd.oci.image.index.v1+json"
	mediaConfig   = "application/vnd.oci.image.config.v1+json"
	mediaLayer    = "application/vnd.oci.image.layer.v1.tar"
)

const layoutFile = `{"imageLayoutVersion":"1.0.0"}`

// platform gives an architecture in the words of the specification, which are those of Go.
func platform(arch string) (name, variant string, err error) {
	switch arch {
	case "x86_64":
		return "amd64", "", nil
	case "aarch64":
		return "arm64", "v8", nil
	case "armhfp", "armv7hl":
		return "arm", "v7", nil
	case "i386", "i486", "i586", "i686":
		return "386", "", nil
	case "loongarch64":
		return "loong64", "", nil
	case "ppc64le", "ppc64", "s390x", "riscv64":
		return arch, "", nil
	}
	return "", "", fmt.Errorf("containers have no word for the architecture %q", arch)
}

// descriptor refers to a blob.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *platformOf       `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platformOf struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Variant      string `json:"variant,omitempty"`
}

type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	Config        descriptor        `json:"config"`
	Layers        []descriptor      `json:"layers"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

type imageConfig struct {
	Created      string `json:"created"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant,omitempty"`
	OS           string `json:"os"`
	Config       struct {
		User       string            `json:"User,omitempty"`
		Env        []string          `json:"Env,omitempty"`
		Entrypoint []string          `json:"Entrypoint,omitempty"`
		Cmd        []string          `json:"Cmd,omitempty"`
		WorkingDir string            `json:"WorkingDir,omitempty"`
		Labels     map[string]string `json:"Labels,omitempty"`
	} `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
	History []history `json:"history"`
}

type history struct {
	Created   string `json:"created"`
	CreatedBy string `json:"created_by"`
	Comment   string `json:"comment,omitempty"`
}

// WriteLayout makes a layout in dir, a folder that is there and empty; layer
// writes the uncompressed tar archive. It returns the digest of the manifest.
func WriteLayout(dir string, o Options, layer func(io.Writer) error) (string, error) {
	l := &layout{dir: dir, o: o}
	digest, err := l.write(layer)
	if err != nil {
		return "", fmt.Errorf("container image: %w", err)
	}
	return digest, nil
}

type layout struct {
	dir string
	o   Options
}

func (l *layout) write(layer func(io.Writer) error) (string, error) {
	name, variant, err := platform(l.o.Arch)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(l.dir, "blobs", "sha256"), 0o755); err != nil {
		return "", err
	}
	blob, diff, err := l.layer(layer)
	if err != nil {
		return "", fmt.Errorf("layer: %w", err)
	}
	created := l.o.Created.UTC().Format(time.RFC3339)
	cfg := imageConfig{Created: created, Architecture: name, Variant: variant, OS: "linux", History: []history{{created, "compose", l.o.Comment}}}
	cfg.Config.User, cfg.Config.Env, cfg.Config.Labels = l.o.User, l.o.Env, l.o.Labels
	cfg.Config.Entrypoint, cfg.Config.Cmd, cfg.Config.WorkingDir = l.o.Entrypoint, l.o.Cmd, l.o.WorkingDir
	cfg.RootFS.Type, cfg.RootFS.DiffIDs = "layers", []string{diff}
	m := manifest{SchemaVersion: 2, MediaType: mediaManifest, Layers: []descriptor{blob}, Annotations: l.annotations(created)}
	if m.Config, err = l.blob(mediaConfig, cfg); err != nil {
		return "", err
	}
	d, err := l.blob(mediaManifest, m)
	if err != nil {
		return "", err
	}
	digest := d.Digest
	d.Platform = &platformOf{name, "linux", variant}
	if l.o.Name != "" {
		d.Annotations = map[string]string{"org.opencontainers.image.ref.name": l.o.Name}
	}
	b, err := json.Marshal(index{2, mediaIndex, []descriptor{d}})
	if err != nil {
		return "", err
	}
	return digest, errors.Join(
		os.WriteFile(filepath.Join(l.dir, "oci-layout"), []byte(layoutFile), 0o644),
		os.WriteFile(filepath.Join(l.dir, "index.json"), b, 0o644))
}

func (l *layout) annotations(created string) map[string]string {
	out := map[string]string{"org.opencontainers.image.created": created}
	for k, v := range l.o.Annotations {
		out[k] = v
	}
	return out
}

// blob writes a value as JSON.
func (l *layout) blob(media string, v any) (descriptor, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	sum := sha256.Sum256(b)
	d := descriptor{MediaType: media, Digest: "sha256:" + hex.EncodeToString(sum[:]), Size: int64(len(b))}
	return d, os.WriteFile(l.path(d.Digest), b, 0o644)
}

func (l *layout) path(digest string) string {
	return filepath.Join(l.dir, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
}

// layer writes the layer, and gives its descriptor and the digest of what it
// is when it is not compressed.
func (l *layout) layer(fn func(io.Writer) error) (d descriptor, diff string, err error) {
	f, err := os.CreateTemp(l.dir, ".layer-")
	if err != nil {
		return d, "", err
	}
	defer func() { err = errors.Join(err, f.Close(), removeIfThere(f.Name())) }()
	packed, plain := &summed{w: f, h: sha256.New()}, &summed{h: sha256.New()}
	z, suffix, err := l.o.Compression.writer(packed)
	if err != nil {
		return d, "", err
	}
	plain.w = z
	if err := errors.Join(fn(plain), z.Close()); err != nil {
		return d, "", err
	}
	d = descriptor{MediaType: mediaLayer + suffix, Digest: packed.digest(), Size: packed.n}
	return d, plain.digest(), errors.Join(f.Chmod(0o644), os.Rename(f.Name(), l.path(d.Digest)))
}

func removeIfThere(name string) error {
	if err := os.Remove(name); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (c Compression) writer(w io.Writer) (io.WriteCloser, string, error) {
	if c == Zstd {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
		return z, "+zstd", err
	}
	z, err := gzip.NewWriterLevel(w, gzip.DefaultCompression)
	return z, "+gzip", err
}

// summed counts and hashes what is written.
type summed struct {
	w io.Writer
	h hash.Hash
	n int64
}

// Write takes the next bytes.
func (s *summed) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.h.Write(p[:n])
	s.n += int64(n)
	return n, err
}

func (s *summed) digest() string { return "sha256:" + hex.EncodeToString(s.h.Sum(nil)) }
