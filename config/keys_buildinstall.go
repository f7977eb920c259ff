package config

// Buildinstall says what trees boot with. Only variants of the type variant
// can boot.
type Buildinstall struct {
	// Method says who makes the boot files: lorax is the program of that name,
	// which makes the installer of Fedora and its relatives out of the package
	// sets; boot makes a small system out of packages that are named here, with
	// a shell or a script of one's own; none leaves trees without.
	Method string `toml:"method" default:"none" enum:"none,lorax,boot" pungi:"buildinstall_method"`
	// Kickstart is a file that is put into the trees as ks.cfg; the kernel is
	// told where it is.
	Kickstart Path `toml:"kickstart,omitempty" pungi:"buildinstall_kickstart"`
	// Trees has what differs per tree. Lists of all blocks that select a tree
	// are put together; of other keys the last one counts.
	Trees []BuildinstallTree `toml:"tree,omitempty"`
}

// BuildinstallTree is about the boot files of the trees that it selects.
type BuildinstallTree struct {
	Selector
	// Skip leaves the trees without boot files, or makes them after all.
	Skip *bool `toml:"skip,omitempty" pungi:"buildinstall_skip"`
	// Expect is a text that must appear on the serial console when boot.iso is
	// started in QEMU, from BIOS and from UEFI. Only those for x86_64 are
	// tried.
	Expect string `toml:"expect,omitempty"`
	// Lorax says how lorax is called.
	Lorax LoraxOptions `toml:"lorax,omitempty" pungi:"lorax_options"`
	// Boot says what the method boot puts together.
	Boot BootOptions `toml:"boot,omitempty"`
}

// LoraxOptions are options of lorax.
type LoraxOptions struct {
	// ExtraSources are repositories beside the package sets: addresses or
	// absolute folders.
	ExtraSources []string `toml:"extra_sources,omitempty" pungi:"lorax_extra_sources"`
	// Install are packages that lorax installs beside those of its templates.
	Install []string `toml:"install,omitempty" rule:"package" pungi:"buildinstallpackages in variants.xml"`
	// BugURL is where users report bugs of the installer.
	BugURL string `toml:"bug_url,omitempty" pungi:"lorax_options.bugurl"`
	// MacBoot makes images for Macintosh too.
	MacBoot *bool `toml:"mac_boot,omitempty" pungi:"lorax_options.nomacboot, the other way round"`
	// Upgrade makes an upgrade image too, where lorax can.
	Upgrade *bool `toml:"upgrade,omitempty" pungi:"lorax_options.noupgrade, the other way round"`
	// Version is the version of the installer; without the key that of
	// .treeinfo.
	Version string `toml:"version,omitempty" rule:"version" pungi:"lorax_options.version"`
	// AddTemplates and the others are given to lorax as they are. Templates are
	// files.
	AddTemplates []Path `toml:"add_template,omitempty" pungi:"lorax_options.add_template"`
	// AddArchTemplates are templates for the part that depends on the architecture.
	AddArchTemplates []Path `toml:"add_arch_template,omitempty" pungi:"lorax_options.add_arch_template"`
	// AddTemplateVars are KEY=VALUE for templates.
	AddTemplateVars []string `toml:"add_template_var,omitempty" pungi:"lorax_options.add_template_var"`
	// AddArchTemplateVars are KEY=VALUE for the templates of the architecture.
	AddArchTemplateVars []string `toml:"add_arch_template_var,omitempty" pungi:"lorax_options.add_arch_template_var"`
	// RootfsSize is the size of the installer's file system in GiB.
	RootfsSize *int `toml:"rootfs_size,omitempty" pungi:"lorax_options.rootfs_size"`
	// DracutArgs are arguments of dracut, in place of lorax's own.
	DracutArgs []string `toml:"dracut_args,omitempty" pungi:"lorax_options.dracut_args"`
	// SkipBranding does not look for packages with the product's own texts and
	// pictures.
	SkipBranding *bool `toml:"skip_branding,omitempty" pungi:"lorax_options.skip_branding"`
	// SquashfsOnly has no file system inside of the squashfs.
	SquashfsOnly *bool `toml:"squashfs_only,omitempty" pungi:"lorax_options.squashfs_only"`
	// ConfigFile is a configuration of lorax.
	ConfigFile Path `toml:"config_file,omitempty" pungi:"lorax_options.configuration_file"`
}

// BootOptions say what a small boot tree is made of. Packages are named, and
// come from the package sets; the newest of a name counts.
type BootOptions struct {
	// Kernel is the package with the kernel: boot/vmlinuz-* or
	// lib/modules/*/vmlinuz.
	Kernel string `toml:"kernel,omitempty" rule:"package"`
	// KernelModules are shell globs for names of modules of that package that
	// go into the initramfs, such as "isofs" or "virtio_*".
	KernelModules []string `toml:"kernel_modules,omitempty" rule:"glob"`
	// Initramfs are packages whose files the initramfs is made of, but for
	// documentation and translations. Their scriptlets are not run.
	Initramfs []string `toml:"initramfs,omitempty" rule:"package"`
	// Init is the script that the kernel starts. Without the key it is one that
	// mounts /proc, /sys and /dev, says "compose: booted" and starts /bin/sh.
	Init Path `toml:"init,omitempty"`
	// Loaders are the packages with boot loaders: isolinux and syslinux, or
	// GRUB's modules, for BIOS; an EFI program of GRUB, or its modules, for UEFI.
	Loaders []string `toml:"loaders,omitempty" rule:"package"`
	// BIOS chooses the loader for BIOS; without the key it is isolinux where the
	// packages have it, else GRUB.
	BIOS string `toml:"bios,omitempty" enum:"isolinux,grub2"`
	// Cmdline is the command line of the kernel.
	Cmdline string `toml:"cmdline,omitempty"`
}
