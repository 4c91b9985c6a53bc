"""Rows of make bench about documents: OCR beside tesseract itself, text layers beside OCR, text files, the list, and what a worker holds."""
import glob, os, pathlib, shutil, subprocess, sys, tempfile, threading, time

import measure

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'app'))
from document_lib import send  # noqa: E402

WORDS = pathlib.Path(__file__).resolve().parents[1] / 'data/requests/agency-train.tsv'
PAGES, TEXT_PAGES, FILES = 12, 200, 120


def pages_of_text(n, seed):
    """Pages of some 300 words each, no two alike."""
    said = [line.split('\t')[-1] for line in WORDS.read_text().splitlines()]
    words = ' '.join(said).replace('(', '').replace(')', '').replace('\\', '').split()
    for k in range(n):
        at = (seed * 977 + k * 311) % (len(words) - 400)
        yield ['Page %d of paper %d' % (k + 1, seed)] + [' '.join(words[at + 10 * i:at + 10 * i + 10]) for i in range(30)]


def drawn(pages, folder, name, *options):
    text = '%!PS\n' + ''.join(''.join('/Times-Roman findfont 12 scalefont setfont 60 %d moveto (%s) show\n' % (780 - 22 * n, line.encode('ascii', 'ignore').decode())
                                       for n, line in enumerate(lines)) + 'showpage\n' for lines in pages)
    subprocess.run(['gs', '-q', '-dNOPAUSE', '-dBATCH', '-sPAPERSIZE=a4', *options, '-sOutputFile=' + os.path.join(folder, name), '-'], input=text.encode(), check=True)


def bytes_of(folder, name):
    with open(os.path.join(folder, name), 'rb') as f:
        return f.read()


class Peak:
    """The most memory any process of the worker held at once, in MB: looked at four times a second."""

    def __init__(self, h):
        self.h, self.kb, self.over = h, 0, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.over.wait(0.25):
            for pid in measure.family(self.h.pid('worker')):
                try:
                    line = next(x for x in open('/proc/%d/status' % pid) if x.startswith('VmHWM'))
                    self.kb = max(self.kb, int(line.split()[1]))
                except (OSError, StopIteration):
                    pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *a):
        self.over.set()
        self.thread.join()


def took(h, key, files):
    """Seconds from the first upload until all are read, after which none is searchable later: pages carry their words when they are done."""
    began = time.monotonic()
    ids = [send(h, key, name, data).json['id'] for name, data in files]
    # PostgreSQL waits by itself: whoever asks from outside takes part of a core from what is measured.
    h.sql("do $$ begin while exists (select from documents where id in ('%s') and status in ('QUEUED', 'READING')) loop commit; perform pg_sleep(0.05); end loop; end $$" % "','".join(ids))
    spent = time.monotonic() - began
    bad = h.sql("select name, reason from documents where id in ('%s') and status <> 'COMPLETED'" % "','".join(ids))
    if bad:
        raise SystemExit('not read: %s' % bad)
    return spent


def searchable(h, name):
    """How long until a document is found by words and vectors, in times of what its reading took."""
    h.wait(lambda: h.one("select embedded_at is not null from documents where name = '%s'" % name) == 't', name + ' to have its vectors')
    return float(h.one("select extract(epoch from d.embedded_at - d.created_at) / extract(epoch from max(g.updated_at) - d.created_at) from documents d "
                       "join document_pages g on g.document_id = d.id where d.name = '%s' group by d.id, d.created_at, d.embedded_at" % name))


def side_by_side(folder):
    """Two tesseract processes, half of the pages each, with our languages; seconds."""
    pictures = sorted(glob.glob(os.path.join(folder, 'scan-*.png')))
    began = time.monotonic()
    both = []
    for k in range(2):
        listed = os.path.join(folder, 'list%d.txt' % k)
        with open(listed, 'w') as f:
            f.writelines(p + '\n' for p in pictures[k::2])
        both.append(subprocess.Popen(['tesseract', listed, os.path.join(folder, 'out%d' % k), '-l', 'eng+spa', '--oem', '1'], env={**os.environ, 'OMP_THREAD_LIMIT': '1'},
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    for p in both:
        p.wait()
    return time.monotonic() - began


def papers(h, t, a):
    if not shutil.which('tesseract'):
        raise SystemExit('papers: there is no tesseract to be measured beside (apt install tesseract-ocr)')
    key = h.key('bench', 'operator')
    h.extra['WORKER_IO_PROCESSES'] = '2'
    h.write_conf()
    h.restart('worker')
    ours, theirs, layers, texts, ours_cpu, theirs_cpu, found = [], [], [], [], [], [], []
    with tempfile.TemporaryDirectory(prefix='flbench') as folder, Peak(h) as peak:
        for n in range(min(a.rounds, 3)):
            scans = list(pages_of_text(PAGES, n * 3))
            drawn(scans, folder, 'scan.pdf', '-sDEVICE=pdfimage8', '-r300')
            drawn(scans, folder, 'scan-%02d.png', '-sDEVICE=pnggray', '-r300')
            drawn(pages_of_text(TEXT_PAGES, n * 3 + 1), folder, 'text.pdf', '-sDEVICE=pdfwrite')
            used = measure.cpu_s(h.pid('worker'))
            ours.append(PAGES / took(h, key, [('scan%d.pdf' % n, bytes_of(folder, 'scan.pdf'))]) * 60)
            ours_cpu.append((measure.cpu_s(h.pid('worker')) - used) / PAGES)
            found.append(searchable(h, 'scan%d.pdf' % n))
            used = os.times()
            theirs.append(PAGES / side_by_side(folder) * 60)
            theirs_cpu.append(sum(os.times()[2:4]) / PAGES - sum(used[2:4]) / PAGES)
            layers.append(TEXT_PAGES / took(h, key, [('text%d.pdf' % n, bytes_of(folder, 'text.pdf'))]))
            files = [('%d-%d.txt' % (n, k), '\n'.join(lines).encode()) for k, lines in enumerate(pages_of_text(FILES, n * 3 + 2))]
            texts.append(FILES / took(h, key, files) * 60 / 2)
    t.head('Documents (2 workers)')
    t.add('OCR, pages/min', measure.spread(ours), 'two tesseract ' + measure.spread(theirs), measure.median(ours) / measure.median(theirs), 1)
    t.add('OCR, processor seconds a page', measure.spread(ours_cpu), 'tesseract ' + measure.spread(theirs_cpu), measure.median(ours_cpu) / measure.median(theirs_cpu), most=1)
    t.add('found by words and vectors, in times of its reading', measure.spread(found), ratio=measure.median(found), most=1.15)
    t.add('PDF with text, pages/s', measure.spread(layers), 'OCR %.2f' % (measure.median(ours) / 60), measure.median(layers) / (measure.median(ours) / 60), 20)
    t.add('text files, documents/min a worker', measure.spread(texts), ratio=measure.median(texts), least=100)
    t.add('most memory of a worker, MB', '%.0f' % (peak.kb / 1024), ratio=peak.kb / 1024, most=512)
    del h.extra['WORKER_IO_PROCESSES']
    h.write_conf()
    h.restart('worker')
    lists(h, t, a)


def lists(h, t, a):
    """The list of 100,000 documents beside one of 1,000, first page and one from the middle, in the same rounds."""
    lua = h.prefix / 'data' / 'p95.lua'
    lua.write_text('function done(summary, latency) print("p95 " .. latency:percentile(95) / 1000) end\n')
    seen = {}
    for slug, n in (('few', 1000), ('many', 100000)):
        org = h.org(slug)
        h.sql("insert into documents (org_id, name, type, size_bytes, hash, status, scan, pages, pages_read, confidence) select (select id from organizations where slug = '%s'), 'paper ' || n, "
              "'application/pdf', n, encode(sha256(n::text::bytea), 'hex'), 'COMPLETED', 'clean', 1, 1, 0.9 from generate_series(1, %d) n" % (slug, n))
        middle = h.one("select id from documents where org_id = (select id from organizations where slug = '%s') order by id offset %d limit 1" % (slug, n // 2))
        seen[slug] = {'key': h.key(slug, 'operator'), 'after': middle, 'first': [], 'middle': [], 'org': org}
    h.sql('analyze documents')
    for _ in range(a.rounds):
        for s in seen.values():
            for place, query in (('first', ''), ('middle', '?after=' + s['after'])):
                s[place].append(measure.wrk('http://127.0.0.1:%d/api/v1/documents%s' % (h.port, query), 4, a.seconds, ['Authorization: Bearer ' + s['key']], lua)['p95'])
    for place in ('first', 'middle'):
        t.add('list of 100,000 documents, %s page: p95 ms' % place, measure.spread(seen['many'][place]), 'of 1,000: ' + measure.spread(seen['few'][place]),
              measure.median(seen['many'][place]) / measure.median(seen['few'][place]), most=3)
