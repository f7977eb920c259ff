package iso

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNoImplant says that an image has no implanted MD5.
var ErrNoImplant = errors.New("no MD5 is implanted")

// Implanted gives the MD5 that is implanted in an image, without checking it.
func (x *Reader) Implanted() (string, error) {
	t, err := x.implanted()
	return t["ISO MD5SUM"], err
}

// implanted reads the fields of what is implanted.
func (x *Reader) implanted() (map[string]string, error) {
	b, err := x.read(span{systemSectors*sectorSize + atApplication, applicationSz})
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for f := range strings.SplitSeq(string(b), ";") {
		if key, value, ok := strings.Cut(f, "="); ok {
			fields[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	if len(fields["ISO MD5SUM"]) != 32 {
		return nil, ErrNoImplant
	}
	return fields, nil
}

// VerifyMD5 reads all of an image and compares it with what is implanted, as
// checkisomd5 does. It ends at the first fragment that is damaged.
func (x *Reader) VerifyMD5(ctx context.Context) error {
	fields, err := x.implanted()
	if err != nil {
		return err
	}
	skip, err := strconv.ParseInt(fields["SKIPSECTORS"], 10, 32)
	if err != nil || skip < 0 || skip >= int64(x.Sectors) {
		return fmt.Errorf("implanted MD5: %q sectors left out", fields["SKIPSECTORS"])
	}
	size := int64(x.Sectors) * sectorSize
	m := newImplanter(size)
	m.total = size - skip*sectorSize
	b := make([]byte, chunkSize)
	for at := int64(0); at < m.total; at += chunkSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		b = b[:min(int64(cap(b)), m.total-at)]
		if n, err := x.r.ReadAt(b, at); n < len(b) {
			return fmt.Errorf("reading at %d: %w", at, err)
		}
		blank(b, at)
		m.Write(b)
		if want := fields["FRAGMENT SUMS"]; fields["FRAGMENT COUNT"] == strconv.Itoa(fragments) && !strings.HasPrefix(want, m.parts.String()) {
			return fmt.Errorf("the image is damaged before byte %d", at+int64(len(b)))
		}
	}
	if whole, _ := m.sums(); whole != fields["ISO MD5SUM"] {
		return fmt.Errorf("the image is damaged: its MD5 is %s, not %s", whole, fields["ISO MD5SUM"])
	}
	return nil
}

// blank puts blanks where the checksum is implanted into bytes that are at
// that place of an image.
func blank(b []byte, at int64) {
	from := int64(systemSectors*sectorSize+atApplication) - at
	for i := max(from, 0); i < min(from+applicationSz, int64(len(b))); i++ {
		b[i] = ' '
	}
}
