// Package fat makes FAT file systems, and replaces files inside of existing
// ones without mounting them: what firmware starts an EFI system from lies in
// such an image. FAT12, FAT16 and FAT32 with long names are known; the file
// system is the whole image, without a partition table.
package fat
