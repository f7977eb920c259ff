package header

import (
	"fmt"

	rpmlib "github.com/cavaliergopher/rpm"
)

// Tags of the signature header.
const (
	sigDSAHeader       = 267
	sigRSAHeader       = 268
	sigSHA1            = 269
	sigLongSize        = 270
	sigLongArchiveSize = 271
	sigSHA256          = 273
	sigOpenPGP         = 278
	sigSize            = 1000
	sigPGP             = 1002
	sigGPG             = 1005
	sigPGP5            = 1006
	sigPayloadSize     = 1007
)

// Tags of the main header.
const (
	tagLongArchiveSize = 271

	tagName           = 1000
	tagVersion        = 1001
	tagRelease        = 1002
	tagEpoch          = 1003
	tagSummary        = 1004
	tagDescription    = 1005
	tagBuildTime      = 1006
	tagBuildHost      = 1007
	tagSize           = 1009
	tagVendor         = 1011
	tagLicense        = 1014
	tagPackager       = 1015
	tagGroup          = 1016
	tagURL            = 1020
	tagArch           = 1022
	tagOldFilenames   = 1027
	tagFileModes      = 1030
	tagFileDigests    = 1035
	tagFileFlags      = 1037
	tagSourceRPM      = 1044
	tagArchiveSize    = 1046
	tagProvideName    = 1047
	tagRequireFlags   = 1048
	tagRequireName    = 1049
	tagRequireVersion = 1050
	tagNoSource       = 1051
	tagNoPatch        = 1052
	tagConflictFlags  = 1053
	tagConflictName   = 1054
	tagConflictVers   = 1055
	tagExcludeArch    = 1059
	tagExclusiveArch  = 1061
	tagChangelogTime  = 1080
	tagChangelogName  = 1081
	tagChangelogText  = 1082
	tagObsoleteName   = 1090
	tagSourcePackage  = 1106
	tagProvideFlags   = 1112
	tagProvideVersion = 1113
	tagObsoleteFlags  = 1114
	tagObsoleteVers   = 1115
	tagDirIndexes     = 1116
	tagBasenames      = 1117
	tagDirnames       = 1118
	tagOldSuggests    = 1156 // name, version, flags, then the same for enhances
	tagLongSize       = 5009
	tagFileDigestAlgo = 5011
	tagRecommends     = 5046 // name, version, flags; then suggests, supplements, enhances
	tagPayloadDigest  = 5092
	tagPayloadAlgo    = 5093
	tagModularity     = 5096
	tagPayloadSize    = 5112
	tagPayloadSizeAlt = 5113
)

// wantSig says what of the signature header is used.
func wantSig(tag uint32) want {
	switch tag {
	case sigSHA1, sigLongSize, sigLongArchiveSize, sigSHA256, sigSize, sigPayloadSize:
		return wantFirst
	case sigDSAHeader, sigRSAHeader, sigOpenPGP, sigPGP, sigGPG, sigPGP5:
		return wantAll
	}
	return wantNot
}

// wantMain says what of the main header is used in this read.
func (s *scratch) wantMain(tag uint32) want {
	if s.digests && (tag == tagFileDigests || tag == tagFileDigestAlgo) {
		return wantAll
	}
	if s.payloads && (tag == tagPayloadDigest || tag == tagPayloadAlgo) {
		return wantAll
	}
	return wantMain(tag)
}

// wantMain says what of the main header is always used. Of a text in several
// languages that is the first, which is the one of the C locale.
func wantMain(tag uint32) want {
	switch tag {
	case tagLongArchiveSize, tagName, tagVersion, tagRelease, tagEpoch, tagSummary, tagDescription,
		tagBuildTime, tagBuildHost, tagSize, tagVendor, tagLicense, tagPackager, tagGroup, tagURL,
		tagArch, tagSourceRPM, tagArchiveSize, tagNoSource, tagNoPatch, tagSourcePackage, tagLongSize,
		tagModularity, tagPayloadSize, tagPayloadSizeAlt:
		return wantFirst
	case tagOldFilenames, tagFileModes, tagFileFlags, tagDirIndexes, tagBasenames, tagDirnames,
		tagProvideName, tagProvideVersion, tagProvideFlags, tagRequireName, tagRequireVersion, tagRequireFlags,
		tagConflictName, tagConflictVers, tagConflictFlags, tagObsoleteName, tagObsoleteVers, tagObsoleteFlags,
		tagExcludeArch, tagExclusiveArch, tagChangelogTime, tagChangelogName, tagChangelogText:
		return wantAll
	}
	if tag >= tagOldSuggests && tag < tagOldSuggests+6 || tag >= tagRecommends && tag < tagRecommends+12 {
		return wantAll
	}
	return wantNot
}

// tags reads the values of a decoded package. A tag of the wrong type counts
// as missing, as with rpm.
type tags struct {
	sig, main *rpmlib.Header
	// retrofit says that the main header is older than rpm 4.0, whose
	// missing parts rpm makes up when it reads the package.
	retrofit bool
}

func (t tags) str(tag int) string { return t.main.GetTag(tag).String() }

func (t tags) strs(tag int) []string { return t.main.GetTag(tag).StringSlice() }

func (t tags) ints(tag int) []int64 { return t.main.GetTag(tag).Int64Slice() }

func (t tags) has(tag int) bool { return t.main.GetTag(tag) != nil }

// firstInt gives the first number of the first of the tags that has one;
// negative tags are those of the signature header.
func (t tags) firstInt(tags ...int) (int64, error) {
	for _, tag := range tags {
		h := t.main
		if tag < 0 {
			h, tag = t.sig, -tag
		}
		if v := h.GetTag(tag).Int64Slice(); len(v) > 0 {
			if v[0] < 0 {
				return 0, fmt.Errorf("tag %d: a size of %d bytes", tag, uint64(v[0]))
			}
			return v[0], nil
		}
	}
	return 0, nil
}
