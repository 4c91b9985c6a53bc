"""The volume of the database, then that of the logs, is full (promise 30): what cannot be kept is told 503, nothing accepted is lost, and the service returns
by itself when there is space again. Prints TAP."""
import contextlib, os, subprocess, sys, tempfile, time

sys.path[:0] = [os.path.join(os.environ['top_srcdir'], 'tests', p) for p in ('lib', 'fault')]
from ending import leave_by_signal  # noqa: E402
from house import House  # noqa: E402
from tap import done, note, ok  # noqa: E402

SIZES = {'pg': '400m', 'log': '2m'}


@contextlib.contextmanager
def volumes():
    """A prefix whose database and logs lie on small volumes of their own; None where mounting is not permitted."""
    with tempfile.TemporaryDirectory(prefix='fl') as prefix:
        os.chmod(prefix, 0o755)
        mounted = []
        try:
            for name, size in SIZES.items():
                path = os.path.join(prefix, name)
                os.mkdir(path)
                if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=' + size, 'tmpfs', path], capture_output=True).returncode:
                    yield None
                    return
                mounted.append(path)
            yield prefix
        finally:
            for path in mounted:
                subprocess.run(['umount', '-l', path], check=False)


def fill(path):
    """Takes what space there is; answers how to give it back."""
    blob = os.path.join(path, 'filler')
    with contextlib.suppress(OSError), open(blob, 'wb', buffering=0) as f:
        while True:
            f.write(b'x' * 65536)
    with contextlib.suppress(OSError), open(blob, 'ab', buffering=0) as f:
        while True:
            f.write(b'x')
    return lambda: os.unlink(blob)


def send(h, key, n, subject):
    """Ids accepted, and every other status."""
    ids, other = [], []
    for _ in range(n):
        a = h.api('POST', '/intake', key, {'subject': subject, 'body': 'x' * 20000})
        ids += [a.json['id']] if a.status == 202 else []
        other += [] if a.status == 202 else [(a.status, a.headers['Retry-After'])]
    return ids, other


def kept(h, ids):
    rows = {row[0] for row in h.sql('select id from intake_requests')}
    return [i for i in ids if i not in rows]


def full(h, key, folder, name):
    before, _ = send(h, key, 20, 'before')
    free = fill(folder)
    ids, other = [], []
    until = time.monotonic() + (120 if name == 'database' else 6)
    while time.monotonic() < until and not (name == 'database' and len(other) > 20):
        i, o = send(h, key, 20, name)
        ids, other = ids + i, other + o
    note('%s volume full: %d accepted, %d not' % (name, len(ids), len(other)))
    seen = {s for s, _ in other}
    if name == 'database':
        ok(other and seen == {503}, 'database volume full: what cannot be kept is told 503', seen)
        ok(all((r or '').isdigit() for _, r in other), 'with Retry-After', other[:3])
    else:
        ok(ids and not other, 'log volume full: every request is served', other[:3])
    free()
    h.wait(lambda: send(h, key, 1, 'again')[0], 'a request to be taken again', 60)
    after, other = send(h, key, 20, 'after')
    ok(len(after) == 20, 'with space again each is taken', other[:3])
    ok(not kept(h, before + ids + after), 'each of %d that were accepted is there' % len(before + ids + after))
    h.drained(60)
    ok(h.one("select count(*) from job_history where state = 'dead'") == '0', 'and no job of it is dead')


def main():
    leave_by_signal()
    with volumes() as prefix:
        if not prefix:
            print('1..0 # SKIP mounting is not permitted')
            return
        h = House(prefix, os.environ['top_builddir'], conf={'RATE_LIMIT_MAX': '1000000'}, pg_conf='max_wal_size = 64MB\nmin_wal_size = 32MB\n')
        try:
            h.start()
            h.org('quay', 'Quayside', '--with-pipelines')
            ana, key = h.person('ana@quay.example', 'quay'), h.key('quay')
            h.form('/agent', '/agent', {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 10000, 'per_hour': 100000, 'tokens_per_window': 0,
                                        'chain': 'builtin', 'may_notify': 'on', 'may_escalate': 'on'}, ana)
            full(h, key, os.path.join(prefix, 'log'), 'log')
            full(h, key, os.path.join(prefix, 'pg'), 'database')
        except BaseException:
            h.show_logs()
            raise
        finally:
            h.stop()
    done()


main()
