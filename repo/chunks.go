package repo

// Chunks are runs of packages that are compressed on their own. Where one
// ends depends on the packages near by only, so a repository that changes a
// little has mostly the chunks that it had.
const (
	chunkMin  = 32
	chunkMean = 128
	chunkMax  = 512
)

// chunkRanges cuts the items into runs; each is items[from:to].
func chunkRanges(items []Item) (out []chunkRange) {
	from := 0
	for i := range items {
		n := i + 1 - from
		if n >= chunkMax || n >= chunkMin && endsChunk(items[i].Rec.Pkg.Sum.Hex) {
			out = append(out, chunkRange{from, i + 1})
			from = i + 1
		}
	}
	if from < len(items) {
		out = append(out, chunkRange{from, len(items)})
	}
	return out
}

type chunkRange struct{ from, to int }

// endsChunk chooses one checksum in chunkMean-chunkMin.
func endsChunk(hex string) bool {
	h := uint32(2166136261)
	for i := 0; i < len(hex); i++ {
		h = (h ^ uint32(hex[i])) * 16777619
	}
	return h%(chunkMean-chunkMin) == 0
}
