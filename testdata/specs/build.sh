#!/bin/sh
# build.sh [DIR]: builds the specs beside it with rpmbuild into DIR (default:
# ../rpms), always the same bytes with one version of rpmbuild. Nothing is
# compiled. The committed files were built with rpm 4.18.0.
set -eu
specs=$(cd "$(dirname "$0")" && pwd)
out=${1:-$specs/../rpms}
mkdir -p "$out"
top=/tmp/rpmbuild # source packages hold this path, so it is always the same
mkdir "$top" # fails while another build runs
trap 'rm -rf "$top"' EXIT
mkdir "$top/SOURCES" "$top/RPMS" "$top/SRPMS"
cp "$specs/elf.sh" "$top/SOURCES"
echo secret > "$top/SOURCES/secret.tar.gz"
touch -d @1709251200 "$top"/SOURCES/*
export SOURCE_DATE_EPOCH=1709251200 LC_ALL=C.UTF-8 TZ=UTC HOME="$top"

reserve=200 # bytes that rpmbuild leaves free in the signature header
build() { # WHAT TARGET SPEC [OPTIONS...]
	what=$1 target=$2 spec=$3
	shift 3
	cp "$specs/$spec.spec" "$top/$spec.spec"
	touch -d @1709251200 "$top/$spec.spec"
	rpmbuild --quiet --nodeps "-b$what" --target "$target-linux" \
		--define "_topdir $top" --define '_buildhost builder.invalid' \
		--define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
		--define 'debug_package %{nil}' --define '__os_install_post %{nil}' --define '_build_id_links none' \
		--define '_binary_payload w9.gzdio' --define '_source_payload w9.gzdio' \
		--define "__gpg_reserved_space $reserve" --define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
		"$@" "$top/$spec.spec" > "$top/log" 2>&1 < /dev/null || { cat "$top/log" >&2; exit 1; }
}

for arch in x86_64 aarch64; do
	build b $arch hello
	build b $arch tinysh
done
build s x86_64 hello
build s x86_64 tinysh
for spec in basefs kinds files text withheld onearch notarch stream; do
	build a x86_64 $spec
done
reserve=4096
build a x86_64 lib --define '_lib64 1' --define '_libdir /usr/lib64'
build b i686 lib --define '_libdir /usr/lib'
reserve=200
for payload in gz:w1.gzdio xz:w2.xzdio bz2:w9.bzdio zstd:w3.zstdio lzma:w2.lzdio none:w.ufdio; do
	build b x86_64 flavour --define "flavour ${payload%%:*}" --define "_binary_payload ${payload#*:}"
done
for digest in md5:1 sha1:2 sha512:10; do
	build b x86_64 flavour --define "flavour ${digest%%:*}" --define "_binary_filedigest_algorithm ${digest#*:}"
done
build s x86_64 flavour
rm -f "$out"/*.rpm
cp "$top"/RPMS/*.rpm "$top"/SRPMS/*.rpm "$out"
