// Package image makes what people install from: disc images and how they are
// named, split and listed, checksum files, and the description files of
// installable trees (.treeinfo, .discinfo, media.repo). It takes plain structs
// and gives bytes or files; it does not know how a compose is laid out, and
// never looks at the clock: times come from the caller.
package image
