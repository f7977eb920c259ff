package image

import (
	"path"
	"regexp"
	"strings"
)

// BootConfigs gives the files of a boot tree that may name the volume of the
// disc, relative to the tree. The EFI image may have some of them too.
func BootConfigs() []string {
	return []string{
		"isolinux/isolinux.cfg", "etc/yaboot.conf", "ppc/ppc64/yaboot.conf", "EFI/BOOT/BOOTX64.conf", "EFI/BOOT/grub.cfg", "boot/grub2/grub.cfg",
	}
}

// BootConfigRules say what a boot configuration is to name.
type BootConfigRules struct {
	VolumeID string
	// Kickstart adds ks.cfg in the root of the disc to each kernel command
	// line that names the volume.
	Kickstart bool
}

var (
	labelReference = regexp.MustCompile(`:(?:CD)?LABEL=[^ \n"]*`)
	searchCommand  = regexp.MustCompile(`(search .* -l) '[^'\n]*'`)
)

// RewriteBootConfig puts another volume id into a boot configuration:
// behind :LABEL= and :CDLABEL= on command lines, where blanks are \x20, and
// in GRUB's search -l. In yaboot's files the backslash is doubled. name is
// that of the file. Everything else stays as it is.
func RewriteBootConfig(name, text string, r BootConfigRules) string {
	escaped := strings.ReplaceAll(r.VolumeID, " ", `\x20`)
	if strings.HasPrefix(path.Base(name), "yaboot") {
		escaped = strings.ReplaceAll(escaped, `\`, `\\`)
	}
	kickstart := ""
	if r.Kickstart {
		kickstart = " inst.ks=hd:LABEL=" + escaped + ":/ks.cfg"
	}
	text = labelReference.ReplaceAllStringFunc(text, func(s string) string {
		return s[:strings.IndexByte(s, '=')+1] + escaped + kickstart
	})
	return searchCommand.ReplaceAllStringFunc(text, func(s string) string {
		return s[:strings.LastIndexByte(s[:len(s)-1], '\'')] + "'" + r.VolumeID + "'"
	})
}
