#!/usr/bin/python3
"""productmd.py COMPOSE: holds the metadata of a compose against the rules of
productmd, which reads it in other programs, and against the files that are
there. Prints one line for each fault. Shares nothing with the program."""
import configparser
import hashlib
import json
import os
import re
import sys

top = os.path.realpath(sys.argv[1])
compose = os.path.join(top, "compose")
TYPES = ("production", "nightly", "test", "ci", "development")
SUFFIX = {"production": "", "nightly": ".n", "test": ".t", "ci": ".ci", "development": ".d"}
RELEASE_TYPES = ("fast", "ga", "updates", "updates-testing", "eus", "aus", "els", "tus", "e4s")
LABEL = re.compile(r"^(EA|DevelPhaseExit|InternalAlpha|Alpha|InternalSnapshot|Beta|Snapshot|RC|Update|SecurityFix)-[0-9]+\.[0-9]+$")
VERSION = re.compile(r"^([^0-9].*|([0-9]+(\.[0-9]+)*))$")
SHORT = re.compile(r"^[a-z]+([a-z0-9]*-?[a-z0-9]+)*$", re.I)
NEVRA = re.compile(r"^(?P<name>[^/\s]+)-(?P<epoch>\d+):(?P<version>[^-/\s]+)-(?P<release>[^-/\s]+)\.(?P<arch>[a-z0-9_]+)$")
PATHS = [p + d for p in ("", "source_", "debug_") for d in ("tree", "packages", "repository", "isos", "jigdos")] + ["os_tree", "images"]
PATHS.remove("tree"), PATHS.remove("debug_isos"), PATHS.remove("debug_jigdos")
ORDER = ("variant", "optional", "addon", "layered-product")


def fault(text, *args):
    print(text % args if args else text)


def load(name):
    """A file in its canonical form, with header and compose."""
    with open(os.path.join(compose, "metadata", name)) as f:
        text = f.read()
    data = json.loads(text)
    if json.dumps(data, indent=4, sort_keys=True, separators=(",", ": ")) != text:
        fault("%s is not in canonical form", name)
    kind = "productmd." + name.split(".")[0]
    if data.get("header") != {"type": kind, "version": "1.2"}:
        fault("%s: header %r", name, data.get("header"))
    if set(data) != {"header", "payload"}:
        fault("%s: keys %s", name, sorted(data))
    return data["payload"]


def check_compose(name, c):
    if not set(c) <= {"id", "date", "type", "respin", "label", "final"}:
        fault("%s: compose has %s", name, sorted(c))
    if c["type"] not in TYPES or not re.match(r"^\d{8}$", c["date"]) or type(c["respin"]) is not int or c["respin"] < 0:
        fault("%s: compose %r", name, c)
    if not c["id"].endswith("-%s%s.%d" % (c["date"], SUFFIX[c["type"]], c["respin"])):
        fault("%s: id %s", name, c["id"])
    if not re.match(r".*\d{8}(\.nightly|\.n|\.ci|\.test|\.t|\.d)?(\.\d+)?$", c["id"]):
        fault("%s: id %s", name, c["id"])
    if "label" in c and not LABEL.match(c["label"]):
        fault("%s: label %s", name, c["label"])
    if ("final" in c) != ("label" in c) or not isinstance(c.get("final", True), bool):
        fault("%s: final without label, or not true or false", name)
    with open(os.path.join(top, "COMPOSE_ID")) as f:
        if f.read() != c["id"]:
            fault("%s: id %s is not that of COMPOSE_ID", name, c["id"])


def check_product(what, p, keys):
    if not set(p) <= keys or not {"name", "short", "version"} <= set(p):
        fault("%s has %s", what, sorted(p))
    if not VERSION.match(p["version"]) or not SHORT.match(p["short"]) or not p["name"] or p.get("type", "ga") not in RELEASE_TYPES:
        fault("%s %r", what, p)


def check_variants(variants):
    for uid, v in variants.items():
        if v["uid"] != uid or not re.match(r"^[a-zA-Z0-9]+$", v["id"]) or v["type"] not in ORDER or not v["name"]:
            fault("variant %s is %r", uid, v)
        if v["arches"] != sorted(set(v["arches"])) or not v["arches"]:
            fault("variant %s: arches %r", uid, v["arches"])
        if "-" in uid and uid.rsplit("-", 1)[0] not in variants:
            fault("variant %s has no parent", uid)
        for child in v.get("variants", []):
            if uid + "-" + child not in variants and child not in variants:
                fault("variant %s: there is no %s", uid, child)
        for field, by_arch in v["paths"].items():
            if field not in PATHS:
                fault("variant %s: path %s", uid, field)
            for arch, path in by_arch.items():
                if arch not in v["arches"]:
                    fault("variant %s: %s for %s", uid, field, arch)
                if path.startswith("/") or ".." in path.split("/"):
                    fault("variant %s: %s is %s", uid, field, path)
                if not os.path.isdir(os.path.join(compose, path)):
                    fault("variant %s: %s %s is no folder", uid, field, path)


def check_composeinfo(info):
    check_compose("composeinfo.json", info["compose"])
    release = info["release"]
    keys = {"name", "short", "version", "type", "internal"}
    check_product("release", release, keys | {"is_layered"})
    if type(release["internal"]) is not bool or release.get("is_layered", True) is not True:
        fault("release %r", release)
    if ("base_product" in info) != ("is_layered" in release):
        fault("base_product and is_layered do not go together")
    if "base_product" in info:
        check_product("base_product", info["base_product"], keys - {"internal"})
    start = "%s-%s" % (release["short"], release["version"])
    if not info["compose"]["id"].startswith(start + "-"):
        fault("id %s does not begin with %s", info["compose"]["id"], start)
    check_variants(info["variants"])


def check_rpms(data, info):
    check_compose("rpms.json", data["compose"])
    if {k: data["compose"][k] for k in ("id", "date", "type", "respin")} != {k: info["compose"][k] for k in ("id", "date", "type", "respin")}:
        fault("rpms.json and composeinfo.json are of different composes")
    listed = set()
    for uid, arches in data["rpms"].items():
        if uid not in info["variants"]:
            fault("rpms.json: variant %s is not in composeinfo.json", uid)
            continue
        for arch, sources in arches.items():
            if arch not in info["variants"][uid]["arches"]:
                fault("rpms.json: %s.%s is no tree", uid, arch)
            for source, rpms in sources.items():
                if not NEVRA.match(source) or not source.endswith((".src", ".nosrc")):
                    fault("rpms.json: source %s", source)
                for nevra, rpm in rpms.items():
                    listed.add(rpm["path"])
                    check_rpm("%s.%s" % (uid, arch), source, nevra, rpm)
    found = set()
    for folder, _, files in os.walk(compose):
        found |= {os.path.relpath(os.path.join(folder, f), compose) for f in files if f.endswith(".rpm")}
    for path in sorted(listed ^ found):
        fault("%s is only %s", path, "listed" if path in listed else "there")


def check_rpm(tree, source, nevra, rpm):
    m = NEVRA.match(nevra)
    if not m or set(rpm) != {"category", "path", "sigkey"} or rpm["category"] not in ("binary", "debug", "source"):
        fault("rpms.json: %s %s: %r", tree, nevra, rpm)
        return
    if (rpm["category"] == "source") != (m["arch"] in ("src", "nosrc")) or rpm["category"] == "source" and nevra != source:
        fault("rpms.json: %s %s is %s, under %s", tree, nevra, rpm["category"], source)
    if rpm["sigkey"] is not None and not re.match(r"^[0-9a-f]{8,}$", rpm["sigkey"]):
        fault("rpms.json: %s %s: sigkey %s", tree, nevra, rpm["sigkey"])
    name = "%(name)s-%(version)s-%(release)s.%(arch)s.rpm" % m.groupdict()
    if os.path.basename(rpm["path"]) != name:
        fault("rpms.json: %s %s lies at %s", tree, nevra, rpm["path"])


def check_tree(root, info, arch, v):
    """.treeinfo, .discinfo and media.repo of one tree. An addon lies in the
    tree of its parent, and a layered product names its parent's variant, on
    which it sits."""
    release, base, uid, name = info["release"], info.get("base_product"), v["uid"], v["id"]
    if v["type"] in ("addon", "layered-product"):
        uid = name = uid.rsplit("-", 1)[0]
    if v["type"] == "layered-product":
        release, base = v["release"], None
    ini = configparser.RawConfigParser()
    ini.optionxform = str
    with open(os.path.join(root, ".treeinfo")) as f:
        ini.read_file(f)
    want = {("header", "type"): "productmd.treeinfo", ("header", "version"): "1.2",
            ("release", "name"): release["name"], ("release", "short"): release["short"],
            ("tree", "arch"): arch, ("general", "arch"): arch, ("general", "variant"): name}
    if base:
        want.update({("base_product", k): base[k] for k in ("name", "short", "version")})
    for (section, key), value in want.items():
        if not ini.has_option(section, key) or ini.get(section, key) != value:
            fault("%s/.treeinfo: [%s] %s is not %s", root, section, key, value)
    if ini.sections() != sorted(ini.sections()):
        fault("%s/.treeinfo: sections are not sorted", root)
    section = "variant-" + uid
    for key in ("id", "uid", "name", "type", "packages", "repository"):
        if not ini.has_option(section, key):
            fault("%s/.treeinfo: [%s] has no %s", root, section, key)
    if v["type"] == "addon" and not ini.has_section("addon-" + v["uid"]):
        fault("%s/.treeinfo: no [addon-%s]", root, v["uid"])
    if uid not in ini.get("tree", "variants").split(","):
        fault("%s/.treeinfo: [tree] variants", root)
    if not ini.has_section(section):
        return
    int(ini.get("tree", "build_timestamp"))
    if not os.path.isdir(os.path.join(root, ini.get(section, "packages"))):
        fault("%s/.treeinfo: no folder of packages", root)
    if not os.path.isfile(os.path.join(root, ini.get(section, "repository"), "repodata/repomd.xml")):
        fault("%s/.treeinfo: no repository", root)
    for path, value in ini.items("checksums") if ini.has_section("checksums") else []:
        kind, digest = value.split(":")
        with open(os.path.join(root, path), "rb") as f:
            if hashlib.new(kind, f.read()).hexdigest() != digest:
                fault("%s/.treeinfo: checksum of %s", root, path)
    with open(os.path.join(root, ".discinfo")) as f:
        lines = f.read().split("\n")
    if len(lines) < 4 or lines[2] != arch or lines[3] != "ALL":
        fault("%s/.discinfo: %r", root, lines)
    float(lines[0])
    media = configparser.RawConfigParser()
    media.read(os.path.join(root, "media.repo"))
    if media.get("InstallMedia", "mediaid") != lines[0] or media.get("InstallMedia", "name") != lines[1]:
        fault("%s/media.repo does not agree with .discinfo", root)


info = load("composeinfo.json")
check_composeinfo(info)
check_rpms(load("rpms.json"), info)
for uid, v in info["variants"].items():
    for field in ("os_tree", "source_tree"):
        for arch, path in v["paths"].get(field, {}).items():
            check_tree(os.path.join(compose, path), info, "src" if field == "source_tree" else arch, v)
