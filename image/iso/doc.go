// Package iso writes and checks ISO 9660 images: with Rock Ridge and Joliet
// names, El Torito boot records, a partition table for booting from a USB
// stick, and the checksum that isomd5sum implants.
//
// New computes the whole layout, Write then gives the bytes from the first to
// the last and hashes them on their way; what was written is never read again.
// The implanted MD5 stands near the start of an image and covers what follows,
// and a SHA-256 covers both, so content has to be hashed twice, one after the
// other: where a checksum is implanted, Write reads the source files a second
// time, out of the page cache as a rule.
//
// The package does not know what the files are for, which of them belong on
// which disc, or how images are named; it never looks at the clock.
package iso
