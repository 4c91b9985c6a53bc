"""Long lists begin a page where the one before ended: under the generic plans of fl_app the cursor is a bound of the index, not a filter over all that
comes before it. Prints TAP."""
import json, os, sys

TOP = os.environ['top_srcdir']
sys.path[:0] = [os.path.join(TOP, 'tests', d) for d in ('lib', 'bench')]
from house import House  # noqa: E402
from statements import load  # noqa: E402
from tap import done, ok  # noqa: E402

LISTS = ('intake_list', 'task_list', 'decision_list', 'call_list', 'observe_events', 'observe_audit', 'sms_list', 'document_list', 'contact_list', 'mail_odd', 'portal_list')


def bounds(plan):
    """Every index condition of a plan."""
    found = [plan.get('Index Cond', '')]
    for part in plan.get('Plans', ()):
        found += bounds(part)
    return found


with House.temporary(programs=()) as h:
    h.org('aa', 'House aa')
    known = load()
    for name in LISTS:
        text, kinds = known[name]
        types = ', '.join({'int': 'int8', 'float': 'float8'}.get(k, k) for k in kinds)
        rows = h.sql("set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off; set enable_hashjoin = off; set enable_mergejoin = off; "
                     "prepare p (%s) as %s; explain (format json, costs off) execute p (%s)" % (types, text, ', '.join(['null'] * (len(kinds) - 1) + ['50'])), 'fl_app')
        plan = json.loads('\n'.join(r[0] for r in rows))[0]['Plan']
        ok(any('CASE WHEN' in b for b in bounds(plan)), '%s goes on by its index' % name, bounds(plan))
    # A claim does not read the jobs that wait in other queues.
    h.sql("insert into jobs (org_id, queue, kind) select (select id from organizations where slug = 'aa'), case when n > 10000 then 'email' else 'sync' end, 'noop' "
          "from generate_series(1, 20000) n; analyze jobs")
    rows = h.sql("begin; select count(*) from fl_job_claim('{sync,email}'::text[], 8, '00000000-0000-0000-0000-000000000000', 30, 'test', false); "
                 "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'jobs'; commit")
    taken, read = int(rows[0][0]), int(rows[1][0])
    ok(taken == 8 and read < 100, 'a claim reads its own queue alone', taken, read)
    h.sql("insert into jobs (org_id, queue, kind, priority) select (select id from organizations where slug = 'aa'), 'events', 'noop', p from unnest('{9,7,5,1,3}'::int[]) p")
    rows = h.sql("begin; prepare p (text, int8, uuid, float8, text, bool) as %s; execute p ('{events}', 8, '00000000-0000-0000-0000-000000000000', 30, 'test', false); rollback"
                 % known['job_claim'][0].replace('select org_id,', 'select priority,', 1), 'fl_app')
    ok([r[0] for r in rows] == ['1', '3', '5', '7', '9'], 'what a claim gives is in order of priority', rows)
    # Decisions are kept by a session that planned when no request waited.
    made = ("insert into intake_requests (org_id, channel, subject, locale, due_at) select id, 'api', 'Invoice', 'en', now() from organizations, generate_series(1, %d) where slug = 'aa'; "
            "select set_config('app.last', (select id::text from intake_requests order by id desc limit 1), false); ")
    keep = ("select decision_record(jsonb_build_array(jsonb_build_object('intake_id', current_setting('app.last'), 'job_id', gen_random_uuid(), 'job_kind', 'intake.route', "
            "'request_id', 'x', 'agent', jsonb_build_object('per_minute', 1000000, 'per_hour', 1000000), 'counts', true, 'input_hash', '00', 'context_digest', '00', 'provider', 'builtin', 'model', 'm', "
            "'confidence', 0.2, 'auto_threshold', 0.85, 'approval_threshold', 0.5))); ")
    seen = "select seq_tup_read + idx_tup_fetch, (select count(*) from agent_decisions) from pg_stat_xact_user_tables where relname = 'intake_requests'; "
    rows = h.sql("select set_config('app.current_org_id', (select id::text from organizations where slug = 'aa'), false); " + made % 1 + keep + made % 5000 + seen + keep + seen)
    kept, read = int(rows[-1][1]) - int(rows[-3][1]), int(rows[-1][0]) - int(rows[-3][0])
    ok(kept == 1 and read < 100, 'a decision is kept without a look at all the requests that wait', kept, read)


def blocks(h):
    # A session tells of all it did at once, at the end of a transaction and at most once a second, or ten seconds after its last.
    for table in ('intake_requests', 'agent_decisions'):
        rows = int(h.sql('set enable_indexscan = off; set enable_indexonlyscan = off; select count(*) from ' + table)[0][0])
        h.wait(lambda: int(h.one("select n_tup_ins from pg_stat_user_tables where relname = '%s'" % table)) >= rows, 'the sessions to tell what they did')
    return int(h.one("select sum(idx_blks_hit + idx_blks_read) from pg_statio_user_indexes where relname in ('intake_requests', 'agent_decisions')"))


# Plans made when the tables were empty do not stay: nothing analyses them here.
with House.temporary(programs=('web', 'worker'), pg_conf='autovacuum = off\n', conf={'WORKER_PROCESSES': '1', 'WEB_PROCESSES': '1'}) as h:
    org, key, ana = h.org('aa', 'House aa', '--with-pipelines'), h.key('aa'), h.person('ana@aa.example', 'aa')

    def some(n):
        for i in range(n):
            h.api('POST', '/intake', key, {'subject': 'Invoice %d charged twice' % i, 'body': 'Return the payment.'})
        h.drained(60)
    a = h.form('/agent', '/agent', {'auto_threshold': 0.85, 'approval_threshold': 0.5, 'per_minute': 100000, 'per_hour': 100000, 'tokens_per_window': 0, 'chain': 'builtin'}, ana)
    ok(a.status == 303, 'limits that do not matter here', a.status)
    h.sql('update orchestration_agents set per_minute = 1000000, per_hour = 1000000')
    some(20)
    h.sql("insert into intake_requests (org_id, channel, status, subject, locale, due_at) select org_id, 'api', 'NEEDS_REVIEW', 'Invoice', 'en', now() from intake_requests, "
          "generate_series(1, 1000) where org_id = '%s'; insert into agent_decisions (org_id, intake_id, state, provider, input_hash, confidence, auto_threshold, approval_threshold, reason) "
          "select org_id, id, 'PROPOSED', 'builtin', '', 0.2, 0.85, 0.5, '' from intake_requests" % org)
    some(400)
    before = blocks(h)
    some(20)
    each = (blocks(h) - before) / 20
    ok(each < 250, 'plans made for empty tables are made anew when there is more', each)
done()
