#!/bin/sh
# demo.sh COMPOSE OUT: composes the sample distribution of
# testdata/composes/sample with the program COMPOSE. Everything is written
# below OUT: the packages, the cache, the composes. Needs Go, from the top of
# the repository.
set -eu
compose=$1 out=$2
sample=testdata/composes/sample
work=$out/sample
mkdir -p "$work/packages"
cp "$sample/config.toml" "$sample/comps.xml" "$work"

# Each line of the file "packages" is a folder of packages, and what they are
# made from: a text that describes them, or a folder with finished ones.
while read -r name source; do
	case $name in '' | '#'*) continue ;; esac
	source=$sample/$source to=$work/packages/$name
	if [ -d "$to" ] && [ ! "$source" -nt "$to" ]; then
		continue
	fi
	rm -rf "$to" "$to.new"
	if [ -d "$source" ]; then
		mkdir "$to.new"
		cp "$source"/*.rpm "$to.new"
	else
		"${GO:-go}" run ./internal/rpmtest/mkrpms "$source" "$to.new" > /dev/null
	fi
	mv "$to.new" "$to"
done < "$sample/packages"

echo "$ $compose run --cache-dir $out/cache --target-dir $out/composes $work/config.toml"
"$compose" run --cache-dir "$out/cache" --target-dir "$out/composes" "$work/config.toml"

latest=$out/composes/latest-Dummy-1
tree=$latest/compose/Minimal/$(uname -m)/os
[ -d "$tree" ] || tree=$latest/compose/Minimal/x86_64/os
cat <<END

The compose is in $latest. To look at it:

  xdg-open $latest/logs/report.html
      the timeline, the critical path, the packages of each tree
  ls $latest/compose/Server/x86_64/os
      a tree with its repository
  grep mod_tls $latest/work/x86_64/gather_result/Server.x86_64.jsonl
      why a package is in a tree
  dnf --repofrompath=demo,\$PWD/$tree --repo=demo list --available
      what dnf finds there
  $compose plan $work/config.toml
      the steps of a run, with nothing done

The packages are in $work/packages, the configuration is $work/config.toml:
change it and run the command above again, or make demo, which starts from the
original.
END
