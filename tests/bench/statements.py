"""The statements of pages as pgbench scripts: what the database alone can do with the same work."""
import pathlib, re

QUERY = pathlib.Path(__file__).resolve().parents[2] / 'sql' / 'query'


def load():
    """name -> (text, [argument types])"""
    found = {}
    for path in QUERY.glob('*.sql'):
        name = None
        for line in path.read_text().splitlines():
            if line.startswith('-- name: '):
                name = line[9:].strip()
                found[name] = ['', []]
            elif line.startswith('-- in: '):
                found[name][1] += [part.split()[1] for part in line[7:].rstrip(', ').split(',')]
            elif name and not line.startswith('--'):
                found[name][0] += line + '\n'
    return found


def literal(value, kind):
    if value is None:
        return 'null::%s' % {'int': 'int8', 'float': 'float8'}.get(kind, kind)
    text = str(value).replace("'", "''")
    return "'%s'::%s" % (text, {'int': 'int8', 'float': 'float8'}.get(kind, kind))


def script(calls):
    """One pipeline of [(name, [arguments])], as the edge sends it."""
    known, lines = load(), ['\\startpipeline']
    for name, args in calls:
        text, kinds = known[name]
        assert len(args) == len(kinds), (name, kinds, args)
        text = re.sub(r'\$(\d+)', lambda m: literal(args[int(m[1]) - 1], kinds[int(m[1]) - 1]), text)
        lines.append(' '.join(text.split()) + ';')
    return '\n'.join(lines + ['\\endpipeline']) + '\n'
