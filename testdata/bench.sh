#!/usr/bin/env bash
# bench.sh COMPOSE: compares the compose of a folder of RPMs with what users run
# now on the same files, in one run, and prints medians and ratios.
#
#   CORPUS=DIR   folder of RPMs (default: 3,000 small ones made for the purpose)
#   RUNS=N       runs of each (default 5)
set -euo pipefail
compose=$(realpath "$1") runs=${RUNS:-5}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
here=$(dirname "$(realpath "$0")")

if [ -z "${CORPUS:-}" ]; then
  CORPUS=$work/rpms
  for i in $(seq 1000); do
    printf 'build bench%d 1.0-%d x86_64\n    requires bench%d\n    file /usr/bin/bench%d 0755 "bench"\n    noise /usr/share/bench%d 4000\n    debuginfo\n\n' \
      "$i" "$((i % 9 + 1))" "$((i / 2 + 1))" "$i" "$i"
  done > "$work/bench.txt"
  (cd "$here/.." && go run ./internal/rpmtest/mkrpms "$work/bench.txt" "$CORPUS" > /dev/null)
fi
CORPUS=$(realpath "$CORPUS")

cat > "$work/config.toml" <<TOML
[release]
name = "Benchmark"
short = "BM"
version = "1"

[[pkgset]]
tag = "bench"
source = "dir"
path = "$CORPUS"

[[variant]]
id = "Everything"
arches = ["x86_64"]

[gather]
check_deps = false

[[gather.tree]]
add = ["*"]
TOML

# timed NAME COMMAND...: appends the seconds that the command took to NAME.
timed() {
  local name=$1 start; shift
  start=$(date +%s%N)
  "$@" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  echo $((($(date +%s%N) - start) / 1000000)) >> "$work/$name.ms"
}
median() { sort -n "$work/$1.ms" | sed -n "$(((runs + 1) / 2))p"; }
run() { "$compose" run --quiet --cache-dir "$work/cache" --target-dir "$work/out" "$work/config.toml"; }

echo "$(find "$CORPUS" -name '*.rpm' | wc -l) RPMs in ${CORPUS/#$work/a made folder}, $runs runs each, load $(cut -d' ' -f1 /proc/loadavg)"
for _ in $(seq "$runs"); do
  rm -rf "$work/cache" "$work/out" "$work/createrepo"
  timed cold run
  timed again run
  if command -v createrepo_c > /dev/null; then
    mkdir "$work/createrepo"
    timed createrepo createrepo_c -q --no-database --workers 2 -o "$work/createrepo" "$CORPUS"
  fi
done
printf '%-40s %6d ms\n' "compose, cold" "$(median cold)" "compose, again, nothing changed" "$(median again)"
if [ -e "$work/createrepo.ms" ]; then
  printf '%-40s %6d ms\n' "createrepo_c --no-database --workers 2" "$(median createrepo)"
  awk -v c="$(median cold)" -v a="$(median again)" -v r="$(median createrepo)" \
    'BEGIN { printf "cold / createrepo_c: %.2f, again / createrepo_c: %.2f\n", c / r, a / r }'
else
  echo "createrepo_c is not installed: nothing to compare with"
fi
