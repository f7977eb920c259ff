package phases

import (
	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/record"
	"compose/pkgset"
)

// gatherRecord is what compose explain reads of a tree.
func gatherRecord(res *gather.Result, own func(*rpm.Package) bool) []byte {
	return record.Gathered(res, own)
}

// trimRecord is what was moved between the trees of a family of variants.
func trimRecord(changes []gather.Change) []byte { return record.Trims(changes) }

// packageList is what the trees of an architecture chose from.
func packageList(sub *pkgset.Subset) []byte { return record.Packages(sub) }
