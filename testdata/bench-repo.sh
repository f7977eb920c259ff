#!/usr/bin/env bash
# bench-repo.sh COMPOSE CORPUS: compares compose createrepo and compose
# repoclosure with createrepo_c, dnf and libsolv on the same files, in one run,
# and prints medians, ratios and peaks of memory.
#
#   NEXT=DIR     the same packages later: 1 % of CORPUS is replaced by packages from there (default: they are touched)
#   PAYLOAD=DIR  folder of packages with real content, for another cold run
#   RUNS=N       runs of each (default 5)
set -euo pipefail
compose=$(realpath "$1") corpus=$(realpath "$2") runs=${RUNS:-5}
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# timed NAME COMMAND...: appends milliseconds and KiB of the command to NAME.
timed() {
  local name=$1 start; shift
  start=$(date +%s%N)
  "$here/peak.py" "$work/$name.kib" "$@" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  echo $((($(date +%s%N) - start) / 1000000)) >> "$work/$name.ms"
}
median() { sort -n "$work/$1" | sed -n "$((($(wc -l < "$work/$1") + 1) / 2))p"; }
# compare TITLE OURS THEIRS
compare() {
  awk -v t="$1" -v a="$(median "$2.ms")" -v b="$(median "$3.ms")" -v m="$(median "$2.kib")" -v n="$(median "$3.kib")" \
    'BEGIN { printf "%-44s %6d ms %5d MiB, theirs %6d ms %5d MiB: %.1f times as fast\n", t, a, m / 1024, b, n / 1024, b / a }'
}
fresh() { for d in "$@"; do rm -rf "${work:?}/$d"; mkdir "$work/$d"; done; }
ours() { timed "$1" "$compose" createrepo --quiet --cache-dir "$work/cache" --outputdir "$work/ours" "${@:2}"; }
theirs() { timed "$1" createrepo_c --quiet --no-database --workers 2 --outputdir "$work/theirs" "${@:2}"; }

echo "$(find "$corpus" -name '*.rpm' | wc -l) RPMs, $runs runs each, load $(cut -d' ' -f1 /proc/loadavg)"
cp -a "$corpus" "$work/pool"
python3 "$here/bench-change.py" plan "$work/pool" "$work/change" ${NEXT:+"$NEXT"}
for _ in $(seq "$runs"); do
  fresh cache ours theirs
  ours cold "$work/pool"
  theirs cold-c "$work/pool"
  ours same --update "$work/pool"
  theirs same-c --update "$work/pool"
  python3 "$here/bench-change.py" swap "$work/pool" "$work/change"
  ours changed --update "$work/pool"
  theirs changed-c --update "$work/pool"
  python3 "$here/bench-change.py" swap "$work/pool" "$work/change"
  fresh ours
  ours known "$work/pool"
  cp "$work/cold-c.ms" "$work/known-c.ms" && cp "$work/cold-c.kib" "$work/known-c.kib"
done
compare "createrepo, cold" cold cold-c
compare "createrepo, packages known, no repodata" known known-c
compare "createrepo --update, nothing changed" same same-c
compare "createrepo --update, 1 % changed" changed changed-c

if [ -n "${PAYLOAD:-}" ]; then
  bytes=$(find -L "$PAYLOAD" -name '*.rpm' -printf '%s\n' | awk '{ n += $1 } END { print n }')
  hash() { find "$PAYLOAD" -name '*.rpm' -print0 | xargs -0 -P2 -n16 sha256sum; }
  export -f hash && export PAYLOAD
  for _ in $(seq "$runs"); do
    fresh cache ours theirs
    ours payload "$PAYLOAD"
    theirs payload-c "$PAYLOAD"
    timed hash bash -c hash
  done
  compare "createrepo, cold, $((bytes / 1000000)) MB of payload" payload payload-c
  awk -v b="$bytes" -v a="$(median payload.ms)" -v h="$(median hash.ms)" 'BEGIN { printf "    %.2f GB/s; sha256sum alone, by two processes, %.2f GB/s\n", b / a / 1e6, b / h / 1e6 }'
fi

fresh ours cache
"$compose" createrepo --quiet --cache-dir "$work/cache" --general-compress-type gz --outputdir "$work/ours" "$corpus"
closure() { "$compose" repoclosure --cache-dir "$work/closure" "$@" "$work/ours" > "$work/found.txt" || [ $? = 1 ]; }
dnf_closure() {
  dnf -q repoclosure '--disableplugin=local' --releasever=1 --forcearch=x86_64 --setopt=cachedir="$work/dnf" --setopt=reposdir=/nonexistent \
    --repofrompath="r,file://$work/ours" --repo=r --check=r --setopt=r.gpgcheck=0 > "$work/found-dnf.txt" 2> "$work/dnf.log" || [ $? = 1 ]
}
export -f closure dnf_closure && export compose work
if dnf repoclosure --help > /dev/null 2>&1; then
  for _ in $(seq "$runs"); do
    rm -rf "$work/closure" "$work/dnf"
    timed closure bash -c closure
    timed closure-dnf bash -c dnf_closure
    timed again bash -c closure
    timed again-dnf bash -c dnf_closure
    timed asked bash -c "closure --newest"
    find "$work/closure/repoclosure" -type f -size -64k -delete # answers; the packages stay
    cp "$work/again-dnf.ms" "$work/asked-dnf.ms" && cp "$work/again-dnf.kib" "$work/asked-dnf.kib"
  done
  compare "repoclosure, nothing kept" closure closure-dnf
  compare "repoclosure, metadata kept, another question" asked asked-dnf
  compare "repoclosure, answer kept" again again-dnf
fi
COMPOSE_CORPUS=$work/ours go test -C "$here/.." -run '^$' -bench '^BenchmarkCheck$' -benchtime 1x -count "$runs" ./internal/installcheck > "$work/installcheck.txt"
for who in libsolv compose; do
  awk -v w="BenchmarkCheck/$who" 'index($1, w) == 1 { print int($3 / 1e6) }' "$work/installcheck.txt" > "$work/$who.ms"
done
[ ! -s "$work/libsolv.ms" ] || awk -v a="$(median compose.ms)" -v b="$(median libsolv.ms)" \
  'BEGIN { printf "%-44s %6d ms, libsolv %6d ms: %.1f times as fast\n", "what can be installed", a, b, b / a }'
