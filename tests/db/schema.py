"""What the schema promises whatever the programs do: tenants apart, rights, ledgers that only grow, migrations that may be cut off (promises 33, 41).
Prints TAP."""
import os, pathlib, random, re, subprocess, sys, time

sys.path.insert(0, os.path.join(os.environ['top_srcdir'], 'tests', 'lib'))
from house import House, HouseError  # noqa: E402
from tap import done, note, ok  # noqa: E402

LEDGERS = ('system_events', 'audit_log', 'audit_seals')
KILLS = 12
# Tables of tenants that no foreign key ties to organizations, and why. What requests and jobs insert would lock the organisation's row, which they all share; org_id is then what
# fl_enter and fl_work took from principals and jobs, and the policies hold it to that.
HOT = {'agent_decisions', 'counter_deltas', 'counters', 'email_messages', 'event_deliveries', 'form_visits', 'idempotency', 'intake_requests', 'job_attempts', 'job_history', 'jobs', 'llm_calls',
       'notifications', *LEDGERS}  # and ledgers outlive the organisation, as do jobs of the platform, which is none


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


def keys(h, tenant):
    """X-02: org_id is there in each row, leads an index, and reaches organizations, in one step or by composite keys."""
    loose = column(h, "select attrelid::regclass from pg_attribute where attname = 'org_id' and not attnotnull and attrelid in (select unnest('{%s}'::regclass[]))" % ','.join(tenant))
    ok(not loose, 'org_id is never empty', loose)
    unled = column(h, "select t from unnest('{%s}'::regclass[]) t where not exists (select from pg_index i join pg_attribute a on a.attrelid = t and a.attnum = i.indkey[0] "
                      "where i.indrelid = t and a.attname = 'org_id' and i.indpred is null)" % ','.join(tenant))
    ok(not unled, 'it leads an index of each table', unled)
    tied = h.sql("select f.conrelid::regclass, f.confrelid::regclass from pg_constraint f join pg_attribute a on a.attrelid = f.conrelid and a.attnum = any (f.conkey) and a.attname = 'org_id' where f.contype = 'f'")
    sure, found = {'organizations'} | HOT, True
    while found:
        found = {a for a, b in tied if b in sure} - sure
        sure |= found
    ok(set(tenant) <= sure, 'each reaches organizations by its keys, but those named', sorted(set(tenant) - sure))
    ok(not [t for t in HOT if (t, 'organizations') in map(tuple, tied)] and HOT <= set(tenant), 'no more are named than have to be', [t for t in HOT if t not in tenant])


def predicates(h, tenant):
    """TEN-05: beside the policies each statement says itself whose rows it means, under each name it gives a table; and whose it inserts."""
    texts = {}
    for path in pathlib.Path(os.environ['top_srcdir'], 'sql/query').glob('*.sql'):
        texts.update((part.split('\n')[0], part) for part in re.split(r'(?m)^-- name: ', path.read_text())[1:])
    texts.update(h.sql("select oid::regprocedure, translate(regexp_replace(prosrc, '--[^\n]*', '', 'g'), E'\n\t\\\\', '   ') from pg_proc where pronamespace = 'public'::regnamespace and not prosecdef "
                       "and prolang in (select oid from pg_language where lanname in ('sql', 'plpgsql'))"))
    words = 'where on set order group limit left join cross select values using for union and inner right full returning loop then is'.split()
    bare = []
    for name, text in texts.items():
        text = re.sub(r"'(?:[^']|'')*'", "''", re.sub(r'--[^\n]*', '', text))
        for what, table, alias in re.findall(r'\b(from|join|update|into)\s+(?:only\s+)?(?:public\.)?([a-z_]+)(?:\s+(?:as\s+)?([a-z_]+))?', text):
            known = alias if alias and alias not in words else table
            if what == 'into':
                good = re.search(r'\binto\s+(public\.)?%s(\s+as\s+[a-z]+)?\s*(\(|select |values )[^;]{0,40}\borg_id\b' % table, text)
            else:
                good = re.search(r'\b%s\.org_id\b' % known, text) or known == table and re.search(r'\borg_id\b', text)
            if table in tenant and not good:
                bare.append('%s: %s %s' % (name, what, table))
    ok(len(texts) > 1000 and not bare, '%d statements and functions name the organisation' % len(texts), len(texts), bare)


def functions(h):
    definer = "from pg_proc p where prosecdef and pronamespace = 'public'::regnamespace"
    ok(int(h.one('select count(*) ' + definer)) > 30, 'definer functions: ' + h.one('select count(*) ' + definer))
    other = column(h, "select p.oid::regprocedure::text %s and pg_get_userbyid(proowner) <> 'fl_definer'" % definer)
    # Who takes words out of the ledger, and who makes its parts, runs as the owner of the tables: fl_definer itself has no right to change a row there.
    ok(sorted(other) == ['audit_parts()', 'privacy_redact(uuid,uuid,jsonb,jsonb)'], 'definer functions belong to fl_definer, but for the eraser of the ledger and the maker of its parts', other)
    ok(column(h, "select has_function_privilege(r, 'audit_parts()', 'execute')::text from unnest('{fl_app,fl_definer,fl_backup,public}'::text[]) r") == ['false'] * 4, 'which only the sweep may call')
    ok(column(h, "select has_function_privilege(r, 'privacy_redact(uuid,uuid,jsonb,jsonb)', 'execute')::text from unnest('{fl_app,fl_sweep,fl_backup,public}'::text[]) r") == ['false'] * 4,
       'which only other definer functions may call')
    lost = column(h, "select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace and pg_get_userbyid(proowner) = 'fl_definer' and not prosecdef")
    ok(not lost, 'none lost its rights by being replaced', lost)
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


PARTS = "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'audit_log'::regclass order by 1"
MARK = "begin; select fl_work(id, null, null, 'test') from organizations where slug = 'aa'; select fl_audit('%s', 'test', null); commit"


def parts(h):
    """SEC-16: the audit log lies in parts, a month each; a part is no way around the whole, and a row finds a place whatever its time."""
    names = column(h, PARTS)
    months = [n for n in names if re.fullmatch(r'audit_log_20\d\d_\d\d', n)]
    ok(names[-2:] == ['audit_log_first', 'audit_log_rest'] and len(months) >= 2 and names == months + names[-2:], 'what was before, months made ahead, and the rest', names)
    for n in names:
        ok(h.sql("select relrowsecurity, relforcerowsecurity, relacl is null or relacl::text !~ 'fl_(app|definer|sweep)', (select count(*) from pg_policy where polrelid = c.oid), "
                 "(select count(*) from pg_trigger where tgrelid = c.oid and tgname = 'immutable') from pg_class c where relname = '%s'" % n) == [['t', 't', 't', '0', '1']],
           n + ': forced row security without a policy, no rights, never changed')
    for user in ('fl_app', 'fl_sweep', 'fl_definer'):
        role = 'fl_owner' if user == 'fl_definer' else user
        said = [refused(h, ('set role fl_definer; ' if role != user else '') + s % n, role) for n in names for s in ('select from %s', 'insert into %s (org_id) select fl_org()', 'delete from %s')]
        ok(all(s and 'permission denied' in s for s in said), user + ' reaches no part by its name', [s for s in said if not s or 'permission denied' not in s])
    for n in names:
        said = [refused(h, s % n, 'fl_super') for s in ('update %s set detail = detail', 'delete from %s', 'truncate %s')]
        ok(all(s and 'append-only' in s for s in said), n + ': not even the superuser changes a row without taking the guard away', said)
    for name in ('id', 'xid', 'at'):
        said = refused(h, "begin; select fl_work(id, null, null, 'test') from organizations where slug = 'aa'; "
                          "insert into audit_log (org_id, actor_type, action, subject_kind, %s) select fl_org(), 'user', 'x', 'x', %s from audit_log limit 1" % (name, name), 'fl_app')
        ok(said and 'permission denied' in said, 'a program does not choose the %s of its row' % name, said)

    org = h.one("select id from organizations where slug = 'aa'")
    mine = "insert into audit_log (org_id, id, actor_type, action, subject_kind) values ('%s', observe_id_at('%s'), 'system', '%s', 'test')"
    h.sql(MARK % 'part.now')
    last = h.one("select to_char(date_trunc('month', now() at time zone 'UTC') + interval '3 months', 'YYYY-MM-15')")
    h.sql(mine % (org, last, 'part.month'), 'fl_super')
    h.sql(mine % (org, '2001-01-01', 'part.old'), 'fl_super')
    h.sql(mine % (org, '2099-05-05', 'part.far'), 'fl_super')
    where = dict(h.sql("select action, tableoid::regclass from audit_log where action like 'part.%'"))
    ok(where['part.month'] == 'audit_log_' + last[:7].replace('-', '_') and where['part.old'] == 'audit_log_first' and where['part.far'] == 'audit_log_rest', 'each row lies in the part of its time', where)
    h.fairlead('audit', 'seal')
    said = h.fairlead('audit', 'verify')
    ok('aa' in said, 'the chain goes through all parts', said)
    plan = '\n'.join(column(h, "explain select from audit_log where org_id = '%s' and id > observe_id_at(now())" % org))
    ok('audit_log_first' not in plan or len(months) < 4, 'what asks by time reads its parts only', plan)

    h.sql('drop table %s; drop table %s' % tuple(months[-2:]))
    ok(h.sql('select audit_parts()', 'fl_sweep') == [['2']] and column(h, PARTS) == names, 'the sweep makes parts that are missing')
    h.sql('drop table %s' % months[-1])
    h.sql(mine % (org, last, 'part.late'), 'fl_super')
    ok(h.one("select tableoid::regclass from audit_log where action = 'part.late'") == 'audit_log_rest', 'a row for whose month there is no part is written all the same')
    ok(h.sql('select audit_parts()', 'fl_sweep') == [['0']] and h.one("select count(*) from audit_log where action = 'part.late'") == '1', 'its month stays with the rest, and the sweep goes on')


def shape(h):
    env = {**h.env, 'PGOPTIONS': '-c client_min_messages=warning'}
    # which months have parts depends on the day
    dump = subprocess.check_output(['pg_dump', '-s', '-T', 'audit_log_2*', '-h', h.run, '-U', 'fl_super', 'fairlead'], env=env, text=True)
    dump = re.sub(r"(audit_log_first FOR VALUES FROM \(MINVALUE\) TO) \('[0-9a-f-]+'\)", r'\1', dump)
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
    note('a whole migration takes %.2f s' % takes)
    dice = random.Random(int(os.environ.get('SEED', '41')))
    cut = 0
    for _ in range(KILLS // 4):
        empty()
        for _ in range(4):
            child = subprocess.Popen(command, env=h.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.uniform(0, takes))
            child.kill()
            if child.wait() == -9:
                cut += 1
            else:  # it was quicker than the first, and there is nothing left to cut
                takes /= 2
                empty()
        subprocess.run(command, check=True, env=h.env, stdout=subprocess.DEVNULL)
        ok(shape(h) == whole, 'killed at random moments and repeated: the same schema')
    ok(cut > 0, '%d of %d were killed before their end' % (cut, KILLS))


def many(h):
    """More files than any number that was once thought enough, and than three digits count."""
    folder = h.prefix / 'many/sql/schema'
    folder.mkdir(parents=True)
    names = ['%03d_x.sql' % i for i in range(1001)]
    for name in names:
        (folder / name).write_text('select 1;\n')
    command = [h.program('fairlead'), '--config', str(h.prefix / 'conf/fairlead.conf'), 'migrate', 'status']
    said = subprocess.run(command, check=True, env={**h.env, 'SHARE_DIR': str(h.prefix / 'many')}, stdout=subprocess.PIPE, text=True).stdout.split()
    ok(said == [word for name in names for word in ('missing', name)], 'each of 1,001 migration files is seen, in the order of their numbers', len(said) // 2, said[-2:])


with House.temporary(programs=()) as h:
    h.org('aa')
    h.org('bb')
    tenant = rights(h)
    keys(h, tenant)
    predicates(h, tenant)
    functions(h)
    without_tenant(h, tenant)
    ledgers(h)
    parts(h)
    many(h)
    cut_off(h)
done()
