package image

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"compose/image/iso"
)

// ReadBootCode gives the code that starts a disc image from a disk: a disc
// made of the same tree can have the same, without the loader's package at
// hand. An image without code gives none.
func ReadBootCode(name string) (BootCode, error) {
	f, err := os.Open(name)
	if err != nil {
		return BootCode{}, err
	}
	defer f.Close()
	b := make([]byte, 512)
	if _, err := io.ReadFull(f, b); err != nil {
		return BootCode{}, fmt.Errorf("boot code of %s: %w", filepath.Base(name), err)
	}
	code := b[:440]
	switch {
	case bytes.Equal(code, make([]byte, len(code))):
		return BootCode{}, nil
	case b[510] != 0x55 || b[511] != 0xaa:
		return BootCode{}, fmt.Errorf("boot code of %s: the first sector has no mark of one", filepath.Base(name))
	case bytes.Contains(code, []byte("isolinux.bin missing or corrupt")):
		return BootCode{Loader: iso.LoaderIsolinux, Code: code[:432]}, nil
	case bytes.Contains(code, []byte("GRUB ")):
		return BootCode{Loader: iso.LoaderGRUB2, Code: code}, nil
	}
	return BootCode{}, fmt.Errorf("boot code of %s: neither that of isolinux nor that of GRUB", filepath.Base(name))
}
