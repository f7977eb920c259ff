package fat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"
)

// File is a file or folder for a new image. Folders above a file need no
// entry of their own.
type File struct {
	Path string // relative, with slashes
	Dir  bool
	From string // file that has the content, of Size bytes
	Size int64
	Data []byte // the content where From is empty
}

func (f *File) length() int64 {
	if f.Dir {
		return 0
	}
	if f.From == "" {
		return int64(len(f.Data))
	}
	return f.Size
}

// Options say what kind of file system to make. The zero value makes one of
// the least size that holds the files.
type Options struct {
	Kind   Kind   // 0: as the size wants it
	Size   int64  // bytes of the image; 0: what the files need, and Spare
	Spare  int64  // bytes to leave free
	Label  string // at most 11 characters of upper case ASCII
	Serial uint32 // volume serial number
	Time   time.Time
}

// builder makes an image: the layout first, then the bytes in order.
type builder struct {
	opt   Options
	g     geometry
	per   int64 // sectors in a cluster
	total int64 // sectors
	table *table
	root  *node
	order []*node // those with clusters, in the order of these
}

// node is a file or a folder.
type node struct {
	name   string
	file   *File // nil for folders that no entry names
	dir    bool
	kids   []*node
	parent *node
	short  [11]byte
	first  uint32
	count  uint32 // clusters
}

// Write gives a new image with the files to w, and returns its size. The same
// files and options give the same bytes.
func Write(ctx context.Context, w io.Writer, files []File, opt Options) (int64, error) {
	b := &builder{opt: opt, root: &node{dir: true}}
	err := b.build(files)
	if err == nil {
		err = b.write(ctx, w)
	}
	if err != nil {
		return 0, fmt.Errorf("making a FAT image: %w", err)
	}
	return b.total * sectorSize, nil
}

func (b *builder) build(files []File) error {
	if err := b.opt.check(); err != nil {
		return err
	}
	for i := range files {
		if err := b.add(&files[i]); err != nil {
			return err
		}
	}
	if err := b.root.shorten(); err != nil {
		return err
	}
	if err := b.choose(); err != nil {
		return err
	}
	return b.allocate()
}

func (o *Options) check() error {
	if len(o.Label) > 11 || strings.ToUpper(o.Label) != o.Label || strings.ContainsFunc(o.Label, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(forbidden+".", r) }) {
		return fmt.Errorf("label %q: not up to 11 characters of upper case ASCII", o.Label)
	}
	if y := o.Time.UTC().Year(); !o.Time.IsZero() && (y < 1980 || y > 2107) {
		return fmt.Errorf("year %d: not 1980 to 2107", y)
	}
	if o.Size < 0 || o.Spare < 0 || o.Size%sectorSize != 0 {
		return fmt.Errorf("size %d: not a multiple of %d", o.Size, sectorSize)
	}
	return nil
}

// add puts a file into the tree of nodes.
func (b *builder) add(f *File) error {
	if f.Path == "" || f.Path[0] == '/' || path.Clean(f.Path) != f.Path || f.Path == "." || strings.HasPrefix(f.Path, "..") {
		return fmt.Errorf("%q is not a path in an image", f.Path)
	}
	if f.length() < 0 || f.length() > 1<<32-1 {
		return fmt.Errorf("%s: %d bytes", f.Path, f.length())
	}
	at := b.root
	parts := strings.Split(f.Path, "/")
	for i, name := range parts {
		last := i == len(parts)-1
		k := at.find(name)
		switch {
		case k == nil:
			if err := checkName(name); err != nil {
				return err
			}
			k = &node{name: name, dir: !last || f.Dir, parent: at}
			if last {
				k.file = f
			}
			at.kids = append(at.kids, k)
		case !k.dir || last && (k.file != nil || !f.Dir):
			return fmt.Errorf("%s comes twice", f.Path)
		case last:
			k.file = f
		}
		at = k
	}
	return nil
}

func (n *node) find(name string) *node {
	for _, k := range n.kids {
		if strings.EqualFold(k.name, name) {
			return k
		}
	}
	return nil
}

// choose sets the geometry: the size of clusters is the least with which the
// kind has numbers for all of them.
func (b *builder) choose() error {
	for b.per = 1; b.per <= 128; b.per *= 2 {
		need := b.need(b.root) + (b.opt.Spare+b.per*sectorSize-1)/(b.per*sectorSize)
		kinds := []Kind{FAT12, FAT16, FAT32}
		if b.opt.Kind != 0 {
			kinds = []Kind{b.opt.Kind}
		}
		for _, k := range kinds {
			if b.try(k, need) {
				return nil
			}
		}
	}
	if b.opt.Size > 0 {
		return fmt.Errorf("the files do not fit into %d bytes", b.opt.Size)
	}
	return errors.New("the files do not fit into a file system of that kind")
}

// need counts the clusters below a folder.
func (b *builder) need(d *node) int64 {
	n := int64(0)
	for _, k := range d.kids {
		if k.dir {
			n += b.need(k)
			n += b.clustersOf(k.records() * entrySize)
		} else {
			n += b.clustersOf(k.file.length())
		}
	}
	return n
}

func (b *builder) clustersOf(size int64) int64 {
	return (size + b.per*sectorSize - 1) / (b.per * sectorSize)
}

// try sets the geometry for a kind and so many clusters, or for the size of
// the image where that is set, and says whether it is possible.
func (b *builder) try(k Kind, need int64) bool {
	g := geometry{kind: k, sector: sectorSize, cluster: b.per * sectorSize, tables: sectorSize, tableCount: 2, rootEntries: 512}
	if own := b.root.records() + 1; own > g.rootEntries { // one is the label's
		g.rootEntries = (own + 15) / 16 * 16
	}
	least := int64(1)
	if k == FAT16 {
		least = maxClusters12 + 1
	}
	if k == FAT32 {
		g.tables, g.rootEntries, g.info = 32*sectorSize, 0, sectorSize
		need += b.clustersOf((b.root.records() + 1) * entrySize)
		least = maxClusters16 + 1
	}
	clusters := max(need, least)
	if b.opt.Size > 0 {
		clusters = b.fill(&g)
	}
	limit := map[Kind]int64{FAT12: maxClusters12, FAT16: maxClusters16, FAT32: 0x0ffffff0}[k]
	if clusters < need || clusters < least || clusters > limit || need > limit || g.rootEntries > 1<<16-1 {
		return false
	}
	b.total = g.setSizes(clusters)
	if left := b.opt.Size/sectorSize - b.total; left > 0 {
		g.tables += left * sectorSize // else a cluster would seem to be there that the table has no entry for
		b.total = g.setSizes(clusters)
	}
	b.g = g
	b.table = &table{kind: k, b: make([]byte, g.tableSize), clusters: g.clusters}
	return b.total < 1<<32
}

// setSizes sets what depends on the number of clusters, and gives the number
// of sectors of all.
func (g *geometry) setSizes(clusters int64) int64 {
	g.clusters = uint32(clusters)
	g.tableSize = (((clusters+2)*int64(g.kind)+7)/8 + sectorSize - 1) / sectorSize * sectorSize
	g.root = g.tables + g.tableCount*g.tableSize
	g.data = g.root + g.rootEntries*entrySize
	return (g.data + clusters*g.cluster) / sectorSize
}

// fill gives the most clusters that the size of the image has room for.
func (b *builder) fill(g *geometry) int64 {
	low, high := int64(0), b.opt.Size/g.cluster
	for low < high {
		mid := (low + high + 1) / 2
		if g.setSizes(mid)*sectorSize <= b.opt.Size {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}

// allocate gives clusters to folders and files, one behind the other.
func (b *builder) allocate() error {
	next := uint32(2)
	take := func(n *node, size int64) {
		n.count = uint32(b.clustersOf(size))
		if n.count == 0 {
			return
		}
		n.first = next
		next += n.count
		for c := n.first; c < next-1; c++ {
			b.table.set(c, c+1)
		}
		b.table.set(next-1, endOfFile)
		b.order = append(b.order, n)
	}
	if b.g.kind == FAT32 {
		take(b.root, (b.root.records()+1)*entrySize)
		b.g.root = int64(b.root.first)
	}
	var visit func(d *node)
	visit = func(d *node) {
		for _, k := range d.kids {
			if k.dir {
				take(k, k.records()*entrySize)
				visit(k)
			} else {
				take(k, k.file.length())
			}
		}
	}
	visit(b.root)
	b.table.set(0, 0x0fffff00|0xf8)
	b.table.set(1, endOfFile)
	return nil
}

// write gives the image from the first to the last byte.
func (b *builder) write(ctx context.Context, w io.Writer) error {
	c := &counter{w: w}
	parts := [][]byte{b.boot()}
	for range b.g.tableCount {
		parts = append(parts, b.table.b)
	}
	if b.g.kind != FAT32 {
		root := make([]byte, b.g.rootEntries*entrySize)
		copy(root, b.records(b.root))
		parts = append(parts, root)
	}
	for _, p := range parts {
		if _, err := c.Write(p); err != nil {
			return err
		}
	}
	for _, n := range b.order {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.content(c, n); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		if err := c.zeros(b.g.clusterAt(n.first) + int64(n.count)*b.g.cluster - c.n); err != nil {
			return err
		}
	}
	return c.zeros(b.total*sectorSize - c.n)
}

func (b *builder) content(w io.Writer, n *node) error {
	if n.dir {
		_, err := w.Write(b.records(n))
		return err
	}
	if n.file.From == "" {
		_, err := w.Write(n.file.Data)
		return err
	}
	f, err := os.Open(n.file.From)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != n.file.Size {
		return errors.Join(err, fmt.Errorf("the file does not have %d bytes", n.file.Size))
	}
	_, err = io.CopyN(w, f, n.file.Size)
	return err
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

// Write takes the next bytes.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (c *counter) zeros(n int64) error {
	b := make([]byte, min(n, 1<<20))
	for n > 0 {
		k, err := c.Write(b[:min(n, int64(len(b)))])
		if err != nil {
			return err
		}
		n -= int64(k)
	}
	return nil
}
