package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/klauspost/compress/flate"
)

// QcowCompression is that of the clusters of a qcow2 image.
type QcowCompression int

// Compressions.
const (
	Plain QcowCompression = iota
	Zlib                  // of all clusters that become smaller
)

const (
	clusterBits = 16
	cluster     = 1 << clusterBits
	// qcowWindow is what QEMU unpacks compressed clusters with.
	qcowWindow = 1 << 12

	flagCopied     = 1 << 63
	flagCompressed = 1 << 62
)

// qcow writes one image: the clusters of the disk as they come, and what
// tells where they are behind them.
type qcow struct {
	w     io.WriterAt
	at    int64    // end of what is written
	size  int64    // of the disk
	l2    []uint64 // entries of all clusters of the disk; 0: nothing but zeros
	uses  []uint16 // of each cluster of the image
	zip   *flate.Writer
	plain QcowCompression
}

// Qcow2 writes the disk in raw, which may have holes, as a qcow2 image of
// version 3. Clusters of zeros take no room.
func Qcow2(ctx context.Context, w io.WriterAt, raw *os.File, c QcowCompression) error {
	info, err := raw.Stat()
	if err != nil {
		return fmt.Errorf("qcow2: %w", err)
	}
	q := &qcow{w: w, at: cluster, size: info.Size(), plain: c}
	if q.size%SectorSize != 0 {
		return fmt.Errorf("qcow2: a disk of %d bytes, which are not sectors", q.size)
	}
	if err := q.data(ctx, raw); err != nil {
		return fmt.Errorf("qcow2: %w", err)
	}
	if err := q.tables(); err != nil {
		return fmt.Errorf("qcow2: %w", err)
	}
	return nil
}

// data writes all clusters that are not zeros.
func (q *qcow) data(ctx context.Context, raw *os.File) error {
	q.l2 = make([]uint64, (q.size+cluster-1)/cluster)
	b, zeros := make([]byte, cluster), make([]byte, cluster)
	for at := int64(0); at < q.size; {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		next, err := nextData(raw, at)
		if err != nil {
			return err
		}
		if next >= q.size {
			break
		}
		at = next / cluster * cluster
		n, err := raw.ReadAt(b, at)
		if err != nil && !(errors.Is(err, io.EOF) && at+int64(n) == q.size) {
			return err
		}
		clear(b[n:])
		if !bytes.Equal(b, zeros) {
			if q.l2[at/cluster], err = q.put(b); err != nil {
				return err
			}
		}
		at += cluster
	}
	q.at = roundUp(q.at, cluster)
	return nil
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// put writes a cluster of the disk, and gives its entry.
func (q *qcow) put(b []byte) (uint64, error) {
	if q.plain == Zlib {
		packed, err := q.pack(b)
		if err != nil {
			return 0, err
		}
		if len(packed) < cluster-SectorSize {
			return q.putPacked(packed)
		}
	}
	q.at = roundUp(q.at, cluster)
	at := q.at
	if _, err := q.w.WriteAt(b, at); err != nil {
		return 0, err
	}
	q.at += cluster
	q.use(at, q.at)
	return uint64(at) | flagCopied, nil
}

// pack compresses a cluster; what it gives is there until the next call.
func (q *qcow) pack(b []byte) ([]byte, error) {
	var out bytes.Buffer
	if q.zip == nil {
		z, err := flate.NewWriterWindow(&out, qcowWindow)
		if err != nil {
			return nil, err
		}
		q.zip = z
	}
	q.zip.Reset(&out)
	if _, err := q.zip.Write(b); err != nil {
		return nil, err
	}
	err := q.zip.Close()
	return out.Bytes(), err
}

// putPacked writes a compressed cluster behind the one before; several share
// clusters of the image. Its entry counts the sectors behind its first one.
func (q *qcow) putPacked(b []byte) (uint64, error) {
	at := q.at
	if _, err := q.w.WriteAt(b, at); err != nil {
		return 0, err
	}
	q.at += int64(len(b))
	q.use(at, q.at)
	const shift = 62 - (clusterBits - 8)
	sectors := (q.at-1)/SectorSize - at/SectorSize
	return uint64(at) | uint64(sectors)<<shift | flagCompressed, nil
}

// use counts that something lies from one place to another.
func (q *qcow) use(from, to int64) {
	for i := from / cluster; i < (to+cluster-1)/cluster; i++ {
		for int64(len(q.uses)) <= i {
			q.uses = append(q.uses, 0)
		}
		q.uses[i]++
	}
}

// tables writes what tells where clusters are, and the header.
func (q *qcow) tables() error {
	const perTable = cluster / 8
	var l1 []uint64
	for part := range slices.Chunk(q.l2, perTable) {
		if !slices.ContainsFunc(part, func(e uint64) bool { return e != 0 }) {
			l1 = append(l1, 0)
			continue
		}
		at, err := q.write(part, cluster)
		if err != nil {
			return err
		}
		l1 = append(l1, uint64(at)|flagCopied)
	}
	l1At, err := q.write(l1, 8)
	if err != nil {
		return err
	}
	q.use(0, cluster)
	tableAt, tables, err := q.counts()
	if err != nil {
		return err
	}
	return q.header(int64(len(l1)), l1At, tableAt, tables)
}

// write writes a table at the next cluster, filled up with zeros.
func (q *qcow) write(list []uint64, least int) (int64, error) {
	b := make([]byte, 0, max(len(list)*8, least))
	for _, e := range list {
		b = binary.BigEndian.AppendUint64(b, e)
	}
	at := q.at
	q.at += roundUp(int64(cap(b)), cluster)
	q.use(at, q.at)
	_, err := q.w.WriteAt(append(b, make([]byte, q.at-at-int64(len(b)))...), at)
	return at, err
}

// counts writes how often each cluster is used: blocks of counts and the table
// of blocks, which count themselves too.
func (q *qcow) counts() (tableAt, tables int64, err error) {
	const perBlock = cluster / 2
	var blocks int64
	for {
		tables = roundUp(max(blocks*8, 1), cluster) / cluster
		need := roundUp(q.at/cluster+tables+blocks, perBlock) / perBlock
		if need == blocks {
			break
		}
		blocks = need
	}
	tableAt = q.at
	at := tableAt + tables*cluster
	q.use(tableAt, at+blocks*cluster)
	table := make([]byte, tables*cluster)
	for i := range blocks {
		b := make([]byte, cluster)
		for k := range int64(perBlock) {
			if n := i*perBlock + k; n < int64(len(q.uses)) {
				binary.BigEndian.PutUint16(b[2*k:], q.uses[n])
			}
		}
		binary.BigEndian.PutUint64(table[8*i:], uint64(at))
		if _, err := q.w.WriteAt(b, at); err != nil {
			return 0, 0, err
		}
		at += cluster
	}
	_, err = q.w.WriteAt(table, tableAt)
	return tableAt, tables, err
}

func (q *qcow) header(l1, l1At, tableAt, tables int64) error {
	const length = 104
	b := make([]byte, cluster)
	be := binary.BigEndian
	copy(b, "QFI\xfb")
	be.PutUint32(b[4:], 3)
	be.PutUint32(b[20:], clusterBits)
	be.PutUint64(b[24:], uint64(q.size))
	be.PutUint32(b[36:], uint32(l1))
	be.PutUint64(b[40:], uint64(l1At))
	be.PutUint64(b[48:], uint64(tableAt))
	be.PutUint32(b[56:], uint32(tables))
	be.PutUint32(b[96:], 4) // counts have 1<<4 bits
	be.PutUint32(b[100:], length)
	_, err := q.w.WriteAt(b, 0)
	return err
}
