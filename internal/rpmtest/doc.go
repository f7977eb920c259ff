// Package rpmtest makes RPM packages for tests and for the sample
// distribution: headers, payloads and digests are real (rpm -K --nosignature
// accepts them, rpm and dnf install them), the bytes depend on the
// description alone, and nothing but Go is needed. It knows nothing of
// repositories and composes, and it is no library for building packages for use.
//
// # Text descriptions
//
// A text is a list of paragraphs. The first word of a line is a key; a line
// that begins with # is a comment; indentation and empty lines mean nothing.
// A value may be quoted as in Go. Lines that begin with | continue the item
// above: a description, a scriptlet, a changelog text, the content of a file.
//
//	defaults
//	    vendor Dummy Project
//	    sign rsa 0123456789abcdef
//
//	package glibc 2.39-5 x86_64
//	    source glibc-2.39-5.src.rpm
//	    provides libc.so.6()(64bit)
//	    file /usr/lib64/libc.so.6 0755 "not a library"
//
//	build bash 0:5.2-1 x86_64 aarch64
//	    summary The shell
//	    buildrequires glibc-devel
//	    requires libc.so.6%{_bits}
//	    file /usr/bin/bash 0755
//	        | #!/bin/sh
//	    script post
//	        | echo installed
//	    debuginfo
//	  sub bash-doc noarch
//	    doc /usr/share/doc/bash/README "Read me"
//
// Three keys begin a paragraph:
//
//	defaults                      lines that every later paragraph begins with
//	package NAME [E:]V-R ARCH     one file; ARCH may be src or nosrc
//	build NAME [E:]V-R [ARCH...]  a source package, NAME for each ARCH, and the subpackages
//
// and inside build
//
//	sub NAME [ARCH...]            a subpackage, for the ARCHes of the build or its own
//	debuginfo                     NAME-debuginfo of each binary package that is not noarch, NAME-debugsource
//	nosource                      the source package is a nosrc one
//	buildrequires DEP[, DEP...]   requirements of the source package
//
// Lines above the first sub describe the main package; those of the group
// "about" hold for the source package, the subpackages and the debuginfo too,
// and excludearch and exclusivearch also for the source package.
//
//	about:
//	  summary description license group url vendor packager buildhost TEXT
//	  buildtime SECONDS, modularity N:S:V:C
//	  changelog SECONDS AUTHOR      its text in | lines; newest first
//	  payload gzip|zstd|empty       empty: the archive holds no files
//	  format 3|4|6, large           package format; 64-bit size tags
//	  sign [legacy] ALGO [v3|v4|v6] KEYID    a fake signature packet
//	  in DIR                        the folder of the file, below the target
//	  copy DIR [ALGO [v3|v4|v6] KEYID]       the file once more, in DIR, so signed
//	excludearch, exclusivearch ARCH...
//	source FILE                     name of the source package's file
//	as FILE                         name of this package's file
//	noself                          do not provide NAME = EVR and NAME(isa) = EVR
//	provides requires conflicts obsoletes recommends suggests supplements enhances DEP[, DEP...]
//	requires(pre|post|preun|postun|interp|pretrans|posttrans|verify) DEP[, DEP...]
//	file|config|doc|ghost PATH [MODE] ["CONTENT"]
//	dir PATH [MODE], link PATH TARGET
//	noise PATH SIZE                 a file of so many bytes that do not compress
//	huge PATH SIZE                  a file of that size in the header, without content
//	script KIND [PROGRAM]           its body in | lines
//	tag NUMBER TYPE VALUE..., untag NUMBER      see Tag
//
// In paragraphs %{name} %{version} %{release} %{evr} %{arch} stand for the
// package's own (name: the paragraph's), %{_lib} for lib64 or lib, %{_isa} for
// (x86-64) or the like, %{_bits} for ()(64bit) or nothing.
package rpmtest
