#!/usr/bin/python3
"""Answers questions with rpm's own functions: one JSON list per line."""
import json
import sys

import rpm


def vercmp(a, b):
    return rpm.labelCompare(("0", a, None), ("0", b, None))


def parse(s):
    v = rpm.ver(s)
    return [v.e or "", v.v or "", v.r or ""]


def overlap(pflags, pevr, rflags, revr):
    p = rpm.ds(("name", pflags, pevr), rpm.RPMTAG_PROVIDENAME)
    r = rpm.ds(("name", rflags, revr), rpm.RPMTAG_REQUIRENAME)
    return bool(p.Compare(r))


for line in sys.stdin:
    what, *args = json.loads(line)
    print(json.dumps({"vercmp": vercmp, "parse": parse, "overlap": overlap}[what](*args)))
