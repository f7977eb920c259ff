#!/usr/bin/python3
"""Prints what rpm and createrepo_c read from the packages named on stdin.

One JSON object per line. Strings are written byte by byte (as Latin-1), so
that text in any encoding survives.
"""
import json
import os
import sys

import createrepo_c
import rpm

DEPS = ["provide", "require", "conflict", "obsolete", "recommend", "suggest", "supplement", "enhance"]


def text(s):
    if s is None:
        return ""
    if isinstance(s, bytes):
        return s.decode("latin-1")
    return s.encode("utf-8", "surrogateescape").decode("latin-1")


def deps(hdr, kind):
    names = hdr[kind + "name"]
    flags = hdr[kind + "flags"] or [0] * len(names)
    versions = hdr[kind + "version"] or [""] * len(names)
    return [{"Name": text(n), "Sense": f, "EVR": text(v)} for n, f, v in zip(names, flags, versions)]


def dump(ts, path):
    fd = os.open(path, os.O_RDONLY)
    hdr = ts.hdrFromFdno(fd)
    os.close(fd)
    pkg = createrepo_c.package_from_rpm(path, createrepo_c.SHA256, None, None, -1)
    out = {kind: deps(hdr, kind) for kind in DEPS}
    out["weak"] = [[text(d[0]) for d in kind] for kind in (pkg.recommends, pkg.suggests, pkg.supplements, pkg.enhances)]
    out["files"] = [
        {"Path": text(p), "Mode": m & 0xFFFF, "Flags": f & 0xFFFFFFFF}
        for p, m, f in zip(hdr["filenames"], hdr["filemodes"] or [], hdr["fileflags"] or [])
    ]
    out["types"] = [f[0] or "" for f in pkg.files]
    out["changelogs"] = [
        {"Time": t, "Author": text(a), "Text": text(x)}
        for t, a, x in zip(hdr["changelogtime"], hdr["changelogname"], hdr["changelogtext"])
    ]
    for key, value in {
        "name": pkg.name, "arch": pkg.arch, "version": pkg.version, "epoch": pkg.epoch, "release": pkg.release,
        "summary": pkg.summary, "description": pkg.description, "url": pkg.url, "license": pkg.rpm_license,
        "vendor": pkg.rpm_vendor, "group": pkg.rpm_group, "buildhost": pkg.rpm_buildhost,
        "sourcerpm": pkg.rpm_sourcerpm, "packager": pkg.rpm_packager, "pkgid": pkg.pkgId,
        "modularity": hdr["modularitylabel"],
    }.items():
        out[key] = text(value)
    out["sizes"] = [pkg.size_package, pkg.size_installed, pkg.size_archive, pkg.time_build,
                    pkg.rpm_header_start, pkg.rpm_header_end]
    out["excludearch"] = [text(a) for a in hdr["excludearch"]]
    out["exclusivearch"] = [text(a) for a in hdr["exclusivearch"]]
    sigs = [hdr.sprintf("%%{%s:pgpsig}" % tag) for tag in ("dsaheader", "rsaheader", "sigpgp", "siggpg")]
    out["signatures"] = [s for s in sigs if s != "(none)"]
    return out


def main():
    ts = rpm.TransactionSet()
    ts.setVSFlags(rpm._RPMVSF_NOSIGNATURES | rpm._RPMVSF_NODIGESTS)
    for line in sys.stdin:
        print(json.dumps(dump(ts, line.rstrip("\n"))))


main()
