package fat

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kind is the width of the entries of a file allocation table in bits.
type Kind int

// Kinds of FAT.
const (
	FAT12 Kind = 12
	FAT16 Kind = 16
	FAT32 Kind = 32
)

// The kind follows from the number of clusters, and from nothing else.
const (
	maxClusters12 = 4084
	maxClusters16 = 65524
)

const (
	sectorSize = 512 // of the file systems that are made here
	entrySize  = 32  // of a folder
	maxTable   = 64 << 20
)

// geometry says where everything is, in bytes and clusters.
type geometry struct {
	kind        Kind
	sector      int64 // bytes
	cluster     int64 // bytes
	tables      int64 // where the first table is
	tableSize   int64 // bytes
	tableCount  int64
	root        int64 // where the root folder is; FAT32: its first cluster
	rootEntries int64 // 0 with FAT32
	data        int64 // where cluster 2 is
	clusters    uint32
	info        int64 // where the count of free clusters is; 0: nowhere
}

// clusterAt gives where a cluster is.
func (g *geometry) clusterAt(n uint32) int64 { return g.data + int64(n-2)*g.cluster }

// isCluster says whether there is a cluster of that number.
func (g *geometry) isCluster(n uint32) bool { return n >= 2 && n-2 < g.clusters }

func kindOf(clusters uint32) Kind {
	switch {
	case clusters <= maxClusters12:
		return FAT12
	case clusters <= maxClusters16:
		return FAT16
	}
	return FAT32
}

// parseGeometry reads a boot sector; the image has size bytes.
func parseGeometry(b []byte, size int64) (geometry, error) {
	le := binary.LittleEndian
	var g geometry
	if b[510] != 0x55 || b[511] != 0xaa || b[0] != 0xeb && b[0] != 0xe9 {
		return g, errors.New("no boot sector of a FAT file system")
	}
	g.sector = int64(le.Uint16(b[11:]))
	perCluster := int64(b[13])
	if !isPower(g.sector) || g.sector < 512 || g.sector > 4096 || !isPower(perCluster) {
		return g, fmt.Errorf("sectors of %d bytes, %d of them in a cluster", g.sector, perCluster)
	}
	g.cluster = g.sector * perCluster
	g.tables = int64(le.Uint16(b[14:])) * g.sector
	g.tableCount = int64(b[16])
	g.rootEntries = int64(le.Uint16(b[17:]))
	total := int64(le.Uint16(b[19:]))
	if total == 0 {
		total = int64(le.Uint32(b[32:]))
	}
	g.tableSize = int64(le.Uint16(b[22:])) * g.sector
	if g.tableSize == 0 {
		g.tableSize = int64(le.Uint32(b[36:])) * g.sector
	}
	rootSize := (g.rootEntries*entrySize + g.sector - 1) / g.sector * g.sector
	g.root = g.tables + g.tableCount*g.tableSize
	g.data = g.root + rootSize
	end := total * g.sector
	switch {
	case g.tables == 0 || g.tableCount == 0 || g.tableCount > 4 || g.tableSize == 0 || g.tableSize > maxTable:
		return g, fmt.Errorf("%d tables of %d bytes at %d", g.tableCount, g.tableSize, g.tables)
	case end > size || g.data > end:
		return g, fmt.Errorf("a file system of %d bytes with data from %d in an image of %d", end, g.data, size)
	}
	g.clusters = uint32((end - g.data) / g.cluster)
	g.kind = kindOf(g.clusters)
	if g.kind == FAT32 {
		if g.rootEntries != 0 {
			return g, errors.New("FAT32 with a root folder beside the clusters")
		}
		g.root = int64(le.Uint32(b[44:]))
		if at := int64(le.Uint16(b[48:])); at > 0 && at < 32 {
			g.info = at * g.sector
		}
	}
	if need := ((int64(g.clusters)+2)*int64(g.kind) + 7) / 8; need > g.tableSize {
		return g, fmt.Errorf("%d clusters do not fit into a table of %d bytes", g.clusters, g.tableSize)
	}
	return g, nil
}

func isPower(n int64) bool { return n > 0 && n&(n-1) == 0 }
