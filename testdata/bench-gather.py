#!/usr/bin/python3
"""bench-gather.py ADDRESS ARCH CACHE GLOB...: the closure that compose gather
finds, walked on dnf's own index, as Pungi's solver does: what the globs match,
and for each requirement one provider. Prints names; times go to stderr.
"""
import sys
import time

import dnf


def rank(arch):
    return {"noarch": 1}.get(arch, 0)


def best(packages, inside):
    """What is in already, then the better architecture, the shorter name, the name."""
    return min(packages, key=lambda p: (p not in inside, rank(p.arch), len(p.name), p.name))


def main(address, arch, cache, *globs):
    start = time.time()
    base = dnf.Base()
    base.conf.cachedir = cache
    base.conf.substitutions.update(arch=arch, basearch=arch, releasever="1")
    base.repos.add_new_repo("bench", base.conf, baseurl=[address])
    base.fill_sack(load_system_repo=False)
    loaded = time.time()

    sack = base.sack
    everything = sack.query().filterm(arch__neq=["src", "nosrc"]).latest().apply()
    inside, answers, missing = set(), {}, 0
    fresh = set()
    for glob in globs:
        named = {}
        for package in everything.filter(name__glob=glob):
            named.setdefault(package.name, []).append(package)
        fresh.update(best(packages, inside) for packages in named.values())
    while fresh:
        inside |= fresh
        found = set()
        for package in sorted(fresh, key=lambda p: (p.name, p.evr, p.arch)):
            for requirement in package.requires + package.requires_pre:
                text = str(requirement)
                if text in answers or text.startswith("rpmlib("):
                    continue
                providers = everything.filter(provides=requirement).run()
                answers[text] = best(providers, inside) if providers else None
                if answers[text] is None:
                    missing += 1
                elif answers[text] not in inside:
                    inside.add(answers[text])
                    found.add(answers[text])
        fresh = found
    solved = time.time()
    for package in sorted(inside, key=str):
        print(package)
    sys.stderr.write("loaded in %.3f s, solved in %.3f s, %d packages, %d requirements missing\n"
                     % (loaded - start, solved - loaded, len(inside), missing))


main(*sys.argv[1:])
