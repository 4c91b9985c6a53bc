#!/usr/bin/python3
"""Search: how long the page of passages takes over 100,000 of them, and the list of requests over 5,000. (How often the right passage is found: tests/app/quality.py.)

usage: search.py --build DIR [--passages 100000] [--questions 200]
Each has a bar: p95 under 50 ms of CPU time."""
import argparse, os, pathlib, random, statistics, struct, subprocess, sys, time, urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE.parent / 'app')]
from house import House  # noqa: E402


def many(h, org, count):
    """Passages of a thousand characters out of 20,000 words, rare and common as words are; a twentieth of them distinct, each with a word of its own, and random vectors."""
    draw = random.Random(1)
    words = [''.join(draw.choice('bcdfglmnprst') + draw.choice('aeiou') for _ in range(draw.randint(2, 4))) for _ in range(20000)]
    weights = [1 / (n + 10) for n in range(len(words))]
    folder = h.prefix / 'bench'
    folder.mkdir(mode=0o755)
    base = count // 20
    with open(folder / 'bodies', 'w') as f:
        for n in range(base):
            f.write('%d\t%s\n' % (n, ' '.join(draw.choices(words, weights, k=140))))
    with open(folder / 'vectors', 'w') as f:
        for n in range(base):
            f.write('%d\t\\\\x%s\n' % (n, struct.pack('<384f', *(draw.gauss(0, 1) for _ in range(384))).hex()))
    script = """set session_replication_role = replica; drop index chunks_found;
create unlogged table bodies (n int primary key, body text); create unlogged table vectors (n int primary key, v bytea);
\\copy bodies from '%(f)s/bodies'
\\copy vectors from '%(f)s/vectors'
create unlogged table made as select n, body, document_words(body) as found from bodies;
insert into documents (org_id, id, name, type, size_bytes, hash, status, chunked_at, embedded_at)
	select '%(o)s', ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'bench ' || n || '.txt', 'text/plain', 1, encode(sha256(n::text::bytea), 'hex'), 'COMPLETED', now(), now()
	from generate_series(0, %(c)d / 20 - 1) n;
insert into chunks (org_id, document_id, page, from_char, to_char, body, hash, found)
	select '%(o)s', ('00000000-0000-7000-8000-' || lpad((k / 20)::text, 12, '0'))::uuid, k %% 20 + 1, 0, length(m.body), m.body, sha256(k::text::bytea), m.found || to_tsvector('simple', 'own' || k)
	from generate_series(0, %(c)d - 1) k join made m on m.n = k / 20;
insert into embeddings (org_id, model, hash, dims, vector) select '%(o)s', 'builtin-1', sha256(k::text::bytea), 384, v.v from generate_series(0, %(c)d - 1) k join vectors v on v.n = (k * 7) %% (%(c)d / 20);
insert into vector_log (org_id, model, seq, chunk_id) select '%(o)s', 'builtin-1', 1000 + (row_number() over (order by c.id)) / 100, c.id from chunks c where c.org_id = '%(o)s' and octet_length(c.body) > 0 and exists (select from documents d where d.id = c.document_id and d.name like 'bench %%');
update vector_stores set last = (select max(seq) from vector_log where org_id = '%(o)s') where org_id = '%(o)s';
insert into chunk_words (org_id, word, chunks) select '%(o)s', l.word, count(*) * 20 from made m, unnest(tsvector_to_array(m.found)) l(word) group by l.word
	on conflict (org_id, word) do update set chunks = chunk_words.chunks + excluded.chunks;
update chunk_sums set chunks = chunks + %(c)d where org_id = '%(o)s';
create index chunks_found on chunks using gin (found);
reset session_replication_role;
vacuum analyze;
""" % {'f': folder, 'o': org, 'c': count}
    subprocess.run(['psql', '-q', '-v', 'ON_ERROR_STOP=1', '-h', str(h.run), '-U', 'fl_super', 'fairlead'], input=script, text=True, check=True, env=h.env, stdout=subprocess.DEVNULL)
    return words


def family(pid):
    """A process and those it started."""
    found = [pid]
    for task in pathlib.Path('/proc/%d/task' % pid).iterdir():
        for child in (task / 'children').read_text().split():
            found += family(int(child))
    return found


def cpu_ms(pids):
    """Time they were on a processor: what the noise of a shared machine leaves alone. A vacuum that has ended counts no more."""
    stats = [pathlib.Path('/proc/%d/schedstat' % p) for p in pids]
    return sum(int(s.read_text().split()[0]) for s in stats if s.exists()) / 1e6


def told(what, took, busy):
    """Prints the figures; whether the bar is held."""
    took.sort()
    busy.sort()
    p95 = busy[len(busy) * 95 // 100]
    print('%s, CPU of nginx, program and PostgreSQL: p50 %.1f ms  p95 %.1f ms (bar 50: %s); by the clock p50 %.1f ms  p95 %.1f ms'
          % (what, busy[len(busy) // 2], p95, 'yes' if p95 < 50 else 'NO', took[len(took) // 2], took[len(took) * 95 // 100]), flush=True)
    return p95 < 50


def ask(h, who, paths):
    """Gets each path; how long by the clock and on processors, ms."""
    pids, took, busy = [p for name in ('postgres', 'web', 'nginx') for p in family(h.pid(name))], [], []
    for path in paths:
        at, cpu = time.monotonic(), cpu_ms(pids)
        answer = h.get(path, who)
        took.append((time.monotonic() - at) * 1000)
        busy.append(cpu_ms(pids) - cpu)
        assert answer.status == 200
    return took, busy


def requests(h, org, owner, count, questions):
    h.sql("insert into intake_requests (org_id, channel, subject, body) select '%s', 'api', 'Invoice ' || n || ' was charged', "
          "'Our card statement shows the same amount twice. Please return the second one. ' || md5(n::text) from generate_series(1, %d) n" % (org, count))
    h.wait(lambda: h.sql('set role fl_sweep; select sweep_search()') and h.api('GET', '/search?q=%s' % 'invoice', owner).json['requests'], 'requests to be searchable')
    h.sql('vacuum analyze')
    words = (('invoice %d' % (n * 7), 'invoice char', 'statement amount tw', 'REQ-%d' % (1100 + n))[n % 4] for n in range(questions))
    return told('search page over %d requests' % count, *ask(h, owner, ['/search?' + urllib.parse.urlencode({'q': q}) for q in words]))


def page(h, owner, key, words, count, questions):
    draw = random.Random(2)
    weights = [1 / (n + 10) for n in range(len(words))]
    h.wait(lambda: h.api('GET', '/search/passages?q=%s' % words[0], key).status == 200 and True, 'the page')
    for n in range(count // 100 // 5 + 5):  # what the file of this machine lacks it takes five hundred at a time
        h.api('GET', '/search/passages?q=' + words[n], key)
    asked = [' '.join(draw.choices(words, weights, k=1 + n % 6)) for n in range(questions)]
    return told('search page over %d passages' % count, *ask(h, owner, ['/search/passages?' + urllib.parse.urlencode({'q': q}) for q in asked]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--build', required=True, type=pathlib.Path)
    p.add_argument('--passages', type=int, default=100000)
    p.add_argument('--questions', type=int, default=200)
    a = p.parse_args()
    os.environ.setdefault('top_srcdir', str(HERE.parent.parent))
    os.environ.setdefault('top_builddir', str(a.build.resolve()))
    with House.temporary(conf={'RATE_LIMIT_MAX': '1000000', 'LOG_LEVEL': 'warn', 'WEB_PROCESSES': '1'}) as h:
        org = h.org('bench', 'Bench')
        owner, key = h.person('owner@bench.example', org='bench'), h.key('bench', 'operator')
        held = requests(h, org, owner, 5000, a.questions)
        held &= page(h, owner, key, many(h, org, a.passages), a.passages, a.questions)
    return 0 if held else 1


if __name__ == '__main__':
    sys.exit(main())
