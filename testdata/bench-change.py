#!/usr/bin/python3
"""bench-change.py plan POOL CHANGE [NEXT]: prepares, in the folder CHANGE, a
change of 1 % of the packages of POOL, spread over it: they become packages of
NEXT that POOL has not, or copies of themselves with another time.
bench-change.py swap POOL CHANGE: makes the change, or takes it back. Files that
do not change keep inode and time."""
import json
import os
import re
import shutil
import sys


def rpms(top):
    return sorted(os.path.relpath(os.path.join(d, f), top) for d, _, files in os.walk(top) for f in files if f.endswith(".rpm"))


def key(path):
    """What a package and its successor have in common."""
    name, _, arch = os.path.basename(path)[:-4].rpartition(".")
    return path.split("/")[0], re.sub(r"-[^-]+-[^-]+$", "", name), arch


def plan(pool, change, later):
    have = rpms(pool)
    count = max(1, len(have) // 100)
    swaps = [(p, p) for p in have]
    if later:
        new = set(rpms(later))
        gone = {key(p): p for p in have if p not in new}
        swaps = [(gone[key(p)], p) for p in sorted(new - set(have)) if key(p) in gone]
    swaps = swaps[:: max(1, len(swaps) // count)][:count]
    os.mkdir(change)
    for i, (old, new) in enumerate(swaps):
        to = os.path.join(change, str(i))
        shutil.copy2(os.path.join(later or pool, new), to)
        if not later:
            os.utime(to)
    with open(os.path.join(change, "plan.json"), "w") as f:
        json.dump({"swaps": swaps, "done": False}, f)
    print("%d packages change, in %d folders" % (len(swaps), len({new.split("/")[0] for _, new in swaps})))


def swap(pool, change):
    with open(os.path.join(change, "plan.json")) as f:
        p = json.load(f)
    for i, (old, new) in enumerate(p["swaps"]):
        out, into = (new, old) if p["done"] else (old, new)
        mine, spare = os.path.join(change, str(i)), os.path.join(change, "%d.out" % i)
        os.rename(os.path.join(pool, out), spare)
        os.makedirs(os.path.dirname(os.path.join(pool, into)), exist_ok=True)
        os.rename(mine, os.path.join(pool, into))
        os.rename(spare, mine)
    p["done"] = not p["done"]
    with open(os.path.join(change, "plan.json"), "w") as f:
        json.dump(p, f)


if sys.argv[1] == "plan":
    plan(sys.argv[2], sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None)
else:
    swap(sys.argv[2], sys.argv[3])
