#!/usr/bin/python3
"""compare.py A B: reads two repositories with createrepo_c's own parser and
prints every field in which they differ. The last line says how much was read."""
import os
import sys

import createrepo_c as cr

FIELDS = """name arch version epoch release summary description url time_file time_build rpm_license rpm_vendor
rpm_group rpm_buildhost rpm_sourcerpm rpm_header_start rpm_header_end rpm_packager size_package size_installed
size_archive location_href location_base checksum_type requires provides conflicts obsoletes suggests enhances
recommends supplements files changelogs""".split()


def read(repo):
    records = {r.type: r for r in cr.Repomd(os.path.join(repo, "repodata/repomd.xml")).records}
    path = lambda typ: os.path.join(repo, records[typ].location_href)
    found = {}
    warn = lambda kind, text: print("%s: %s" % (repo, text))
    cr.xml_parse_primary(path("primary"), pkgcb=lambda p: found.__setitem__((p.location_href, p.pkgId), p),
                         do_files=False, warningcb=lambda kind, text: warn(kind, text) or True)
    by_id = {}
    for p in found.values():
        by_id.setdefault(p.pkgId, p)
    cr.xml_parse_filelists(path("filelists"), newpkgcb=lambda i, n, a: by_id[i])
    cr.xml_parse_other(path("other"), newpkgcb=lambda i, n, a: by_id[i])
    for p in found.values():  # one package at two places
        p.files, p.changelogs = by_id[p.pkgId].files, by_id[p.pkgId].changelogs
    return found, records


a, records_a = read(sys.argv[1])
b, records_b = read(sys.argv[2])
for key in sorted(set(a) ^ set(b)):
    print("only in %s: %s" % ("A" if key in a else "B", key))
for key in sorted(set(a) & set(b)):
    for f in FIELDS:
        x, y = getattr(a[key], f), getattr(b[key], f)
        if x != y:
            print("%s %s: %r, %r" % (key[0], f, x, y))
for typ in sorted(set(records_a) ^ set(records_b)):
    print("record %s only in %s" % (typ, "A" if typ in records_a else "B"))
print("%d packages, %d fields each" % (len(set(a) & set(b)), len(FIELDS)))
