# same.py A B [A B]...: libmodulemd must read the same from both files of each pair.
import sys
import gi
gi.require_version('Modulemd', '2.0')
from gi.repository import Modulemd


def dump(name):
    index = Modulemd.ModuleIndex.new()
    ok, bad = index.update_from_file(name, True)
    if not ok:
        sys.exit('%s: %s\n%s' % (name, bad[0].get_gerror().message, open(name).read()))
    # libmodulemd orders obsoletes, translations and versions by chance.
    return ''.join(sorted(d for d in index.dump_to_string().split('---\n')))


for a, b in zip(sys.argv[1::2], sys.argv[2::2]):
    if dump(a) != dump(b):
        sys.exit('of\n%s\nlibmodulemd reads\n%s\nof ours\n%s\n' % (open(a).read(), dump(a), dump(b)))
