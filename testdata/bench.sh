#!/usr/bin/env bash
# bench.sh COMPOSE: compares the compose of a folder of RPMs with what users run
# now on the same files, in one run, and prints medians and ratios.
#
#   CORPUS=DIR   folder of RPMs (default: 3,000 small ones made for the purpose)
#   RUNS=N       runs of each (default 5)
#   GATHER=GLOB  what compose gather and dnf are asked for (default *)
#   NEXT, PAYLOAD  see bench-repo.sh, which compares the commands on repositories
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

if command -v createrepo_c > /dev/null; then
  RUNS=$runs "$here/bench-repo.sh" "$compose" "$CORPUS"
fi

# The solver alone, on the repository that compose made; dnf's index is walked by
# the same rules. Its metadata cache is warm, as is that of compose.
python=/usr/bin/python3
if ! "$python" -c 'import dnf' 2> /dev/null; then
  echo "python3-dnf is not installed: nothing to compare compose gather with"
  exit
fi
repository=$(echo "$work"/out/latest-*/compose/Everything/x86_64/os)
# solved NAME COMMAND...: keeps the names that the command prints, the time that
# it took, and the milliseconds that it says the solving took.
solved() {
  local name=$1 start; shift
  start=$(date +%s%N)
  "$@" > "$work/$name.txt" 2> "$work/log" || { cat "$work/log"; exit 1; }
  echo $((($(date +%s%N) - start) / 1000000)) >> "$work/$name.ms"
  sed -n 's/.*solved in \([0-9]*\)\.\([0-9]*\) s.*/\1\2/p' "$work/log" | awk '{ print $0 + 0 }' >> "$work/$name-solve.ms"
}
for _ in $(seq "$((runs + 1))"); do
  solved gather "$compose" gather --timing --cache-dir "$work/cache" --repo "$repository" --arch x86_64 -- "${GATHER:-*}"
  solved dnf "$python" "$here/bench-gather.py" "file://$repository" x86_64 "$work/dnf" "${GATHER:-*}"
done
if ! diff <(LC_ALL=C sort "$work/gather.txt") <(LC_ALL=C sort "$work/dnf.txt") > "$work/diff.txt"; then
  echo "compose gather and dnf find other packages: $(grep -c '^[<>]' "$work/diff.txt") differ"
fi
printf '%-40s %6d ms, solving %d ms, %d packages\n' "compose gather" "$(median gather)" "$(median gather-solve)" "$(wc -l < "$work/gather.txt")"
printf '%-40s %6d ms, solving %d ms, %d packages\n' "python3-dnf, the same closure" "$(median dnf)" "$(median dnf-solve)" "$(wc -l < "$work/dnf.txt")"
awk -v c="$(median gather-solve)" -v d="$(median dnf-solve)" 'BEGIN { if (c + 0 > 0) printf "dnf / compose, solving: %.1f\n", d / c }'
