"""Backup and restore as docs/operations.md has them (promise 40): a dump with its files, then a base backup with archived WAL to a point in time, each
brought back on another cluster. Prints TAP."""
import os, pathlib, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'app'))
from document_lib import parts  # noqa: E402
from house import House  # noqa: E402
from tap import done, ok  # noqa: E402

SUMS = """select string_agg(t || ' ' || (xpath('/row/s/text()', query_to_xml(format('select md5(string_agg(md5(x::text), '''' order by md5(x::text))) as s from %I x', t),
    false, true, '')))[1], E'\n' order by t) from (select c.relname as t from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r') x"""


def sums(h):
    """A checksum of each table's rows."""
    return h.sql(SUMS)


def ask(h, key, subject):
    a = h.api('POST', '/intake', key, {'subject': subject, 'body': 'An invoice was charged twice.'})
    assert a.status == 202, a.text
    return a.json['id']


def whole(h, what, ident):
    """What the documented last line of a restore asks, and that people can go on."""
    said = h.fairlead('files', 'check')
    ok('0 missing, 0 changed, 0 loose' in said and not said.startswith('0 rows'), '%s: files and rows agree' % what, said)
    ok(h.fairlead('audit', 'verify') is not None, '%s: the audit chain is whole' % what)
    h.start_program('web')
    h.wait(lambda: h.get('/health/ready').status == 200, 'the web processes to answer', 60)
    ana = h.sign_in('ana@quay.example')
    ok(h.get('/intake/' + ident, ana).status == 200, '%s: people sign in as before and see their requests' % what)


def dump(h, other, folder, ident):
    file = os.path.join(folder, 'fairlead.dump')
    subprocess.run(['pg_dump', '-h', h.run, '-U', 'fl_backup', '-Fc', '-f', file, 'fairlead'], check=True, env=h.env)
    subprocess.run(['tar', '-C', h.prefix, '-czf', folder + '/files.tar.gz', 'data'], check=True)
    before = sums(h)
    other.sql('create table made_later (n int)')
    said = subprocess.run(['pg_restore', '-h', other.run, '-U', 'fl_super', '-d', 'postgres', '--clean', '--if-exists', '--create', file], env=h.env, capture_output=True, text=True)
    ok(said.returncode == 0, 'a dump is restored over a database that was there, without an error', said.stderr[-600:])
    said = [d.one("select pg_get_userbyid(datdba) || ' ' || datacl::text from pg_database where datname = 'fairlead'") for d in (h, other)]
    ok(said[0] == said[1] and not other.one("select to_regclass('made_later')"), 'in place of it: the same owner and rights, and no table of later', said)
    subprocess.run(['tar', '-C', other.prefix, '-xzf', folder + '/files.tar.gz'], check=True)
    ok(sums(other) == before, 'each table has the rows it had', [(a, b) for a, b in zip(before, sums(other)) if a != b][:5])
    whole(other, 'restored from a dump', ident)


def point_in_time(h, other, key, folder):
    """The base backup was taken before; what was accepted until a moment is there, what came later is not."""
    ident = ask(h, key, 'Before the moment')
    h.drained(60)
    moment = h.one('select clock_timestamp()')
    later = ask(h, key, 'After it')
    h.drained(60)
    h.one('select pg_switch_wal()')
    h.wait(lambda: int(h.one('select count(*) from pg_stat_archiver where last_archived_wal >= (select pg_walfile_name(pg_current_wal_lsn() - 16777216))')), 'the archive', 60)
    for name in ('web', 'postgres'):
        other.stop_one(name)
    data = other.prefix / 'pg'
    conf = (data / 'house.conf').read_text()
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    subprocess.run(['tar', '-C', data, '-xzf', folder + '/base/base.tar.gz'], check=True)
    (data / 'house.conf').write_text(conf + "archive_mode = off\nrestore_command = 'cp %s/wal/%%f %%p'\nrecovery_target_time = '%s'\nrecovery_target_action = promote\nhot_standby = off\n"
                                          % (folder, moment))
    (data / 'recovery.signal').touch()
    subprocess.run(['chown', '-R', '%s:' % other.account, data], check=os.geteuid() == 0)
    other.start_postgres()
    ok(other.one("select count(*) from intake_requests where id = '%s'" % ident) == '1', 'to a point in time: what was accepted before it is there')
    ok(other.one("select count(*) from intake_requests where id = '%s'" % later) == '0', 'and what came after it is not')
    whole(other, 'restored to a point in time', ident)


def main():
    folder = tempfile.mkdtemp(prefix='flbackup')
    os.chmod(folder, 0o777)
    pathlib.Path(folder, 'wal').mkdir()
    os.chmod(folder + '/wal', 0o777)
    archive = "archive_mode = on\narchive_command = 'test ! -f %s/wal/%%f && cp %%p %s/wal/%%f'\n" % (folder, folder)
    try:
        with House.temporary(pg_conf=archive, conf={'CLAMD_SOCKET': 'off'}) as h:
            secret = next(line.split('=', 1)[1] for line in (h.prefix / 'conf/fairlead.conf').read_text().splitlines() if line.startswith('FAIRLEAD_SECRET='))
            h.org('quay', 'Quayside', '--with-pipelines')
            ana, key = h.person('ana@quay.example', 'quay'), h.key('quay')
            body, head = parts([('notes.txt', b'Words to keep. ' * 40)])
            ok(h.request('POST', '/api/v1/documents', ana, body, {**head, 'Authorization': 'Bearer ' + key}).status in (200, 201, 202, 303), 'a document to keep')
            ident = ask(h, key, 'Before the dump')
            h.drained(60)
            subprocess.run(['pg_basebackup', '-h', h.run, '-U', 'fl_super', '-D', folder + '/base', '-Ft', '-z', '-X', 'fetch', '-c', 'fast'], check=True, env=h.env)
            h.stop_one('worker')
            with House.temporary(programs=(), conf={'CLAMD_SOCKET': 'off', 'FAIRLEAD_SECRET': secret}) as other:
                dump(h, other, folder, ident)
                h.start_program('worker')
                point_in_time(h, other, key, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    done()


main()
