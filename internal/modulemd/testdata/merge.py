# merge.py FILE...: what libmodulemd's merger makes of the files.
import sys
import gi
gi.require_version('Modulemd', '2.0')
from gi.repository import Modulemd

merger = Modulemd.ModuleIndexMerger.new()
keep = []
for name in sys.argv[1:]:
    index = Modulemd.ModuleIndex.new()
    ok, bad = index.update_from_file(name, True)
    if not ok:
        sys.exit('%s: %s' % (name, bad[0].get_gerror().message))
    keep.append(index)
    merger.associate_index(index, 0)
sys.stdout.write(merger.resolve().dump_to_string())
