#!/usr/bin/env bash
# bench-days.sh COMPOSE POOL NEXT: how long composes take that follow on one of a
# folder of RPMs: the same again, with one source package rebuilt, and with all
# of the next day's folder. Medians, in one run.
#
#   CONFIG=FILE  configuration whose package set has the path "packages"
#                (default: one variant with everything)
#   ARCH=ARCH    of the default's variant (default x86_64)
#   RUNS=N       runs of each (default 5)
#   TMPDIR=DIR   where it works; packages are linked there where that is possible
set -euo pipefail
compose=$(realpath "$1") pool=$(realpath "$2") next=$(realpath "$3") runs=${RUNS:-5}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

if [ -n "${CONFIG:-}" ]; then
  cp "$CONFIG" "$work/config.toml"
else
  cat > "$work/config.toml" << TOML
[release]
name = "Benchmark"
short = "BM"
version = "1"

[[pkgset]]
tag = "bench"
source = "dir"
path = "packages"

[[variant]]
id = "Everything"
arches = ["${ARCH:-x86_64}"]

[gather]
check_deps = false

[[gather.tree]]
add = ["*"]
TOML
fi

rpms() { (cd "$1" && find . -name '*.rpm' | LC_ALL=C sort); }
rpms "$pool" > "$work/today"
rpms "$next" > "$work/tomorrow"
LC_ALL=C comm -13 "$work/today" "$work/tomorrow" > "$work/new"
LC_ALL=C comm -23 "$work/today" "$work/tomorrow" > "$work/old"

# of STEM LIST: the packages in LIST of the source package with this name.
of() { grep -E "/$1-[^-]+-[^-]+\.[^/]+\.rpm$" "$2" || true; }

# The source package that is rebuilt: the first of the new ones that there was before.
stem='' f=''
while read -r f; do
  f=$(basename "$f" .src.rpm) && f=${f%-*} && f=${f%-*}
  if [ -n "$(of "$f" "$work/old")" ]; then stem=$f && break; fi
done < <(grep '\.src\.rpm$' "$work/new")
[ -n "$stem" ] || { echo "no source package of $next is a rebuild" >&2; exit 1; }

# swap OLD NEW: takes packages out of the pool, and puts others in.
swap() {
  (cd "$work/packages" && xargs -r rm -f) < "$1"
  while read -r f; do
    mkdir -p "$work/packages/$(dirname "$f")" && ln -f "$next/$f" "$work/packages/$f" 2> /dev/null || cp -p "$next/$f" "$work/packages/$f"
  done < "$2"
}
run() {
  local start
  start=$(date +%s%N)
  "$compose" run --quiet --skip-preflight --cache-dir "$work/cache" --target-dir "$work/out" "$work/config.toml" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  echo $((($(date +%s%N) - start) / 1000000)) >> "$work/$1.ms"
}
median() { sort -n "$work/$1.ms" | sed -n "$(((runs + 1) / 2))p"; }

of "$stem" "$work/old" > "$work/one.old"
of "$stem" "$work/new" > "$work/one.new"
echo "$(wc -l < "$work/today") RPMs, $runs runs each, load $(cut -d' ' -f1 /proc/loadavg); $stem is rebuilt; the next day has $(wc -l < "$work/new") others"
for _ in $(seq "$runs"); do
  rm -rf "$work/cache" "$work/out" "$work/packages"
  cp -al "$pool" "$work/packages" 2> /dev/null || cp -a "$pool" "$work/packages"
  run cold
  run again
  swap "$work/one.old" "$work/one.new" && run one
  swap "$work/old" "$work/new" && run day
done
line() { printf '%-34s %6d ms  %5.2f of cold\n' "$2" "$(median "$1")" "$(awk -v a="$(median "$1")" -v c="$(median cold)" 'BEGIN { print a / c }')"; }
line cold "cold"
line again "again, nothing changed"
line one "one source package rebuilt"
line day "the next day"
