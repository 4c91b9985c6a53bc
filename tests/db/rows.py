"""A database with rows, as the release whose last migration is 261 left it, is brought to this release: nothing is lost or altered, and people go on. Prints TAP.

tests/data/rows-261.sql.xz is what that release's programs wrote for requests, tasks, events, a document, a chat, mail and jobs at their doors (pg_dump --data-only of
75 tables with rows); its secret is SECRET. Migrations are never edited once landed, so its schema is that of the files up to 261."""
import hashlib, lzma, os, subprocess, sys, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, HouseError, SOURCE  # noqa: E402
from tap import done, note, ok  # noqa: E402

SECRET, LAST = 'kept-for-the-test-of-upgrades-with-rows-0123456789', '261'
PAPER = b'The rent of the studio is 900 euros a month.\n\nThe deposit is two months. The notice period is 60 days.\n' * 3
# What a release says anew of itself; and who may come in, which is made of memberships, keys and links, each asked for below.
NOT_KEPT = {'schema_migrations', 'event_types', 'event_listeners', 'permissions', 'role_permissions', 'principals', 'api_keys'}


class Earlier(House):
    """A house whose database is that of the release before: its migrations, by psql, as only its own `fairlead migrate` fits them."""

    def kept_cluster(self):
        return None

    def fairlead(self, *args, stdin=''):
        if args != ('migrate',) or self.one("select to_regclass('schema_migrations')"):
            return super().fairlead(*args, stdin=stdin)
        files = [p for p in sorted((SOURCE / 'sql/schema').glob('*.sql')) if p.name[:3] <= LAST]
        known = ', '.join("('%s', '%s')" % (p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files)
        ran = subprocess.run(['psql', '-qX', '-1', '-v', 'ON_ERROR_STOP=1', '-h', self.run, '-U', 'fl_owner',
                              '-c', 'create table schema_migrations (name text primary key, hash text not null, applied_at timestamptz not null default now())',
                              *(x for p in files for x in ('-f', p)), '-c', 'insert into schema_migrations (name, hash) values ' + known, 'fairlead'], capture_output=True, text=True, env={**self.env, 'PGOPTIONS': '-c client_min_messages=warning'})
        if ran.returncode:
            raise HouseError(ran.stderr.strip())
        return ''


def load(h):
    """The rows in place of those the migrations put there."""
    tables = [t for (t,) in h.sql("select quote_ident(relname) from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition "
                                  "and relname <> 'schema_migrations'")]
    text = "set session_replication_role = replica;\nbegin;\ntruncate %s;\n%s\ncommit;\n" % (', '.join(tables), lzma.decompress((SOURCE / 'tests/data/rows-261.sql.xz').read_bytes()).decode())
    ran = subprocess.run(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-h', h.run, '-U', 'fl_super', 'fairlead'], input=text, text=True, capture_output=True, env=h.env)
    ok(ran.returncode == 0, 'the rows of the earlier release are in place', ran.stderr[-500:])


KEEP = """create schema before;
do $$ declare t text; begin
	for t in select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition loop
		execute format('create table before.%I as table public.%I', t, t);
	end loop;
end $$"""
# Of each table that had rows: how many, and how many of them are not there any more as they were, in the columns both releases have.
COMPARE = """create function before.compare() returns table (name text, had bigint, lost bigint, one text) language plpgsql as $$
declare
	v_names text;
begin
	for name in select relname from pg_class where relkind = 'r' and relnamespace = 'before'::regnamespace order by 1 loop
		execute format('select count(*) from before.%I', name) into had;
		select string_agg(quote_ident(b.attname), ',' order by b.attname) into v_names from pg_attribute b join pg_attribute a using (attname)
			where b.attrelid = format('before.%I', name)::regclass and a.attrelid = to_regclass(format('public.%I', name)) and b.attnum > 0 and a.attnum > 0;
		if had > 0 and v_names is null then
			lost := had;
			return next;
		elsif had > 0 then
			execute format('select count(*), min(r) from (select row(%1$s)::text as r from before.%2$I except all select row(%1$s)::text from public.%2$I) x', v_names, name) into lost, one;
			return next;
		end if;
	end loop;
end
$$"""


def people(h):
    """Who worked there goes on: signs in with the password of then, finds each thing, and a request comes in and is decided."""
    h.start_program('web')
    h.start_program('worker')
    h.start_nginx()
    h.wait(lambda: h.get('/health/ready').status == 200, 'the web processes to answer', 60)
    ana = h.sign_in('ana@quay.example')
    seen = {'/intake': 'The booking page shows an error', '/tasks': 'Paint the door', '/documents': 'lease.txt', '/contacts': 'Mina', '/channels': 'Contact', '/channels/hooks': 'Other house',
            '/booking': 'Consultation', '/settings/sla': 'Always', '/members': 'eva@quay.example', '/calendar?day=2027-03-22': 'Planning', '/dashboard': 'Invoice 2291'}
    for path, word in seen.items():
        a = h.get(path, ana)
        ok(a.status == 200 and word in a.text, '%s shows what was there' % path, a.status)
    for kind, name in (('intake', 'intake_requests'), ('tasks', 'tasks'), ('documents', 'documents'), ('contacts', 'contacts')):
        for ident in (r[0] for r in h.sql("select id from %s where org_id = (select id from organizations where slug = 'quay') order by id limit 4" % name)):
            a = h.get('/%s/%s' % (kind, ident), ana)
            ok(a.status == 200, '/%s/%s opens' % (kind, ident[:8]), a.status)
    a = h.form('/intake/new', '/intake/new', {'subject': 'After the upgrade', 'body': 'How much is a logo?', 'name': 'Kim', 'email': 'kim@x.example'}, ana)
    h.drained(60)
    ok(a.status == 303 and h.one("select status from intake_requests where subject = 'After the upgrade'") not in ('NEW', 'ROUTING', None), 'and a new request is decided', a.status)
    dead = h.sql("select kind, last_error from job_history where state = 'dead' and kind <> 'nothing.known'")
    ok(not dead, 'no job gave up', dead)


def main():
    with Earlier.temporary(programs=(), conf={'FAIRLEAD_SECRET': SECRET, 'CLAMD_SOCKET': 'off'}) as h:
        load(h)
        h.sql("update api_keys set scopes = '{task.read,task.manage}'")
        h.sql(KEEP)
        h.sql("update before.queues set class = 'cpu' where name = 'document-processing'")  # 551
        h.sql(COMPARE)
        began = time.monotonic()
        said = h.fairlead('migrate')
        note('%d files in %.1f s' % (said.count('applied'), time.monotonic() - began))
        ok(said.count('applied') > 80 and 'missing' not in h.fairlead('migrate', 'status'), 'every migration after %s is applied to it' % LAST, said)
        for name, had, lost, one in h.sql('select * from before.compare()'):
            if name not in NOT_KEPT:
                ok(lost == '0', '%s: each of its %s rows is as it was' % (name, had), lost, one)
        lost = h.sql("""select kind, org_id from before.principals b where not exists (select from principals p where p.token_hash = b.token_hash and p.org_id = b.org_id and p.kind = b.kind)
            and not exists (select from intake_requests r where r.org_id = b.org_id and r.status_hash = b.token_hash)""")
        ok(not lost, 'sessions, keys and links still lead in', lost)
        scopes = h.sql('select distinct scopes from api_keys')
        ok(scopes == [['{task.read,task.manage,task.do}']], 'what a key might do, it may', scopes)
        ok(h.fairlead('audit', 'verify') is not None, 'the audit chain is whole')
        ok(h.one('select (select count(*) from audit_log_first) = (select count(*) from before.audit_log) and exists (select from audit_log_first)') == 't', 'its rows lie in one part, none was moved')
        for org, name in h.sql('select org_id, hash from document_named(null, null, 10)'):
            place = h.prefix / 'data/files' / org
            place.mkdir(parents=True)
            (place / name).write_bytes(PAPER)
        said = h.fairlead('files', 'check')
        ok(said == '1 rows, 1 files: 0 missing, 0 changed, 0 loose', 'the file of the document is found by its row', said)
        h.sql('drop schema before cascade')
        people(h)
    return done()


sys.exit(main())
