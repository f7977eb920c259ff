// Package digest knows the checksums of packages, metadata and images by the
// names that all of them use. Which of these are good enough for a purpose is
// for the caller to say.
package digest

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// New gives the hash of a name: md5, sha1, sha224, sha256, sha384 or sha512;
// nil for others.
func New(name string) hash.Hash {
	switch name {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha224":
		return sha256.New224()
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	}
	return nil
}
