package rpm

// EVR is epoch, version and release.
type EVR struct {
	Epoch   uint32
	Version string
	Release string // empty: any release, where a dependency says none
}
