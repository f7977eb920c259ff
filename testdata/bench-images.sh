#!/usr/bin/env bash
# bench-images.sh COMPOSE: compares createiso inside a compose with what Pungi
# runs one after another for the same disc, in one run, on the same tree.
#
#   MIB=N   MiB of packages (default 4096)
#   RUNS=N  runs of each (default 3)
set -euo pipefail
compose=$(realpath "$1") mib=${MIB:-4096} runs=${RUNS:-3}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
here=$(dirname "$(realpath "$0")")
for program in xorriso implantisomd5 sha256sum; do
  command -v "$program" > /dev/null || { echo "$program is not installed: nothing to compare createiso with"; exit; }
done

for i in $(seq $((mib / 64))); do
  printf 'build disc%d 1.0-1 x86_64\n' "$i"
  printf "    noise /usr/share/disc$i-%d $((4 << 20))\n" $(seq 16)
  echo
done > "$work/disc.txt"
(cd "$here/.." && go run ./internal/rpmtest/mkrpms "$work/disc.txt" "$work/rpms" > /dev/null)
cat > "$work/config.toml" <<TOML
[release]
name = "Benchmark"
short = "BM"
version = "1"

[[pkgset]]
tag = "bench"
source = "dir"
path = "$work/rpms"

[[variant]]
id = "Disc"
arches = ["x86_64"]

[gather]
check_deps = false

[[gather.tree]]
add = ["*"]

[createiso]
skip = false
size = "100GiB"

[[createiso.tree]]
arch = "src"
skip = true
TOML

# timed NAME COMMAND...: appends the milliseconds that the command took to NAME.
timed() {
  local name=$1 start; shift
  start=$(date +%s%N)
  "$here/peak.py" "$work/$name.kib" "$@" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  echo $((($(date +%s%N) - start) / 1000000)) >> "$work/$name.ms"
}
median() { sort -n "$work/$1" | sed -n "$((($(wc -l < "$work/$1") + 1) / 2))p"; }

# Everything but the disc is found again from the first compose.
"$compose" run --quiet --cache-dir "$work/cache" --target-dir "$work/out" --define createiso.skip=true "$work/config.toml" > /dev/null
for n in $(seq "$runs"); do
  timed without "$compose" run --quiet --cache-dir "$work/cache" --target-dir "$work/out" --define createiso.skip=true "$work/config.toml"
  timed with "$compose" run --quiet --cache-dir "$work/cache" --target-dir "$work/out" --define "media.volume_ids=[\"run $n\"]" "$work/config.toml"
  tree=$(realpath "$work"/out/latest-*/compose/Disc/x86_64/os)
  rm -f "$work/other.iso"
  # shellcheck disable=SC2016
  timed theirs sh -ec 'xorrisofs -quiet -o "$1" -V BENCH -J -joliet-long -rational-rock -iso-level 3 "$2"; implantisomd5 "$1"; sha256sum "$1"' sh "$work/other.iso" "$tree"
  rm -f "$work"/out/*/compose/Disc/x86_64/iso/*.iso
done
awk -v a="$(median with.ms)" -v w="$(median without.ms)" -v t="$(median theirs.ms)" -v m="$(median with.kib)" -v n="$(median theirs.kib)" -v s="$mib" -v l="$(cut -d' ' -f1 /proc/loadavg)" 'BEGIN {
  printf "disc of %d MiB in a compose, load %s: %d ms (%.0f MiB/s, peak %d MiB), xorriso, implantisomd5, sha256sum: %d ms (peak %d MiB): %.1f times as fast\n", s, l, a - w, s / (a - w) * 1000, m / 1024, t, n / 1024, t / (a - w) }'
