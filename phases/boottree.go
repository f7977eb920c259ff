package phases

import "compose/image"

// bootTree is what a tree boots with: its boot files are in the tree.
type bootTree struct {
	// Fingerprint stands for everything that is in the boot files.
	Fingerprint string
	// Code starts a disc from a disk on a PC.
	Code image.BootCode
}
