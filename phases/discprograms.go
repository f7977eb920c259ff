package phases

// programs are those that making the discs runs.
func (d *discMaker) programs() []string {
	var out []string
	switch tool := d.cfg.Createiso.Tool; tool {
	case "native":
	case "xorriso":
		out = append(out, "xorrisofs") // as which it behaves like mkisofs
	default:
		out = append(out, tool)
	}
	if d.cfg.Createiso.Jigdo {
		out = append(out, "jigdo-file")
	}
	if d.rules.Boot != "" && d.tree.Arch == "x86_64" {
		out = append(out, "qemu-system-x86_64")
	}
	return out
}
