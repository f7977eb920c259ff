package config

import (
	"path/filepath"
	"strings"
)

// RootContent says which packages of a tree are installed into a root file
// system.
type RootContent struct {
	// Packages are what is installed, in the form of gather.tree.add; what they
	// need comes along, out of the tree and the trees of include_variants.
	Packages []string `toml:"packages" rule:"required,package"`
	// Exclude are packages that must not be in it, in the form of
	// gather.tree.filter.
	Exclude []string `toml:"exclude,omitempty" rule:"package"`
	// IncludeVariants are uids of variants whose packages may be used too.
	IncludeVariants []string `toml:"include_variants,omitempty"`
	// Recommends installs recommended packages too.
	Recommends bool `toml:"recommends" default:"false"`
	// Docs keeps the files that packages mark as documentation.
	Docs bool `toml:"docs" default:"false"`
	// Langs are the languages whose translations are kept, such as "en"; empty
	// keeps all.
	Langs []string `toml:"langs,omitempty" rule:"tag"`
	// Database is the folder inside where rpm has its database.
	Database string `toml:"database" default:"/usr/lib/sysimage/rpm"`
	// Scriptlets says what a scriptlet that fails does: error ends the step,
	// warn is only told.
	Scriptlets string `toml:"scriptlets" default:"error" enum:"error,warn"`
}

// Rootfs is a base image: packages of a tree, installed into an empty folder by
// rpm in a sandbox of its own, and what is made of that. It can be made for
// the architecture of the machine only.
type Rootfs struct {
	Selector
	// Name tells the images from others: it stands in step names, in file names
	// in place of the type of a disc, and is the subvariant.
	Name string `toml:"name" rule:"required,id"`
	RootContent
	// Subvariant is what images.json calls the images; without the key it is
	// the name.
	Subvariant string `toml:"subvariant,omitempty" rule:"id" pungi:"subvariant of image phases"`
	// Formats are what is made: oci-archive is a container image in one file,
	// oci the same as a folder, which is published but not listed in
	// images.json; tar.gz is an archive; squashfs and erofs are images of file
	// systems; raw and qcow2 are disks.
	Formats []string `toml:"formats" rule:"required" enum:"oci-archive,oci,tar.gz,squashfs,erofs,raw,qcow2"`
	// Hostname goes into /etc/hostname.
	Hostname string `toml:"hostname,omitempty" rule:"id"`
	// Commands are run by /bin/sh in the root file system, one after another,
	// when all packages are installed. They have no network.
	Commands []string `toml:"commands,omitempty" rule:"command"`
	// Compression is that of a squashfs.
	Compression string `toml:"squashfs_compression" default:"zstd" enum:"zstd,xz,gzip,lz4"`
	// Container says more of container images.
	Container Container `toml:"container,omitempty"`
	// Disk says more of disks.
	Disk Disk `toml:"disk,omitempty"`
}

// Container says how programs start a container image.
type Container struct {
	// Entrypoint is the program that is started, with its first arguments.
	Entrypoint []string `toml:"entrypoint,omitempty"`
	// Cmd are arguments that users may replace; the program where there is no
	// entrypoint.
	Cmd []string `toml:"cmd,omitempty"`
	// Env has variables as NAME=value; without the key it is a usual PATH.
	Env []string `toml:"env,omitempty"`
	// Labels are NAME=value too.
	Labels []string `toml:"labels,omitempty"`
	// User is the user that the program runs as.
	User string `toml:"user,omitempty"`
	// Workdir is the folder that it starts in.
	Workdir string `toml:"workdir,omitempty"`
	// Compression is that of the layer; not every program reads zstd.
	Compression string `toml:"compression" default:"gzip" enum:"gzip,zstd"`
}

// Disk says how a disk is divided and started.
type Disk struct {
	// Size is that of the root file system, which is ext4; without the key it
	// is what is in it, a third more, and 64 MiB.
	Size string `toml:"size,omitempty" rule:"size"`
	// Boot is what the disk starts from, with GRUB: bios, uefi, or both; empty
	// is a disk that does not start.
	Boot []string `toml:"boot" default:"[\"bios\", \"uefi\"]" enum:"bios,uefi"`
	// Cmdline is what the kernel is told, behind the root file system.
	Cmdline string `toml:"cmdline" default:"console=tty0 console=ttyS0,115200"`
	// Timeout is how many seconds the menu waits.
	Timeout int `toml:"timeout" default:"1"`
	// Compressed makes the clusters of a qcow2 image smaller.
	Compressed bool `toml:"compressed" default:"true"`
	// BootTest is a text that must appear on the serial console when a disk is
	// started in QEMU, from each of boot.
	BootTest string `toml:"boot_test,omitempty"`
	// BootAccel are the accelerators of QEMU that are tried in order; without
	// the key kvm, then tcg, which is slow and works on every machine.
	BootAccel []string `toml:"boot_accel,omitempty" enum:"kvm,tcg"`
}

// ImageTask runs a command that makes images. It runs in a sandbox whose "/" is
// a root file system of packages of the tree, sees the repository of the tree
// in /repo and its inputs in /input, and writes into /output.
type ImageTask struct {
	Selector
	// Name tells the task from others, as that of a rootfs does.
	Name string `toml:"name" rule:"required,id"`
	RootContent
	// Command is the program and its arguments.
	Command []string `toml:"command" rule:"required,command"`
	// Env has more variables, as NAME=value. COMPOSE_ARCH, COMPOSE_VARIANT,
	// COMPOSE_REPO, COMPOSE_INPUT, COMPOSE_OUTPUT and SOURCE_DATE_EPOCH are there.
	Env []string `toml:"env,omitempty"`
	// Network lets the command reach what this machine reaches: host. What it
	// gets from there is not looked at when an image is taken from an earlier
	// compose.
	Network string `toml:"network" default:"none" enum:"none,host"`
	// Inputs are files and folders that the command reads.
	Inputs []TaskInput `toml:"input,omitempty"`
	// Outputs are the files that it must make in /output. What else lies there
	// is left out, with a warning.
	Outputs []TaskOutput `toml:"output"`
}

// TaskInput is a file or folder for an image task: /input and its last name.
type TaskInput struct {
	// Path is where it is.
	Path Path `toml:"path" rule:"required"`
}

// TaskOutput is an image that a task makes.
type TaskOutput struct {
	// File is its name in /output. What is behind its first dot ends the name of
	// the image.
	File string `toml:"file" rule:"required,id"`
	// Type and format are those of images.json, such as qcow2 and qcow2, or
	// live and iso.
	Type string `toml:"type" rule:"required"`
	// Format is the format in images.json.
	Format string `toml:"format" rule:"required"`
	// Subvariant is what images.json calls it; without the key it is the name
	// of the task.
	Subvariant string `toml:"subvariant,omitempty" rule:"id"`
	// Bootable says that a machine can be started from it.
	Bootable bool `toml:"bootable" default:"false"`
	// Contains says which packages are in the image, for the record of that:
	// root are those that the sandbox was made of, tree is the whole tree, and
	// with list the command writes one name-version-release.arch a line into
	// /output/FILE.packages.
	Contains string `toml:"contains" default:"root" enum:"root,tree,list"`
}

// checkRootfs looks at base images and image tasks.
func (d *decoder) checkRootfs(c *Config) {
	names := map[string]bool{}
	for i, r := range c.Rootfs {
		at := index("rootfs", i)
		d.checkRootContent(c, at, r.RootContent)
		d.oneTreeEach(c, at, r.Selector)
		if names["rootfs/"+r.Name] && d.sound(at+".name") {
			d.complain(at+".name", "two base images are named "+quote(r.Name), "")
		}
		names["rootfs/"+r.Name] = true
		d.checkPairs(at+".container.env", r.Container.Env)
		d.checkPairs(at+".container.labels", r.Container.Labels)
		if r.Disk.Timeout < 0 || r.Disk.Timeout > 3600 {
			d.complain(at+".disk.timeout", "must be 0 to 3600", "")
		}
		if strings.ContainsAny(r.Disk.Cmdline, "\n'\"\\${};") {
			d.complain(at+".disk.cmdline", quote(r.Disk.Cmdline)+" has a character with a meaning for GRUB", "")
		}
	}
	for i, t := range c.ImageTasks {
		at := index("image_task", i)
		d.checkRootContent(c, at, t.RootContent)
		d.oneTreeEach(c, at, t.Selector)
		if names["task/"+t.Name] && d.sound(at+".name") {
			d.complain(at+".name", "two image tasks are named "+quote(t.Name), "")
		}
		names["task/"+t.Name] = true
		d.checkTask(c, at, t)
	}
}

func (d *decoder) checkTask(c *Config, at string, t ImageTask) {
	d.checkPairs(at+".env", t.Env)
	if strings.Contains(c.Link.Type, "symlink") {
		d.complain(at, "does not go with link.type = "+quote(c.Link.Type), "the command would see links that lead nowhere")
	}
	if len(t.Outputs) == 0 {
		d.complain(at+".output", "required key is missing", "an image task has at least one [[image_task.output]]")
	}
	inputs, ends := map[string]bool{}, map[string]bool{}
	for k, in := range t.Inputs {
		key := index(at+".input", k) + ".path"
		name := filepath.Base(in.Path.Abs)
		if inputs[name] && in.Path.IsSet() {
			d.complain(key, "two inputs are named "+quote(name), "")
		}
		d.checkPath(key, in.Path, "a file or folder")
		inputs[name] = true
	}
	for k, o := range t.Outputs {
		key := index(at+".output", k)
		_, end, _ := strings.Cut(o.File, ".")
		if ends[end] && d.sound(key+".file") {
			d.complain(key+".file", "two outputs end in "+quote("."+end)+": their images would have one name", "")
		}
		ends[end] = true
	}
}

func (d *decoder) checkRootContent(c *Config, at string, r RootContent) {
	if !strings.HasPrefix(r.Database, "/") || strings.ContainsAny(r.Database, "% ") || strings.Contains(r.Database, "//") || strings.HasSuffix(r.Database, "/") || strings.Contains(r.Database+"/", "/../") {
		d.complain(at+".database", quote(r.Database)+" is not an absolute path", "such as /var/lib/rpm")
	}
	d.checkNamed(at+".include_variants", r.IncludeVariants, allVariants(c), "there is no variant ")
}

// checkPairs wants NAME=value.
func (d *decoder) checkPairs(key string, list []string) {
	for i, s := range list {
		if name, _, ok := strings.Cut(s, "="); !ok || name == "" || strings.ContainsRune(s, 0) {
			d.complain(index(key, i), quote(s)+" is not NAME=value", "")
		}
	}
}

// oneTreeEach wants a block to select at most one tree of an architecture,
// since steps and images have the name of the block.
func (d *decoder) oneTreeEach(c *Config, at string, s Selector) {
	if !d.sound(at+".variant") || !d.sound(at+".arch") {
		return
	}
	seen := map[string]string{}
	for _, v := range c.Variants {
		for _, a := range v.Arches {
			if v.IsEmpty || !s.Match(v.UID(), a) {
				continue
			}
			if other := seen[a]; other != "" {
				d.complain(at+".variant", "selects the trees of "+other+" and "+v.UID()+" for "+a, "an image is made of one tree; name one variant")
				return
			}
			seen[a] = v.UID()
		}
	}
}
