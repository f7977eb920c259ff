package gather

import "strings"

// python-multilib's lists of names. They are never written to.
var (
	runtimeAlways = [...]string{
		"libflashsupport", "libgnat", "lmms-vst", "nspluginwrapper", "perl-libs", "redhat-lsb",
		"syslinux-extlinux-nonlinux", "syslinux-nonlinux", "syslinux-tftpboot", "valgrind", "wine", "yaboot",
	}
	runtimeNever = [...]string{"httpd", "php", "tomcat-native"}
	develNever   = [...]string{
		"dmraid-devel", "httpd-devel", "kdeutils-devel", "mkinitrd-devel", "java-1.5.0-gcj-devel",
		"java-1.6.0-openjdk-devel", "java-1.7.0-icedtea-devel", "java-1.7.0-openjdk-devel",
		"java-1.8.0-openjdk-devel", "php-devel",
	}
)

// isRuntimePath says whether a package with this file is wanted by 32-bit
// programs: it is a library, or a plugin that a library loads.
func isRuntimePath(path string) bool {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return false
	}
	dir, file := path[:i], path[i+1:]
	switch dir {
	case "/lib", "/lib64":
		return glob("*.so.*", file) || strings.HasPrefix(file, "libnss_") || strings.HasPrefix(file, "libdb-")
	case "/usr/lib", "/usr/lib64":
		return glob("*.so.*", file)
	case "/lib/security", "/lib64/security": // PAM; not the ones below /usr
		return true
	case "/etc/lsb-release.d":
		return true
	case "/etc/ld.so.conf.d":
		return strings.HasSuffix(file, ".conf")
	}
	sub, ok := strings.CutPrefix(dir, "/usr/lib")
	if !ok {
		return false
	}
	return isPluginDir(dir, strings.TrimPrefix(sub, "64"), file)
}

// isPluginDir decides for a folder below /usr/lib or /usr/lib64; sub is what
// follows these, with its slash.
func isPluginDir(dir, sub, file string) bool {
	switch sub {
	case "/alsa-lib", "/dri", "/gtk-2.0/modules", "/gtk-2.0/immodules", "/krb5/plugins", "/sasl2", "/vdpau":
		return true
	case "/oprofile":
		return glob("*.so.*", file)
	case "/wine":
		return strings.HasSuffix(file, ".so")
	case "/sane":
		return strings.HasPrefix(file, "libsane-")
	}
	if strings.HasPrefix(sub, "/gstreamer-") {
		return true
	}
	globs := pluginDirs[:]
	if strings.HasPrefix(sub, "/gtk-2.0") {
		globs = gtkDirs[:]
	}
	for _, g := range globs {
		if glob(g, dir) {
			return true
		}
	}
	return false
}

// Folders of plugins; "*" matches slashes too. They are never written to.
var (
	gtkDirs = [...]string{
		"/usr/lib*/gtk-2.0/*/engines", "/usr/lib*/gtk-2.0/*/modules", "/usr/lib*/gtk-2.0/*/immodules",
		"/usr/lib*/gtk-2.0/*/loaders", "/usr/lib*/gtk-2.0/*/printbackends", "/usr/lib*/gtk-2.0/*/filesystems",
	}
	pluginDirs = [...]string{
		"/usr/lib*/qt*/plugins/*", "/usr/lib*/kde*/plugins/*", "/usr/lib*/qt5/qml/*",
		"/usr/lib*/gdk-pixbuf-2.0/*/loaders", "/usr/lib*/xine/plugins/*",
	}
)
