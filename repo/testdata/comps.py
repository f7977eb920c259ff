#!/usr/bin/python3
"""comps.py FILE...: what libcomps, the reader of dnf and Pungi, finds in comps
files, in an order that does not depend on the file's."""
import sys

import libcomps


def texts(o):
    return (o.name, o.desc or "", sorted((k, o.name_by_lang[k]) for k in o.name_by_lang),
            sorted((k, o.desc_by_lang[k]) for k in o.desc_by_lang))


for path in sys.argv[1:]:
    c = libcomps.Comps()
    if c.fromxml_f(path) < 0:
        sys.exit("%s: %s" % (path, c.get_last_errors()))
    for g in sorted(c.groups, key=lambda g: g.id):
        print("group", g.id, texts(g), g.default, g.uservisible, g.lang_only or None)
        for p in sorted(g.packages, key=lambda p: (p.type, p.name)):
            print("   ", p.type, p.name, p.requires)
    for g in sorted(c.categories, key=lambda g: g.id):
        print("category", g.id, texts(g), g.display_order, sorted(x.name for x in g.group_ids))
    for g in sorted(c.environments, key=lambda g: g.id):
        print("environment", g.id, texts(g), g.display_order, sorted(x.name for x in g.group_ids),
              sorted((x.name, x.default) for x in g.option_ids))
    for k in sorted(c.langpacks):
        print("langpack", k, c.langpacks[k])
