// Package image makes what people install from: the description files of
// installable trees (.treeinfo, .discinfo, media.repo). It takes plain structs
// and gives bytes; it does not know how a compose is laid out, and never
// looks at the clock: times come from the caller.
package image
