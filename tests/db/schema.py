"""What the schema promises whatever the programs do: tenants apart, rights, ledgers that only grow, migrations that may be cut off (promises 33, 41).
Prints TAP."""
import os, random, subprocess, sys, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, HouseError  # noqa: E402
from tap import done, note, ok  # noqa: E402

LEDGERS = ('system_events', 'audit_log', 'audit_seals')
KILLS = 12


def column(h, statement):
    return [r[0] for r in h.sql(statement)]


def refused(h, statement, user='fl_app'):
    """The message of the refusal, None when it went through."""
    try:
        h.sql(statement, user)
    except HouseError as e:
        return str(e)
    return None


def rights(h):
    tables = column(h, "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped "
                       "where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1")
    # Reached by definer functions alone; the door itself and tables of the platform.
    closed = set(column(h, "select c.relname from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace "
                           "and not has_table_privilege('fl_app', c.oid, 'select, insert, update, delete') "
                           "and not has_any_column_privilege('fl_app', c.oid, 'select, insert, update')"))
    tenant = [t for t in tables if t not in closed]
    ok(len(tenant) > 20, 'tenant tables: %d' % len(tenant), tenant)
    for t in tenant:
        row = h.sql("select relrowsecurity, relforcerowsecurity, (select count(*) from pg_policy p where p.polrelid = c.oid) from pg_class c where oid = '%s'::regclass" % t)[0]
        ok(row[0] == row[1] == 't' and int(row[2]) >= 1, t + ': row security is on, forced, and has a policy', row)
    bare = [t for t in column(h, "select relname from pg_class where relkind in ('r', 'p') and relispartition and relnamespace = 'public'::regnamespace "
                                 "and (has_table_privilege('fl_app', oid, 'select') or has_table_privilege('fl_app', oid, 'insert')) and not relforcerowsecurity")]
    ok(not bare, 'a partition cannot be read past its parent', bare)
    return tenant


def functions(h):
    definer = "from pg_proc p where prosecdef and pronamespace = 'public'::regnamespace"
    ok(int(h.one('select count(*) ' + definer)) > 30, 'definer functions: ' + h.one('select count(*) ' + definer))
    other = column(h, "select p.oid::regprocedure::text %s and pg_get_userbyid(proowner) <> 'fl_definer'" % definer)
    # The one that takes words out of the ledger runs as the owner of the tables: fl_definer itself has no right to change a row there.
    ok(other == ['privacy_redact(uuid,uuid,jsonb,jsonb)'], 'definer functions belong to fl_definer, but for the eraser of the ledger', other)
    ok(column(h, "select has_function_privilege(r, 'privacy_redact(uuid,uuid,jsonb,jsonb)', 'execute')::text from unnest('{fl_app,fl_sweep,fl_backup,public}'::text[]) r") == ['false'] * 4,
       'which only other definer functions may call')
    public = column(h, "select p.oid::regprocedure::text %s and has_function_privilege('public', p.oid, 'execute')" % definer)
    ok(not public, 'none may be called by just anybody', public)
    loose = column(h, "select p.oid::regprocedure::text %s and not exists (select from unnest(coalesce(proconfig, '{}')) c where c like 'search_path=%%')" % definer)
    if loose:
        creators = column(h, "select rolname from pg_roles where rolname in ('fl_app', 'fl_sweep', 'fl_backup') and has_schema_privilege(rolname, 'public', 'create')")
        temp = column(h, "select rolname from pg_roles where rolname in ('fl_app', 'fl_sweep', 'fl_backup') and has_database_privilege(rolname, 'fairlead', 'temporary')")
        ok(not creators and not temp, 'or nobody below the owner can make what a definer function would find first', len(loose), creators, temp)
    else:
        ok(True, 'definer functions carry a search path of their own')
    for role in ('fl_app', 'fl_sweep'):
        row = h.sql("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, (select count(*) from pg_shdepend d join pg_roles r on r.oid = d.refobjid "
                    "where r.rolname = '%s' and d.deptype = 'o') from pg_roles where rolname = '%s'" % (role, role))[0]
        ok(row == ['f', 'f', 'f', 'f', '0'], role + ' owns nothing and bypasses nothing', row)


def without_tenant(h, tenant):
    org = h.one("select id from organizations where slug = 'aa'")
    for t in tenant:
        if h.one("select has_table_privilege('fl_app', '%s', 'select')" % t) == 't':
            n = h.sql('select count(*) from ' + t, 'fl_app')[0][0]
            ok(n == '0', t + ': without a tenant nothing is seen', n)
        if h.one("select has_table_privilege('fl_app', '%s', 'insert')" % t) == 't':
            # A full row of text-free defaults is not needed: the policy is asked before any constraint but NOT NULL.
            said = refused(h, "insert into %s (org_id) values ('%s')" % (t, org))
            ok(said and ('row-level security' in said or 'null value' in said or 'not-null' in said or 'invalid' in said), t + ': nor written', said)
    said = refused(h, "insert into notifications select * from notifications")
    ok(said is None, 'copying nothing is nothing', said)
    left = h.sql("begin; select set_config('app.current_org_id', '%s', true); commit; select coalesce(fl_org()::text, 'none')" % org, 'fl_app')
    ok(left[-1] == ['none'], 'the tenant ends with its transaction', left)


def ledgers(h):
    h.sql("begin; select fl_work(id, null, null, 'test') from organizations where slug = 'aa'; select fl_audit('test.done', 'test', null); commit")
    for t in LEDGERS:
        for change in ('update %s set org_id = org_id', 'delete from %s', 'truncate %s'):
            said = refused(h, change % t)
            ok(said is not None, '%s: "%s" is refused to the program' % (t, change.split()[0]), said)
    said = refused(h, 'delete from audit_log', 'fl_super')
    ok(said is not None, 'the audit log is not shortened, not even by the superuser, without taking the guard away first', said)


def shape(h):
    env = {**h.env, 'PGOPTIONS': '-c client_min_messages=warning'}
    dump = subprocess.check_output(['pg_dump', '-s', '-h', h.run, '-U', 'fl_super', 'fairlead'], env=env, text=True)
    return '\n'.join(line for line in dump.splitlines() if not line.startswith(('--', '\\restrict', '\\unrestrict')))


def cut_off(h):
    """Killed at any moment and repeated, a migration ends in the same schema."""
    whole = shape(h)
    command = [h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'migrate']
    h.sql('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')

    def empty():
        for statement in ('drop database fairlead with (force)', "create database fairlead owner fl_owner encoding 'UTF8' template template0",
                          'revoke connect, temporary on database fairlead from public', 'grant connect on database fairlead to fl_app, fl_sweep, fl_backup'):
            subprocess.run(['psql', '-qAtX', '-h', h.run, '-U', 'fl_super', '-c', statement, 'postgres'], check=True, env=h.env)

    empty()
    began = time.monotonic()
    subprocess.run(command, check=True, env=h.env, stdout=subprocess.DEVNULL)
    takes = time.monotonic() - began
    ok(shape(h) == whole, 'a second database has the same schema')
    dice = random.Random(int(os.environ.get('SEED', '41')))
    cut = 0
    for _ in range(KILLS // 4):
        empty()
        for _ in range(4):
            child = subprocess.Popen(command, env=h.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0, takes))
            child.kill()
            cut += child.wait() == -9
        subprocess.run(command, check=True, env=h.env, stdout=subprocess.DEVNULL)
        ok(shape(h) == whole, 'killed at random moments and repeated: the same schema')
    ok(cut > 0, '%d of %d were killed before their end' % (cut, KILLS))
    note('a whole migration takes %.2f s' % takes)


with House.temporary(programs=()) as h:
    h.org('aa')
    h.org('bb')
    tenant = rights(h)
    functions(h)
    without_tenant(h, tenant)
    ledgers(h)
    cut_off(h)
done()
