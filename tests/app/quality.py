"""How often the right passage is found: recall among the first 1, 3 and 5, and mean reciprocal rank, on the labelled questions of tests/data/passages, by words alone and by words
and built-in vectors, by kind and by language. Below its floor a kind fails. Prints TAP."""
import os, statistics, sys, urllib.parse

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', part) for part in ('lib', 'app')]
from document_lib import send  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

DATA = os.path.join(os.environ['top_srcdir'], 'tests/data/passages')
# What the page must reach: recall among the first three. Meaning is what the built-in vectors do not know: it has no floor.
FLOORS = {'words': 1.0, 'forms': 0.9, 'spelling': 0.85, 'en': 0.75, 'es': 0.75}
NONE = 1000


def rows(name):
    with open(os.path.join(DATA, name), encoding='utf-8') as f:
        return [line.rstrip('\n').split('\t') for line in f if not line.startswith('#')]


def rank(h, key, path, member, question, right):
    found = [p[member] for p in h.api('GET', path + '?' + urllib.parse.urlencode({'q': question}), key).json['passages']]
    return found.index(right) if right in found else NONE


def recall(ranks, k):
    return statistics.mean(r < k for r in ranks)


def line(ranks):
    return '%.2f  %.2f  %.2f  %.2f' % (*(recall(ranks, k) for k in (1, 3, 5)), statistics.mean(1 / (r + 1) if r < NONE else 0 for r in ranks))


with House.temporary() as house:
    house.org('aa', 'House aa')
    who = house.key('aa')
    ids = {n: send(house, who, 'p%s.txt' % n, text.encode()).json['id'] for n, _, text in rows('passages.tsv')}
    house.wait(lambda: house.one('select count(*) from documents where embedded_at is not null') == str(len(ids)), 'the passages', 120)
    seen = {}
    for language, kind, right, question in rows('questions.tsv'):
        words = rank(house, who, '/search', 'document_id', question, ids[right])
        both = rank(house, who, '/search/passages', 'document_id', question, ids[right])
        for group in (kind, language, 'all'):
            seen.setdefault(group, ([], []))[0].append(words)
            seen[group][1].append(both)
    print('# %-9s %3s  words: recall@1 3 5, MRR    words and vectors' % ('questions', 'n'))
    for group, (words, both) in seen.items():
        print('# %-9s %3d  %s    %s' % (group, len(words), line(words), line(both)))
    for group, floor in FLOORS.items():
        got = recall(seen[group][1], 3)
        ok(got >= floor, 'recall among the first three, %s: %.2f, at least %.2f' % (group, got, floor))
    ok(recall(seen['all'][1], 5) >= recall(seen['all'][0], 5), 'vectors take nothing away')
done()
