#!/usr/bin/python3
"""Prints, for each repository named, what dnf's provides query finds for each
requirement: one JSON object per repository,
{package: {requirement: [providing packages]}}."""
import json
import sys
import tempfile

import dnf

for path in sys.argv[1:]:
    base = dnf.Base()
    conf = base.conf
    conf.cachedir = conf.persistdir = conf.installroot = tempfile.mkdtemp()
    conf.reposdir, conf.pluginpath = ["/nonexistent"], []
    conf.substitutions["releasever"] = "1"
    conf.arch = "x86_64"
    base.repos.add_new_repo("r", conf, baseurl=["file://" + path], gpgcheck=False)
    base.fill_sack(load_system_repo=False)
    available = base.sack.query()
    known = {}
    answer = {}
    for pkg in available:
        requires = answer.setdefault("%s-%s:%s-%s.%s" % (pkg.name, pkg.epoch, pkg.version, pkg.release, pkg.arch), {})
        for req in pkg.requires:
            text = str(req)
            if text not in known:
                known[text] = sorted("%s-%s:%s-%s.%s" % (p.name, p.epoch, p.version, p.release, p.arch)
                                     for p in available.filter(provides=req))
            requires[text] = known[text]
    print(json.dumps(answer))
