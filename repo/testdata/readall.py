#!/usr/bin/python3
"""readall.py DIR CACHE PATH: what dnf reads of a repository, as one line: the
numbers of packages, of packages with the file, of groups, of module streams
and of packages that advisories are about."""
import sys

import dnf
import dnf.module.module_base
import hawkey

base = dnf.Base()
base.conf.cachedir = sys.argv[2]
base.conf.persistdir = sys.argv[2]
base.conf.substitutions["releasever"] = "1"
base.conf.substitutions["arch"] = base.conf.substitutions["basearch"] = "x86_64"
base.conf.module_platform_id = "platform:1"
repo = base.repos.add_new_repo("r", base.conf, baseurl=["file://" + sys.argv[1]])
repo.load_metadata_other = True
base.fill_sack(load_system_repo=False)
base.read_comps(arch_filter=False)
packages = base.sack.query()
streams = dnf.module.module_base.ModuleBase(base).get_modules("*")[0]
print(len(packages), len(packages.filter(file=sys.argv[3])), len(list(base.comps.groups)), len(streams),
      sum(1 for p in packages if p.get_advisories(hawkey.EQ)))
